using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.ClientNode.Commands;

/// <summary>Jobs that come when a file says, whether others have ended or not: an open loop.</summary>
/// <param name="Arrivals">When each is submitted, in seconds from the beginning, not falling.</param>
/// <param name="Jobs">What each of them is.</param>
internal sealed record TracedJobs(double[] Arrivals, IAkkaLbMessage[] Jobs)
{
    /// <summary>So many at once unless the caller says otherwise: an open loop waits for nobody.</summary>
    public const int ConcurrencyDefault = 10_000;

    /// <summary>As many as a file has rows, or more.</summary>
    public const int JobsMax = Trace.RowsMax;

    /// <summary>However much a row weighs, no job asks for more mebibytes.</summary>
    private const int HoldMax = 1 << 20;

    /// <summary>The jobs that a trace makes of one: its duration, and its memory where it has any, become the means.</summary>
    /// <param name="jobs">How many; null: one a row.</param>
    /// <param name="rate">Jobs a second; null: as the file says.</param>
    /// <exception cref="FormatException">The trace has no durations, or this job has none.</exception>
    public static TracedJobs Of(Trace trace, IAkkaLbMessage job, int? jobs, double? rate)
    {
        var count = jobs ?? trace.Seconds.Length;
        var durations = Weights(trace.Duration ?? throw new FormatException("it needs a third column, which weighs the durations"), count);
        var memory = trace.Memory is { } weights ? Weights(weights, count) : null;
        return new TracedJobs(trace.Arrivals(count, rate), [.. Enumerable.Range(0, count).Select<int, IAkkaLbMessage>(i => job switch
        {
            SleepJob sleep => sleep with { Duration = sleep.Duration * durations[i] },
            SpinJob spin => spin with { Duration = spin.Duration * durations[i] },
            HoldJob hold => hold with
            {
                Duration = hold.Duration * durations[i],
                Mebibytes = memory is null ? hold.Mebibytes : (int)Math.Min(HoldMax, hold.Mebibytes * memory[i]),
            },
            _ => throw new FormatException("primes has no duration: give spin, sleep or hold"),
        })]);
    }

    /// <summary>Their mean is one.</summary>
    private static double[] Weights(double[] column, int count)
    {
        var used = Trace.Repeated(column, count);
        var mean = used.Average();
        return mean > 0 ? Array.ConvertAll(used, weight => weight / mean) : used;
    }
}
