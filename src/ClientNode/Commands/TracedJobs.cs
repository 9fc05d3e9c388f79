using AkkaLb.BuiltInJobs;

namespace AkkaLb.ClientNode.Commands;

/// <summary>Jobs that come when a file says, whether others have ended or not: an open loop.</summary>
/// <param name="Arrivals">When each is submitted, in seconds from the beginning, not falling.</param>
/// <param name="Jobs">What each of them is.</param>
internal sealed record TracedJobs(double[] Arrivals, IBuiltInMessage[] Jobs)
{
    /// <summary>So many at once unless the caller says otherwise: an open loop waits for nobody.</summary>
    public const int ConcurrencyDefault = 10_000;

    /// <summary>The bound on rows too.</summary>
    public const int JobsMax = Trace.RowsMax;

    /// <summary>However much a row weighs, no job asks for more mebibytes.</summary>
    private const int HoldMax = 64 * 1024;

    /// <summary>However much a row weighs, no job takes longer.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromDays(1);

    /// <summary>Between two rows: what lies further apart is a mistake in the file or in its unit.</summary>
    private static readonly TimeSpan GapMax = TimeSpan.FromDays(10);

    /// <summary>The jobs that a trace makes of one: its duration, and its memory where it has any, become the means. Durations are whole
    /// milliseconds, and what is rounded off one is added to the next.</summary>
    /// <param name="jobs">How many; null: one a row.</param>
    /// <param name="rate">Jobs a second; null: as the file says.</param>
    /// <exception cref="FormatException">The trace has no durations, or this job has none.</exception>
    public static TracedJobs Of(Trace trace, IBuiltInMessage job, int? jobs, double? rate)
    {
        var count = jobs ?? trace.Seconds.Length;
        var durations = Weights(trace.Duration ?? throw new FormatException("it needs a third column, which weighs the durations"), count);
        var memory = trace.Memory is { } weights ? Weights(weights, count) : null;
        var left = 0.0;
        return new TracedJobs(Checked(trace.Arrivals(count, rate)), [.. Enumerable.Range(0, count).Select<int, IBuiltInMessage>(i => job switch
        {
            SleepJob sleep => sleep with { Duration = Of(sleep.Duration, durations[i], ref left) },
            SpinJob spin => spin with { Duration = Of(spin.Duration, durations[i], ref left) },
            HoldJob hold => hold with
            {
                Duration = Of(hold.Duration, durations[i], ref left),
                Mebibytes = memory is null ? hold.Mebibytes : (int)Math.Clamp(Math.Round(hold.Mebibytes * memory[i]), 1, HoldMax),
            },
            _ => throw new FormatException("primes has no duration: give spin, sleep or hold"),
        })]);
    }

    private static TimeSpan Of(TimeSpan mean, double weight, ref double left)
    {
        var exact = Math.Min(mean.TotalMilliseconds * weight, TimeMax.TotalMilliseconds) + left;
        var whole = Math.Round(exact);
        left = exact - whole;
        return TimeSpan.FromMilliseconds(Math.Max(0, whole));
    }

    private static double[] Checked(double[] arrivals)
    {
        for (var i = 1; i < arrivals.Length; i++)
        {
            if (!(arrivals[i] - arrivals[i - 1] <= GapMax.TotalSeconds))
            {
                throw new FormatException(
                    $"job {i + 1} would come more than {GapMax.TotalDays} days after the one before: its timestamps must be dates, or seconds");
            }
        }

        return arrivals;
    }

    /// <summary>Their mean is one.</summary>
    private static double[] Weights(double[] column, int count)
    {
        var used = Trace.Repeated(column, count);
        var mean = used.Average();
        return mean > 0 ? Array.ConvertAll(used, weight => weight / mean) : used;
    }
}
