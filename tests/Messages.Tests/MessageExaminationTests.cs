using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaLb.Tests.Support;

namespace AkkaLb.Messages.Tests;

/// <summary>What is accepted arrives as it was; what would lose something is refused where it is listed, or at the latest where it is sent.</summary>
[Collection(nameof(TestSystem))]
public sealed partial class MessageExaminationTests(TestSystem system)
{
    [Fact]
    public void What_arrives_as_it_was_is_accepted() => Assert.All(MessageZoo.Whole, value =>
        Assert.Equal(MessageZoo.State(value), MessageZoo.State(RoundTrip(List(value.GetType()), value))));

    [Fact]
    public void What_plain_JSON_would_lose_is_refused_when_it_is_listed_with_the_path_of_the_member() => Assert.All(MessageZoo.Lossy, x =>
    {
        // It is refused for a reason: without the examination it does not arrive as it was.
        Assert.NotEqual(MessageZoo.State(x.Value), PlainRoundTrip(x.Value));

        var refused = Assert.Throws<UnfitMessagesException>(() => List(x.Value.GetType()));
        Assert.Contains(refused.Problems, p => p.StartsWith(x.Path + " ", StringComparison.Ordinal));
    });

    [Fact]
    public void A_value_that_would_not_arrive_as_it_is_is_refused_when_it_is_sent() => Assert.All(MessageZoo.LossyValues, x =>
    {
        Assert.NotEqual(MessageZoo.State(x.Value), PlainRoundTrip(x.Value));

        var serializer = new UserJsonSerializer(system.System, List(x.Value.GetType()));
        var refused = Assert.Throws<System.Runtime.Serialization.SerializationException>(() => serializer.ToBinary(x.Value));
        Assert.Contains(x.Named, refused.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void All_mistakes_of_all_types_are_named_at_once()
    {
        KeyValuePair<string, Type>[] listed =
        [
            new("order", typeof(MessageZoo.Order)), new("fields", typeof(MessageZoo.WithFields)), new("stream", typeof(Stream)),
            new("", typeof(MessageZoo.Plain)), new("b", typeof(MessageZoo.Plain)),
        ];

        var refused = Assert.Throws<UnfitMessagesException>(() => new UserMessages(listed));

        string[] named =
            ["Order.Lines[].Price", "WithFields.Name", "WithFields.Count", "System.IO.Stream", "manifest \"\"", "MessageZoo+Plain (\"b\")"];
        Assert.All(named, n => Assert.Contains(refused.Problems, p => p.Contains(n, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(typeof(MessageZoo.PrivateSet), "make it `init`, or add a constructor parameter of that name")]
    [InlineData(typeof(MessageZoo.Several), "mark that one [JsonConstructor]")]
    [InlineData(typeof(MessageZoo.WithTuple), "make it a record")]
    [InlineData(typeof(MessageZoo.WithFields), "make it a property")]
    [InlineData(typeof(MessageZoo.WithShape), "[JsonDerivedType(typeof(...), \"name\")]")]
    [InlineData(typeof(MessageZoo.WithRef), "send its path as text")]
    [InlineData(typeof(MessageZoo.Internal), "make it public")]
    [InlineData(typeof(MessageZoo.HiddenState), "_text")]
    [InlineData(typeof(Wire.Job), "protobuf")]
    public void A_refusal_says_how_to_mend_it(Type type, string how) =>
        Assert.Contains(how, Assert.Throws<UnfitMessagesException>(() => List(type)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_type_that_nests_itself_without_an_end_is_refused_and_not_walked_for_ever() =>
        Assert.Contains("too many types", Assert.Throws<UnfitMessagesException>(() => List(typeof(Endless<int>))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_source_generated_context_is_taken_with_its_options()
    {
        var messages = new UserMessages([new("greet", typeof(Greet)), new("greeting", typeof(Greeting))], Context.Default);
        var serializer = new UserJsonSerializer(system.System, messages);

        var bytes = serializer.ToBinary(new Greet("Ada", [new Line(1.5m)]));

        Assert.Contains("\"user_name\"", System.Text.Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        var greet = Assert.IsType<Greet>(serializer.FromBinary(bytes, "greet"));
        Assert.Equal(("Ada", 1.5m), (greet.UserName, greet.Lines[0].Price));
    }

    [Fact]
    public void A_source_generated_context_is_examined_as_well()
    {
        IsRefused("Loses.Name has no public setter", () => new UserMessages([new("loses", typeof(Loses))], Context.Default));
        IsRefused("metadata", () => new UserMessages([new("plain", typeof(MessageZoo.Plain))], Context.Default));

        var serializer = new UserJsonSerializer(system.System, new UserMessages([new("g", typeof(Greet))], Context.Default));
        IsRefused("surrogate", () => serializer.ToBinary(new Greet("\ud800", [])));
        IsRefused(nameof(LongLine), () => serializer.ToBinary(new Greet("a", [new LongLine(1, 2)])));
    }

    [Fact]
    public void Lists_from_different_sources_go_together()
    {
        var both = List(typeof(MessageZoo.Plain)).And(new UserMessages([new("greeting", typeof(Greeting))], Context.Default));

        Assert.Equal(new MessageZoo.Plain("a", 1), RoundTrip(both, new MessageZoo.Plain("a", 1)));
        Assert.Equal(new Greeting("b"), RoundTrip(both, new Greeting("b")));
        Assert.Throws<UnfitMessagesException>(() => both.And(List(typeof(MessageZoo.Plain))));
    }

    private static void IsRefused(string because, Func<object> doing) =>
        Assert.Contains(because, Assert.ThrowsAny<Exception>(doing).Message, StringComparison.Ordinal);

    private static UserMessages List(Type type) => new([new("it", type)]);

    private object RoundTrip(UserMessages messages, object value)
    {
        var serializer = new UserJsonSerializer(system.System, messages);
        return serializer.FromBinary(serializer.ToBinary(value), serializer.Manifest(value));
    }

    private static string PlainRoundTrip(object value)
    {
        try
        {
            return MessageZoo.State(JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(value, value.GetType()), value.GetType()));
        }
        catch (Exception e)
        {
            return e.Message;
        }
    }

    public sealed record Endless<T>(Endless<List<T>>? Next);

    public sealed record Greet([property: JsonPropertyName("user_name")] string UserName, List<Line> Lines);

    public sealed record Greeting(string Text);

    public record Line(decimal Price);

    public sealed record LongLine(decimal Price, int More) : Line(Price);

    public sealed class Loses
    {
        public string Name { get; private set; } = "";

        public void Rename(string name) => Name = name;
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Greet))]
    [JsonSerializable(typeof(Greeting))]
    [JsonSerializable(typeof(Loses))]
    internal sealed partial class Context : JsonSerializerContext;
}
