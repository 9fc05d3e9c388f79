namespace AkkaLb.Bench.Lab.Deciding;

/// <summary>Workers that a client wants left out for a while: those it lost, and those that refused.</summary>
/// <param name="countMax">The latest so many are kept.</param>
internal sealed class LeftOutWorkers(int countMax)
{
    private readonly List<(int Worker, double Until)> _all = [];

    public void Add(int worker, double until)
    {
        _all.RemoveAll(one => one.Worker == worker);
        _all.Add((worker, until));
        if (_all.Count > countMax)
        {
            _all.RemoveAt(0);
        }
    }

    public void Clear() => _all.Clear();

    /// <summary>Those whose time is not over.</summary>
    public IReadOnlyList<int> At(double now)
    {
        if (_all.Count == 0)
        {
            return [];
        }

        _all.RemoveAll(one => one.Until <= now);
        return [.. _all.Select(one => one.Worker)];
    }
}
