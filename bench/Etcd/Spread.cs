namespace AkkaLb.Bench.Etcd;

/// <summary>Times of one kind, for a row of a table.</summary>
internal sealed class Spread
{
    private readonly List<double> _ms = [];

    public void Add(TimeSpan time) => _ms.Add(time.TotalMilliseconds);

    /// <summary>In milliseconds.</summary>
    public double P99
    {
        get
        {
            _ms.Sort();
            return _ms[(int)(_ms.Count * 0.99)];
        }
    }

    /// <summary>Least, median, largest, in milliseconds.</summary>
    public string Row(string name)
    {
        _ms.Sort();
        return $"| {name} | {_ms[0]:N0} | {_ms[_ms.Count / 2]:N0} | {_ms[^1]:N0} |";
    }

    /// <summary>Median, 99th percentile and largest, in milliseconds with one decimal.</summary>
    public string Percentiles()
    {
        _ms.Sort();
        return $"p50 {_ms[_ms.Count / 2]:0.0} ms, p99 {P99:0.0} ms, max {_ms[^1]:0.0} ms ({_ms.Count} of them)";
    }
}
