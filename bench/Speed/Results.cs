namespace AkkaLb.Bench.Speed;

/// <summary>The slices of all contenders, by rounds.</summary>
internal sealed class Results
{
    public static readonly IReadOnlyList<int> InFlight = [1, 32, 128];

    private readonly Dictionary<(Contender Contender, int InFlight), List<Slice>> _slices = [];

    public void Add(Contender contender, int inFlight, Slice slice)
    {
        if (!_slices.TryGetValue((contender, inFlight), out var slices))
        {
            _slices[(contender, inFlight)] = slices = [];
        }

        slices.Add(slice);
    }

    public bool Has(Contender contender) => _slices.ContainsKey((contender, InFlight[0]));

    public Spread Of(Contender contender, int inFlight, Func<Slice, double> figure) => Spread.Of(_slices[(contender, inFlight)].Select(figure));

    /// <summary>One contender's figure by the other's, of the two slices of each round.</summary>
    public Spread Ratio(Contender contender, Contender other, int inFlight, Func<Slice, double> figure) => Spread.Of(
        _slices[(contender, inFlight)].Zip(_slices[(other, inFlight)], (a, b) => figure(a) / figure(b)));
}

/// <summary>What several rounds showed.</summary>
internal sealed record Spread(double Min, double Median, double Max)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Spread(sorted[0], (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[^1]);
    }

    public string ToText(Func<double, string> format) => $"{format(Min)} / {format(Median)} / {format(Max)}";
}
