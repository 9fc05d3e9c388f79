using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Serialization;
using AkkaLb.Core;
using AkkaLb.Tests.Support;

namespace AkkaLb.Messages.Tests;

/// <summary>What a hostile peer with Akka's own serializers can write, and we must not read.</summary>
[Collection(nameof(TestSystem))]
public sealed class RefusalTests(TestSystem system) : IAsyncLifetime
{
    private static readonly string[] TypeNames =
        [typeof(Marker).AssemblyQualifiedName!, typeof(MarkerException).AssemblyQualifiedName!, typeof(ProtobufMarker).AssemblyQualifiedName!];

    private readonly ExtendedActorSystem _peer = (ExtendedActorSystem)ActorSystem.Create(
        "peer",
        """
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp.hostname = "127.0.0.1"
        akka.remote.dot-netty.tcp.port = 0
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        """);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _peer.Terminate();

    [Fact]
    public void A_type_named_in_a_peers_JSON_is_not_created() => IsDangerousAndRefused(new Marker { N = 1 }, 1);

    [Fact]
    public void An_exception_named_in_a_status_failure_is_not_created() => IsDangerousAndRefused(new Status.Failure(new MarkerException("x")), 16);

    [Fact]
    public void An_exception_named_in_a_system_message_is_not_created() =>
        IsDangerousAndRefused(new Failed((IInternalActorRef)_peer.DeadLetters, new MarkerException("x"), 1), 22);

    [Fact]
    public void A_type_named_to_the_protobuf_serializer_is_not_created()
    {
        var before = Marker.Created;
        Record.Exception(() => _peer.Serialization.Deserialize([], 2, typeof(ProtobufMarker).AssemblyQualifiedName));
        Assert.NotEqual(before, Marker.Created);

        before = Marker.Created;
        Assert.Throws<SerializationException>(() => system.Read([], 2, typeof(ProtobufMarker).AssemblyQualifiedName!));
        Assert.Equal(before, Marker.Created);
    }

    [Fact]
    public void A_peers_remote_deployment_is_refused() => Assert.Throws<SerializationException>(() => system.Read([], 3, ""));

    [Fact]
    public void No_serializer_id_creates_a_type_that_the_manifest_or_the_bytes_name()
    {
        var random = new Random(4053);
        var before = Marker.Created;
        foreach (var name in TypeNames)
        {
            foreach (var id in Enumerable.Range(-2, 53).Append(4053).Append(4054).Append(int.MaxValue).Append(int.MinValue))
            {
                foreach (var manifest in new[] { "", name, "ID", "AID", "STF", "STS", "A", "J" })
                {
                    var garbage = new byte[random.Next(40)];
                    random.NextBytes(garbage);
                    UnwrapsOrRefuses(id, manifest, []);
                    UnwrapsOrRefuses(id, manifest, garbage);
                    UnwrapsOrRefuses(id, manifest, Encoding.UTF8.GetBytes($$"""{"$type":"{{name}}","N":1}"""));
                }
            }
        }

        Assert.Equal(before, Marker.Created);
    }

