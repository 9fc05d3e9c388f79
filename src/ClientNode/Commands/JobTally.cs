using AkkaLb.Client;
using AkkaLb.Core.Clients;
using HdrHistogram;

namespace AkkaLb.ClientNode.Commands;

/// <summary>Counts how jobs ended. Thread-safe.</summary>
internal sealed class JobTally
{
    /// <summary>So many ended jobs are listed one by one at most; beyond that they are only counted.</summary>
    private const int ListedMax = 10_000;

    private readonly Lock _lock = new();
    private readonly LongHistogram _assignMicros = new(TimeSpan.FromHours(1).Ticks / TimeSpan.TicksPerMicrosecond, 3);
    private readonly LongHistogram _jobMicros = new(TimeSpan.FromHours(24).Ticks / TimeSpan.TicksPerMicrosecond, 3);
    private readonly SortedDictionary<string, long> _workers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _failures = new(StringComparer.Ordinal);
    private readonly List<JobRun> _failed = [];
    private readonly List<string> _retriedJobs = [];

    public long Done { get; private set; }

    public long Failed { get; private set; }

    /// <summary>Sends beyond the first of a job, over all jobs.</summary>
    public long Retried { get; private set; }

    /// <summary>Jobs that ended because the client was told to stop.</summary>
    public long NotDone { get; private set; }

    public void Add(JobRun run)
    {
        lock (_lock)
        {
            var outcome = run.Outcome;
            if (outcome.Sends > 1)
            {
                Retried += outcome.Sends - 1;
                if (_retriedJobs.Count < ListedMax)
                {
                    _retriedJobs.Add(run.Id.ToString());
                }
            }

            if (outcome is JobOutcome.Done done)
            {
                Done++;
                _workers[done.Worker.Id] = _workers.GetValueOrDefault(done.Worker.Id) + 1;
                Record(_assignMicros, done.AssignTime);
                Record(_jobMicros, done.Total);
            }
            else if (outcome is JobOutcome.Failed { Error: JobError.Closed })
            {
                NotDone++;
            }
            else if (outcome is JobOutcome.Failed failed)
            {
                Failed++;
                var reason = failed.Failure is { } f
                    ? $"{failed.Error}.{f}"
                    : failed.Rejection is { } r ? $"{failed.Error}.{r}" : failed.Error.ToString();
                _failures[reason] = _failures.GetValueOrDefault(reason) + 1;
                if (_failed.Count < ListedMax)
                {
                    _failed.Add(run);
                }
            }
        }
    }

    public JobSummary Summarize(TimeSpan elapsed)
    {
        lock (_lock)
        {
            var seconds = Math.Max(elapsed.TotalSeconds, 1e-6);
            return new JobSummary(
                Done,
                Failed,
                Retried,
                NotDone,
                Math.Round(seconds, 3),
                Math.Round(Done / seconds, 1),
                Percentiles.Of(_assignMicros, 1),
                Percentiles.Of(_jobMicros, 1000),
                new SortedDictionary<string, long>(_workers, StringComparer.Ordinal),
                new SortedDictionary<string, long>(_failures, StringComparer.Ordinal),
                [.. _failed.Select(FailedJob.Of)],
                [.. _retriedJobs]);
        }
    }

    private static void Record(LongHistogram histogram, TimeSpan time) =>
        histogram.RecordValue(Math.Clamp(time.Ticks / TimeSpan.TicksPerMicrosecond, 0, histogram.HighestTrackableValue));
}

/// <summary>What a run of jobs came to; its JSON form is the output of <c>load --json</c>.</summary>
internal sealed record JobSummary(
    long Done,
    long Failed,
    long Retried,
    long NotDone,
    double Seconds,
    double JobsPerSecond,
    Percentiles AssignMicros,
    Percentiles JobMillis,
    SortedDictionary<string, long> Workers,
    SortedDictionary<string, long> Failures,
    IReadOnlyList<FailedJob> FailedJobs,
    IReadOnlyList<string> RetriedJobs);

/// <summary>Latencies of done jobs.</summary>
internal sealed record Percentiles(double P50, double P90, double P99, double Max)
{
    public static Percentiles Of(LongHistogram micros, double divisor)
    {
        return micros.TotalCount == 0 ? new Percentiles(0, 0, 0, 0) : new Percentiles(At(50), At(90), At(99), At(100));

        double At(double percentile) => Math.Round(micros.GetValueAtPercentile(percentile) / divisor, 3);
    }
}

/// <summary>A failed job, for people and scripts.</summary>
internal sealed record FailedJob(string Job, string Error, string? Worker, string Cause, int Sends, double Millis)
{
    public static FailedJob Of(JobRun run)
    {
        var failed = (JobOutcome.Failed)run.Outcome;
        return new FailedJob(
            run.Id.ToString(), failed.Error.ToString(), failed.Worker?.Id, failed.Cause, failed.Sends, Math.Round(failed.Total.TotalMilliseconds, 3));
    }
}
