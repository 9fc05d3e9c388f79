namespace AkkaLb.Bench.Lab;

/// <summary>How runs share the machine: as many at once as there are processors.</summary>
internal static class Parallelism
{
    public static ParallelOptions Of(CancellationToken stop) =>
        new() { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount };
}
