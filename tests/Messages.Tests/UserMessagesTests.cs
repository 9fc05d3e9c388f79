using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Dispatch.SysMsg;
using AkkaLb.Core;
using AkkaLb.Tests.Support;

namespace AkkaLb.Messages.Tests;

[Collection(nameof(TestSystem))]
public sealed class UserMessagesTests : IAsyncLifetime
{
    private const int DataBytesMax = 10_000;

    private readonly ExtendedActorSystem _system = (ExtendedActorSystem)ActorSystem.Create(
        SystemConfig.SystemName,
        ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF")),
            new UserMessages(Listed(("greet", typeof(Greet)), ("moody", typeof(Moody)))).ToSetup()));

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public void A_manifest_stands_once() => Refused("listed twice", ("a", typeof(Greet)), ("a", typeof(Moody)));

    [Fact]
    public void A_type_stands_once() => Refused("listed twice", ("a", typeof(Greet)), ("b", typeof(Greet)));

    [Theory]
    [InlineData("", typeof(Greet))]
    [InlineData(" ", typeof(Greet))]
    [InlineData("a", typeof(Stream))]
    [InlineData("a", typeof(IDisposable))]
    [InlineData("a", typeof(List<>))]
    [InlineData("a", typeof(object))]
    public void Empty_manifests_and_types_that_nothing_is_exactly_are_refused(string manifest, Type type) => Refused("message", (manifest, type));

    [Fact]
    public void A_listed_message_goes_through_a_job_and_back()
    {
        var payload = Payloads.Wrap(_system, new Greet("Ada", 3), DataBytesMax);

        Assert.Equal((4054, "greet"), (payload.SerializerId, payload.Manifest));
        Assert.Equal(new Greet("Ada", 3), Payloads.Unwrap(_system, payload));
    }

    [Fact]
    public void Data_that_is_part_of_a_larger_array_is_read_as_that_part()
    {
        var payload = Payloads.Wrap(_system, new Greet("Ada", 3), DataBytesMax);
        byte[] larger = [1, 2, .. payload.Data.Span, 3];

        Assert.Equal(new Greet("Ada", 3), Payloads.Unwrap(_system, payload with { Data = larger.AsMemory(2, payload.Data.Length) }));
    }

    [Theory]
    [InlineData("unlisted", "{}")]
    [InlineData("Greet", "{}")]
    [InlineData("System.IO.FileInfo, System.Private.CoreLib", "{}")]
    [InlineData("greet", "")]
    [InlineData("greet", "null")]
    [InlineData("greet", "{\"Name\":")]
    [InlineData("greet", "{\"Times\":\"x\"}")]
    [InlineData("greet", "{\"Times\":99999999999}")]
    [InlineData("greet", "[]")]
    [InlineData("moody", "{\"Mood\":\"bad\"}")]
    public void Unlisted_manifests_and_bytes_that_are_not_of_the_type_are_refused(string manifest, string json) =>
        Assert.ThrowsAny<SerializationException>(() =>
            _system.Serialization.Deserialize(System.Text.Encoding.UTF8.GetBytes(json), 4054, manifest));

    [Fact]
    public void A_type_named_in_listed_JSON_is_not_created()
    {
        var before = Marker.Created;
        var name = typeof(Marker).AssemblyQualifiedName;
        var json = $$$"""{"Name":"Ada","Times":1,"$type":"{{{name}}}","Extra":{"$type":"{{{name}}}","N":1}}""";

        Assert.Equal(new Greet("Ada", 1), _system.Serialization.Deserialize(System.Text.Encoding.UTF8.GetBytes(json), 4054, "greet"));
        Assert.Equal(before, Marker.Created);
    }

    [Fact]
    public void An_unlisted_message_is_refused_before_anything_is_sent() =>
        Assert.Contains(nameof(Marker), Assert.Throws<SerializationException>(
            () => Payloads.Wrap(_system, new Marker(), DataBytesMax)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_message_larger_than_the_frame_is_refused_with_both_sizes()
    {
        var refused = Assert.Throws<SerializationException>(() => Payloads.Wrap(_system, new Greet(new string('x', DataBytesMax), 1), DataBytesMax));

        Assert.Contains("10026 bytes", refused.Message, StringComparison.Ordinal);
        Assert.Contains("at most 10000", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_smaller_than_the_envelope_holds_no_data() => Assert.Equal(0, Payloads.DataBytesMax(100));

    [Fact]
    public void Messages_that_Akka_acts_on_itself_are_no_jobs_in_either_direction()
    {
        Assert.Throws<SerializationException>(() => Payloads.Wrap(_system, PoisonPill.Instance, DataBytesMax));
        Assert.Throws<SerializationException>(() => Payloads.Unwrap(_system, new Payload(16, "PP", Array.Empty<byte>())));
        Assert.Throws<SerializationException>(() => Payloads.Unwrap(
            _system, new Payload(22, typeof(Terminate).AssemblyQualifiedName!, Array.Empty<byte>())));
    }

    [Fact]
    public void Null_is_no_message_in_either_direction()
    {
        var refused = Assert.Throws<SerializationException>(() => Payloads.Wrap(_system, null, DataBytesMax));
        Assert.StartsWith("null is not a message", refused.Message, StringComparison.Ordinal);
        Assert.Throws<SerializationException>(() => Payloads.Unwrap(_system, new Payload(0, "", new byte[] { 1 })));
        Assert.Throws<SerializationException>(() => Payloads.Unwrap(_system, new Payload(4054, "greet", "null"u8.ToArray())));
    }

    [Fact]
    public void What_is_not_known_here_is_told_from_what_cannot_be_read()
    {
        (int Id, string Manifest, string Data)[] unknown = [(4054, "unlisted", "{}"), (4999, "any", "{}"), (4053, "later", "")];
        (int Id, string Manifest, string Data)[] broken = [(4054, "greet", "{\"Name\":"), (4053, "A", "x"), (1, "", "{}"), (17, "I", "")];

        Assert.All(unknown, x => Assert.Throws<UnknownMessageException>(() => Unwrap(x)));
        Assert.All(broken, x => Assert.Throws<SerializationException>(() => Unwrap(x)));
    }

    private object Unwrap((int Id, string Manifest, string Data) x) =>
        Payloads.Unwrap(_system, new Payload(x.Id, x.Manifest, System.Text.Encoding.UTF8.GetBytes(x.Data)));

    private static IEnumerable<KeyValuePair<string, Type>> Listed(params (string, Type)[] listed) =>
        listed.Select(x => KeyValuePair.Create(x.Item1, x.Item2));

    private static void Refused(string because, params (string, Type)[] listed) =>
        Assert.Contains(because, Assert.Throws<UnfitMessagesException>(() => new UserMessages(Listed(listed))).Message, StringComparison.Ordinal);

    public sealed record Greet(string Name, int Times);

    /// <summary>A user's type that throws what nobody expects while it is read.</summary>
    public sealed class Moody
    {
        public string? Mood
        {
            get;
            set => throw new DivideByZeroException(field + value);
        }
    }
}
