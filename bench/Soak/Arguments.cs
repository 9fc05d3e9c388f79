using System.Globalization;

namespace AkkaLb.Bench.Soak;

/// <summary><c>--name value</c> pairs, which the parent process writes for its children.</summary>
internal sealed class Arguments(IReadOnlyDictionary<string, string> values)
{
    public string this[string name] => values[name];

    public static Arguments Parse(string[] args) => new(args.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]));

    public string? Find(string name) => values.GetValueOrDefault(name);

    public double Number(string name, double otherwise) =>
        Find(name) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