    [Fact]
    public void Messages_nested_thousands_deep_are_refused_and_do_not_overflow_the_stack()
    {
        // Every level is an Identify whose id is the next one, as many as fit a frame.
        var nested = Array.Empty<byte>();
        while (nested.Length < 120_000)
        {
            nested = Nest(nested);
        }

        Assert.IsType<Identify>(Assert.IsType<Identify>(system.Read(Nest(Nest([])), 16, "ID")).MessageId);
        // On a stack of a known size: what fits a larger one is read.
        Exception? refused = null;
        var thread = new Thread(() => refused = Record.Exception(() => system.Read(nested, 16, "ID")), maxStackSize: 512 * 1024);
        thread.Start();
        thread.Join();
        Assert.Contains("nested", Assert.IsType<SerializationException>(refused).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(Marker))]
    [InlineData(typeof(Dictionary<string, Uri>))]
    public void An_unlisted_type_is_refused_at_the_sender_by_name(Type type)
    {
        var refused = Assert.Throws<SerializationException>(() => system.Write(Activator.CreateInstance(type)!));

        Assert.Contains(type.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Contains("akkalb.messages", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nodes_need_of_each_other_still_goes_through()
    {
        var gate = system.System.Provider.ResolveActorRef(Samples.GatePath);
        object[] needed =
        [
            new Identify("q"), new ActorIdentity("q", gate), gate, new Status.Success("done"), new Unwatch(
                (IInternalActorRef)gate, (IInternalActorRef)gate),
            new DeathWatchNotification(gate, true, false), "text", 1, 2L, new byte[] { 3 },
            new ActorSelectionMessage(new Identify(1), [new SelectChildName("user")]),
        ];

        Assert.All(needed, message =>
        {
            var (id, manifest, bytes) = system.Write(message);
            Assert.IsType(message.GetType(), system.Read(bytes, id, manifest), exactMatch: false);
        });
    }

    [Fact]
    public void What_ends_an_actor_is_taken_from_no_peer_and_sent_to_none()
    {
        object[] harmful =
        [
            PoisonPill.Instance, Kill.Instance, new Terminate(), new ActorSelectionMessage(PoisonPill.Instance, [new SelectChildName("user")]),
            new ActorSelectionMessage(Kill.Instance, [new SelectChildPattern("*")]),
        ];

        Assert.All(harmful, message =>
        {
            var (id, manifest, bytes) = FromPeer(message);
            Assert.Throws<SerializationException>(() => system.Read(bytes, id, manifest));
            Assert.Throws<SerializationException>(() => system.Write(message));
        });
    }

    [Fact]
    public void A_peers_watch_is_kept_by_nobody()
    {
        var gate = (IInternalActorRef)system.System.Provider.ResolveActorRef(Samples.GatePath);
        var (id, manifest, bytes) = FromPeer(new Watch(gate, gate));

        Assert.IsType<Unwatch>(system.Read(bytes, id, manifest));
    }

    [Fact]
    public void A_peer_cannot_say_that_an_actor_of_this_node_has_ended()
    {
        var here = system.System.ActorOf(Props.Empty);
        var (id, manifest, bytes) = FromPeer(new DeathWatchNotification(
            _peer.Provider.ResolveActorRef(here.Path.ToSerializationFormatWithAddress(system.System.Provider.DefaultAddress)), true, false));

        Assert.Contains("has ended", Assert.Throws<SerializationException>(() => system.Read(bytes, id, manifest)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void On_a_system_with_Akkas_own_serializers_payloads_still_name_listed_types_only()
    {
        var (id, manifest, bytes) = FromPeer(new Status.Success(new Marker { N = 1 }));
        var before = Marker.Created;

        // The system itself continues writing and reading it; only what arrives in a job does not come near Akka's serializers.
        Assert.IsType<Status.Success>(_peer.Serialization.Deserialize(bytes, id, manifest));
        Assert.NotEqual(before, Marker.Created);

        before = Marker.Created;
        Assert.Throws<SerializationException>(() => Payloads.Unwrap(_peer, new Payload(id, manifest, bytes)));
        foreach (var name in TypeNames)
        {
            var json = Encoding.UTF8.GetBytes($$"""{"$type":"{{name}}","N":1}""");
            Assert.All([1, 2, 3, 6, 16, 22, -5], refused => Assert.Throws<SerializationException>(
                () => Payloads.Unwrap(_peer, new Payload(refused, refused == 16 ? "STF" : name, json))));
        }

        Assert.Contains("akkalb.messages", Assert.Throws<SerializationException>(
            () => Payloads.Wrap(_peer, new Loose(1), 1000)).Message, StringComparison.Ordinal);
        Assert.Equal(before, Marker.Created);
        Assert.Equal("text", Payloads.Unwrap(_peer, Payloads.Wrap(_peer, "text", 1000)));
    }

    public sealed record Loose(int N);

    private (int Id, string Manifest, byte[] Bytes) FromPeer(object message)
    {
        var serializer = _peer.Serialization.FindSerializerFor(message);
        return (serializer.Identifier, Serialization.ManifestFor(serializer, message), Serialization.WithTransport(
            _peer, () => serializer.ToBinary(message)));
    }

    private void IsDangerousAndRefused(object message, int id)
    {
        var serializer = _peer.Serialization.FindSerializerFor(message);
        var (manifest, bytes) = (Serialization.ManifestFor(serializer, message), serializer.ToBinary(message));
        Assert.Equal(id, serializer.Identifier);

        // Akka's own serializer does create it, so the test would see it.
        var before = Marker.Created;
        _peer.Serialization.Deserialize(bytes, id, manifest);
        Assert.NotEqual(before, Marker.Created);

        before = Marker.Created;
        Assert.Throws<SerializationException>(() => system.Read(bytes, id, manifest));
        Assert.Throws<SerializationException>(() => system.Write(message));
        Assert.Equal(before, Marker.Created);
    }

    private void UnwrapsOrRefuses(int id, string manifest, byte[] bytes)
    {
        try
        {
            Assert.NotNull(Payloads.Unwrap(system.System, new Payload(id, manifest, bytes)));
        }
        catch (SerializationException)
        {
        }
    }

    /// <summary>Identify { message_id: Payload { message = nested, serializer_id = 16, manifest = "ID" } }.</summary>
    private static byte[] Nest(byte[] nested)
    {
        var payload = new List<byte> { 0x0A };
        payload.AddRange(Varint(nested.Length));
        payload.AddRange(nested);
        payload.AddRange([0x10, 16, 0x1A, 2, (byte)'I', (byte)'D']);
        return [0x0A, .. Varint(payload.Count), .. payload];
    }

    private static IEnumerable<byte> Varint(int n)
    {
        for (; n > 0x7F; n >>= 7)
        {
            yield return (byte)(n | 0x80);
        }

        yield return (byte)n;
    }
}
