namespace AkkaLb.Bench.Soak;

/// <summary>Resident memory of processes that live through a scene: whether it stays where it was.</summary>
internal sealed class MemoryLevel(IReadOnlyList<(string Name, Child Process)> processes)
{
    private readonly List<(TimeSpan At, long[] Bytes)> _samples = [];

    /// <summary>None has in its last quarter more than half as much again, and 64 MiB more, than it had at the most in its second quarter: before
    /// that it grows to its work.</summary>
    public bool IsLevel => processes.Select((_, i) => i).All(i =>
        Highest(i, 0.25, 0.5) > 0 && Highest(i, 0.75, 1) > 0
            && Highest(i, 0.75, 1) - Highest(i, 0.25, 0.5) < Math.Max(64L << 20, Highest(i, 0.25, 0.5) / 2));

    public void Sample(TimeSpan at) => _samples.Add((at, [.. processes.Select(p => p.Process.ResidentBytes)]));

    public override string ToString() => string.Join(", ", processes.Select((p, i) =>
        $"{p.Name} {Highest(i, 0.25, 0.5) >> 20} MiB at most in the second quarter, {Highest(i, 0.75, 1) >> 20} MiB in the last"));

    private long Highest(int process, double from, double to)
    {
        var end = _samples.Count == 0 ? TimeSpan.Zero : _samples[^1].At;
        return _samples.Where(s => s.At >= end * from && s.At <= end * to).Select(s => s.Bytes[process]).DefaultIfEmpty(0).Max();
    }
}
