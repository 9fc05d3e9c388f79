namespace AkkaLb.Bench.Lab.Work;

/// <summary>The jobs of a run, in the order in which they are submitted; the same for every policy that is compared.</summary>
/// <param name="Arrivals">When each is submitted, in seconds, not falling.</param>
/// <param name="Durations">How long each runs on a slot of speed 1, in seconds.</param>
/// <param name="Bytes">What each holds in memory while it is at a worker.</param>
/// <param name="Clients">Which client submits it, counted from 0.</param>
/// <param name="Notes">What was changed to make it, in words for people.</param>
internal sealed record Workload(double[] Arrivals, double[] Durations, long[] Bytes, int[] Clients, IReadOnlyList<string> Notes)
{
    public int Count => Arrivals.Length;
}
