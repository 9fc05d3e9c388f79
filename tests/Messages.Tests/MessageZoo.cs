using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Akka.Actor;

namespace AkkaLb.Messages.Tests;

/// <summary>Types as users write them, each with a value that differs from an empty one in every part.</summary>
internal static class MessageZoo
{
    /// <summary>Types that arrive as they were.</summary>
    public static IReadOnlyList<object> Whole { get; } =
    [
        new Plain("a", 1), new Empty(), new Mutable { Name = "a", Count = 2 }, new WithInit { Name = "a" }, new Computed(2, 3),
        new StructMessage(1, "b"),
        new Numbers(
            byte.MaxValue, short.MinValue, uint.MaxValue, long.MinValue, ulong.MaxValue, float.Epsilon, double.MaxValue, 1.10m,
            (Half)1.5, Int128.MaxValue),
        new Floats(double.NaN, double.NegativeInfinity, float.PositiveInfinity, -0.0),
        new Times(
            new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Unspecified),
            new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Local), new DateTimeOffset(2026, 1, 2, 3, 4, 5, 6, TimeSpan.FromMinutes(-90)),
            TimeSpan.FromTicks(12345), new DateOnly(2026, 1, 2), new TimeOnly(3, 4, 5, 6)),
        new Small(
            Guid.Parse("11223344-5566-7788-99aa-bbccddeeff00"), DayOfWeek.Friday, new Uri("http://a/b c"), new Version(1, 2, 3), 'ç',
            "x😀\u0000\ufffd", true),
        new Maybe(null, null, null, null), new Maybe(5, DayOfWeek.Monday, "s", new Plain("a", 1)),
        new Lists([1, 2], ["a", "b"], [3, 4], [new Plain("a", 1)], [[1], [2, 3]], new byte[] { 1, 2 }),
        new Declared([1], [2], [3], new HashSet<int> { 4 }, new Dictionary<string, int> { ["a"] = 1 }, new Dictionary<int, string> { [1] = "a" }),
        new Immutables(
            [1, 2], [3], ["a"], new Dictionary<string, int> { ["k"] = 1 }.ToImmutableDictionary(), ImmutableQueue.Create(1, 2),
            ImmutableSortedSet.Create(2, 1)),
        new Keyed(
            new() { [DayOfWeek.Friday] = 1 }, new() { [Guid.Parse("11223344-5566-7788-99aa-bbccddeeff00")] = 2 }, new() { ["Bob"] = 3, ["bob"] = 4 },
            new() { ['x'] = 5 }, new() { [7] = new Plain("a", 1) }),
        new OtherCollections(
            new Queue<int>([1, 2]), new LinkedList<int>([1, 2]), new SortedDictionary<int, string> { [2] = "b", [1] = "a" },
            new ConcurrentQueue<int>([1, 2])),
        new Pairs(new KeyValuePair<string, int>("a", 1), Tuple.Create(1, "b")),
        new Shaped(new Circle(2), [new Square(3), new Circle(4)]),
        new Animal("a"), new WithChosen("a") { Ignored = 5 }, new Included().With("a", 3), new WithConstructor(5, "a"), new Chosen("a"),
        new ByHand("a", 7),
        new Converted(new Celsius(21.5)), new OwnConverter(5), new Filled().Add("a").Add("b"),
        new Tree("a", [new Tree("b", []), new Tree("c", [])]),
        new Parsed(JsonDocument.Parse("{\"a\":[1,2]}").RootElement), new Derived("a", 9),
        new Overriding { Text = "a" }, new Boxed<Plain>(new Plain("a", 1)),
        new MarkedState("a"), new WithMemory(new byte[] { 1, 2 }),
    ];

    /// <summary>Types of which something would be lost, with the path of what that is.</summary>
    public static IReadOnlyList<(object Value, string Path)> Lossy { get; } =
    [
        (new WithTuple((7, "a")), "WithTuple.P"),
        (new WithFields { Name = "bob", Count = 3 }, "WithFields.Name"),
        (new WithShape(new Hexagon(2)), "WithShape.S"),
        (new GetOnly().Add("a"), "GetOnly.Items"),
        (PrivateSet.Of("bob"), "PrivateSet.Name"),
        (new WithRef(ActorRefs.Nobody), "WithRef.Ref"),
        (new WithObject(5), "WithObject.O"),
        (new Order([new Line(1.5m)]), "Order.Lines[].Price"),
        (new ByKey(new() { ["a"] = PrivateSet.Of("bob") }), "ByKey.Map[].Name"),
        (new Basket { 1 }.Of("bob"), "Basket.Owner"),
        (new WithBasket(new Basket { 1 }.Of("bob")), "WithBasket.B.Owner"),
        (new WithStack(new Stack<int>([1, 2])), "WithStack.S"),
        (new Internal { Secret = 5 }, "Internal.Secret"),
        (new HiddenState("a"), "HiddenState"),
        (new Captured("a"), "Captured"),
        (new WithComplex(new System.Numerics.Complex(1, 2)), "WithComplex.C"),
        (new WithVector(new System.Numerics.Vector2(1, 2)), "WithVector.V"),
        (new MaybeTuple((1, 2)), "MaybeTuple.P"),
        (new Hiding { Text = "a" }.Base("b"), "Hiding.Text"),
        (new InheritsPrivate("a", 1), "InheritsPrivate.Name"),
        (new NoName(new Named("a", 5)), "NoName.N"),
        (new WithReadOnly(new ReadOnlyCollection<int>([1])), "WithReadOnly.L"),
        (new PointKeys(new() { [new StructMessage(1, "a")] = 2 }), "PointKeys.Map"),
        (new WithType(typeof(int)), "WithType.T"),
        (new WithArrayList([1]), "WithArrayList.L[]"),
        (new WithError(new InvalidOperationException("x")), "WithError.E"),
        (new OtherParameter(5), "OtherParameter"),
        (new Several(5), "Several.N"),
        (new PrivateConstructed("a"), "PrivateConstructed"),
        (new WithFrozen(new Dictionary<string, int> { ["a"] = 1 }.ToFrozenDictionary()), "WithFrozen.Map"),
        (new WithList([PrivateSetLine.Of(5)]), "WithList.Lines[].N"),
        (new WriteOnly { N = 5 }, "WriteOnly.N"),
        (new Grid(new[,] { { 1 } }), "Grid.Cells"),
    ];

    /// <summary>Values of listed types that would not arrive as they are, with what the sentence must name.</summary>
    public static IReadOnlyList<(object Value, string Named)> LossyValues { get; } =
    [
        (new Holder(new Derived("d", 9)), nameof(Derived)),
        (new ListHolder([new Animal("a"), new Dog("b", 3)]), nameof(Dog)),
        (new Plain("a\ud800b", 1), "Plain.Text: the text holds half of a surrogate pair (\\ud800 at 1)"),
        (new Plain("\udc00", 1), "surrogate"),
        (new Keyed([], [], new() { ["\ud800"] = 1 }, [], []), "surrogate"),
        (new Keyed([], [], [], new() { ['\ud800'] = 1 }, []), "surrogate"),
        (new Lists([], [], new Basket { 1 }.Of("bob"), [], [], Array.Empty<byte>()), "Owner"),
        (new Declared(new Basket { 1 }.Of("bob"), [], [], new HashSet<int>(), new Dictionary<string, int>(), new Dictionary<int, string>()), "Owner"),
        (new Keyed([], [], new(StringComparer.OrdinalIgnoreCase) { ["Bob"] = 1 }, [], []), "comparer"),
    ];

    public sealed record Plain(string Text, int N);
    public sealed record Empty;
    public sealed class Mutable { public string Name { get; set; } = ""; public int Count { get; set; } }
    public sealed class WithInit { public required string Name { get; init; } }
    public sealed record Computed(int A, int B) { public int Sum => A + B; }
    public readonly record struct StructMessage(int X, string Y);
    public sealed record Numbers(byte A, short B, uint C, long D, ulong E, float F, double G, decimal H, Half I, Int128 J);
    public sealed record Floats(double A, double B, float C, double D);
    public sealed record Times(DateTime U, DateTime N, DateTime L, DateTimeOffset O, TimeSpan S, DateOnly D, TimeOnly T);
    public sealed record Small(Guid G, DayOfWeek D, Uri U, Version V, char C, string S, bool B);
    public sealed record Maybe(int? A, DayOfWeek? B, string? C, Plain? D);
    public sealed record Lists(int[] A, string[] B, List<int> C, List<Plain> D, int[][] E, byte[] F);
    public sealed record Declared(
        IReadOnlyList<int> A, IEnumerable<int> B, ICollection<int> C, ISet<int> D, IReadOnlyDictionary<string, int> E, IDictionary<int, string> F);
    public sealed record Immutables(
        ImmutableArray<int> A, ImmutableList<int> B, ImmutableHashSet<string> C, ImmutableDictionary<string, int> D, ImmutableQueue<int> E,
        ImmutableSortedSet<int> F);
    public sealed record Keyed(
        Dictionary<DayOfWeek, int> A, Dictionary<Guid, int> B, Dictionary<string, int> C, Dictionary<char, int> D, Dictionary<long, Plain> E);
    public sealed record OtherCollections(Queue<int> A, LinkedList<int> B, SortedDictionary<int, string> C, ConcurrentQueue<int> D);
    public sealed record Pairs(KeyValuePair<string, int> A, Tuple<int, string> B);

    [JsonDerivedType(typeof(Circle), "circle")]
    [JsonDerivedType(typeof(Square), "square")]
    public abstract record Shape;
    public sealed record Circle(double R) : Shape;
    public sealed record Square(double Side) : Shape;
    public sealed record Shaped(Shape S, IReadOnlyList<Shape> L);
    public record Animal(string Text);
    public sealed record Dog(string Text, int Legs) : Animal(Text);
    public record Base(string Text);
    public sealed record Derived(string Text, int More) : Base(Text);
    public sealed record Boxed<T>(T Value);
    public sealed record WithChosen(string Text) { [JsonIgnore] public int Ignored { get; set; } }
    public sealed class Included
    {
        [JsonInclude] public int N = 1;
        [JsonInclude] public string Name { get; private set; } = "";
        public Included With(string name, int n) { (Name, N) = (name, n); return this; }
    }

    public sealed class WithConstructor(int n, string? text) { public int N { get; } = n; public string? Text { get; } = text; }
    public sealed class Chosen
    {
        public Chosen() => Text = "";
        [JsonConstructor] public Chosen(string text) => Text = text;
        public string Text { get; }
    }

    public sealed class ByHand
    {
        private string _text;
        private int m_n;
        public ByHand(string text, int n) => (_text, m_n) = (text, n);
        public string Text { get => _text; set => _text = value; }
        public int N { get => m_n; set => m_n = value; }
    }

    public sealed record Converted([property: JsonConverter(typeof(CelsiusConverter))] Celsius C);
    [JsonConverter(typeof(OwnConverterConverter))]
    public sealed class OwnConverter(int n) { private readonly int _n = n; public int N() => _n; }
    public readonly struct Celsius(double degrees) { private readonly double _degrees = degrees; public double Degrees() => _degrees; }
    public sealed class Filled
    {
        [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)] public List<string> Items { get; } = [];
        public Filled Add(string item) { Items.Add(item); return this; }
    }

    public sealed record Tree(string Name, IReadOnlyList<Tree> Children);
    public sealed record Parsed(JsonElement E);
    public class Overridden { public virtual string Text { get; set; } = ""; }
    public sealed class Overriding : Overridden { public override string Text { get; set; } = ""; }
    public sealed record MarkedState(string Text) { [JsonIgnore] private readonly int _hash = 5; public int Hash() => _hash; }
    public sealed record WithMemory(ReadOnlyMemory<byte> M);
    public sealed record Holder(Base B);
    public sealed record ListHolder(List<Animal> L);

    public sealed record WithTuple((int X, string Y) P);
    public sealed record MaybeTuple((int, int)? P);
    public sealed class WithFields { public string Name = ""; public int Count; }
    public abstract record Drawn;
    public sealed record Hexagon(double R) : Drawn;
    public sealed record WithShape(Drawn S);
    public sealed class GetOnly
    {
        private readonly List<string> _items = [];
        public IReadOnlyList<string> Items => _items;
        public GetOnly Add(string s) { _items.Add(s); return this; }
    }

    public sealed class PrivateSet { public string Name { get; private set; } = ""; public static PrivateSet Of(string n) => new() { Name = n }; }
    public sealed class PrivateSetLine { public int N { get; private set; } public static PrivateSetLine Of(int n) => new() { N = n }; }
    public sealed record WithList(List<PrivateSetLine> Lines);
    public sealed record WithRef(IActorRef Ref);
    public sealed record WithObject(object O);
    public sealed record Order(List<Line> Lines);
    public sealed class Line { public Line() { } public Line(decimal price) => Price = price; public decimal Price { get; } }
    public sealed record ByKey(Dictionary<string, PrivateSet> Map);
    public sealed class Basket : List<int> { public string Owner { get; set; } = ""; public Basket Of(string owner) { Owner = owner; return this; } }
    public sealed record WithBasket(Basket B);
    public sealed record WithStack(Stack<int> S);
    public sealed class Internal { internal int Secret { get; set; } }
    public sealed class HiddenState
    {
        private readonly string _text = "";
        public HiddenState() { }
        public HiddenState(string text) => _text = text;
        public string Text() => _text;
    }

    public sealed class Captured(string? text) { public string? Text() => text; }
    public sealed record WithComplex(System.Numerics.Complex C);
    public sealed record WithVector(System.Numerics.Vector2 V);
    public class Titled { public string Text { get; set; } = ""; }
    public sealed class Hiding : Titled
    {
        public new string Text { get; set; } = "";
        public Hiding Base(string text) { base.Text = text; return this; }
    }

    public class HasPrivate
    {
        public HasPrivate(string name) => Name = name;
        protected HasPrivate() => Name = "";
        public string Name { get; private set; }
    }

    public sealed class InheritsPrivate : HasPrivate
    {
        public InheritsPrivate() { }
        public InheritsPrivate(string name, int n) : base(name) => N = n;
        public int N { get; set; }
    }

    [JsonDerivedType(typeof(Named))]
    public record Nameless(string Text);
    public sealed record Named(string Text, int More) : Nameless(Text);
    public sealed record NoName(Nameless N);
    public sealed record WithReadOnly(ReadOnlyCollection<int> L);
    public sealed record PointKeys(Dictionary<StructMessage, int> Map);
    public sealed record WithType(Type T);
    public sealed record WithArrayList(ArrayList L);
    public sealed record WithError(Exception E);
    public sealed class OtherParameter(int start) { public int N { get; set; } = start; }
    public sealed class Several { public Several() { } public Several(int n) => N = n; public int N { get; } }
    public sealed class PrivateConstructed
    {
        private PrivateConstructed() => Text = "";
        public PrivateConstructed(string t, int n = 0) => Text = t + n;
        public PrivateConstructed(string t) => Text = t;
        public string Text { get; set; }
    }

    public sealed record WithFrozen(FrozenDictionary<string, int> Map);
    public sealed class WriteOnly { private int _n; public int N { set => _n = value; } public int Get() => _n; }
    public sealed record Grid(int[,] Cells);

    public sealed class CelsiusConverter : JsonConverter<Celsius>
    {
        public override Celsius Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetDouble());
        public override void Write(Utf8JsonWriter writer, Celsius value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Degrees());
    }

    public sealed class OwnConverterConverter : JsonConverter<OwnConverter>
    {
        public override OwnConverter Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt32());
        public override void Write(Utf8JsonWriter writer, OwnConverter value, JsonSerializerOptions options) => writer.WriteNumberValue(value.N());
    }

    /// <summary>Everything that a value holds, down to its fields, those left out by their author excepted.</summary>
    public static string State(object? value) => value switch
    {
        null => "null",
        string s => $"\"{string.Join(' ', s.Select(c => ((int)c).ToString("x4", null)))}\"",
        DateTime t => $"{t.ToUniversalTime():O} {t.Kind}",
        DateTimeOffset t => t.ToString("O", null),
        double d => BitConverter.DoubleToInt64Bits(d).ToString("x", null),
        float f => BitConverter.SingleToInt32Bits(f).ToString("x", null),
        JsonElement e => $"JSON {e.GetRawText()}",
        JsonNode n => n.ToJsonString(),
        Uri u => u.OriginalString,
        Type or IActorRef => value.ToString()!,
        Array { Rank: > 1 } a => string.Join(',', a.Cast<object>()),
        ReadOnlyMemory<byte> m => Convert.ToHexString(m.Span),
        IDictionary d =>
            $"{{{string.Join(", ", d.Keys.Cast<object>().Select(k => $"{State(k)}={State(d[k])}").Order(StringComparer.Ordinal))}}}{Beside(value)}",
        IEnumerable l when value.GetType().GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ISet<>)) =>
            $"{{{string.Join(", ", l.Cast<object>().Select(State).Order(StringComparer.Ordinal))}}}{Beside(value)}",
        IEnumerable l => $"[{string.Join(", ", l.Cast<object>().Select(State))}]{Beside(value)}",
        _ when value.GetType() is { IsPrimitive: true } or { IsEnum: true } => value.ToString()!,
        IFormattable f and not System.Numerics.Vector2 => f.ToString(null, null),
        _ => $"{value.GetType().Name}({string.Join(", ", Fields(value.GetType()).Select(f => $"{f.Name}={State(f.GetValue(value))}"))})",
    };

    private static string Beside(object value) => value switch
    {
        Basket b => b.Owner,
        Dictionary<string, int> d => d.Comparer.GetType().Name,
        _ => "",
    };

    private static IEnumerable<FieldInfo> Fields(Type? type)
    {
        for (; type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                var member = field.Name.StartsWith('<') && type.GetProperty(field.Name[1..field.Name.IndexOf('>')]) is { } property
                    ? property
                    : (MemberInfo)field;
                if (!member.IsDefined(typeof(JsonIgnoreAttribute)))
                {
                    yield return field;
                }
            }
        }
    }
}
