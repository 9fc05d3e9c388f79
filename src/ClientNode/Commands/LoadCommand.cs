using System.Diagnostics;
using System.Globalization;
using AkkaLb.BuiltInJobs;
using AkkaLb.Client;
using AkkaLb.Programs;

namespace AkkaLb.ClientNode.Commands;

/// <summary>The verb <c>load</c>: runs many built-in jobs and tells how they went.</summary>
internal static class LoadCommand
{
    /// <param name="Jobs">How many; null: as many as <paramref name="For"/> allows.</param>
    /// <param name="Keys">So many keys in turn; null: no keys.</param>
    /// <param name="Traced">What the jobs are and when they come; null: all are <paramref name="Job"/>, and one comes when another has
    /// ended.</param>
    public sealed record Options(
        long? Jobs, TimeSpan? For, int Concurrency, IBuiltInMessage Job, JobOptions Each, long? Keys, bool IsJson, TracedJobs? Traced = null);

    public static async Task<int> RunAsync(ClientSession session, Options options)
    {
        var tally = new JobTally();
        var watch = Stopwatch.StartNew();
        long begun = 0;
        var late = 0;
        var run = options.Traced is null ? ClosedLoop.RunAsync(options.Concurrency, Next, session.Interrupted) : RunTracedAsync(options.Traced);
        TimeSpan? silence = null;
        await using (RunProgress.Start(session.Client, tally, () => Interlocked.Read(ref begun), options.Jobs, options.For, options.IsJson))
        {
            var stopping = options.For is { } whole ? StopIfAloneAsync(session, run, whole) : Task.FromResult<TimeSpan?>(null);
            await AwaitAsync(session, run).ConfigureAwait(false);
            silence = await stopping.ConfigureAwait(false);
        }

        // From here on all has been done that will be.
        var isInterrupted = session.Interrupted.IsCancellationRequested;
        var summary = tally.Summarize(watch.Elapsed);
        Print(summary, options.IsJson);
        if (late > 0)
        {
            await Console.Error.WriteLineAsync(
                $"{late} jobs began late: {options.Concurrency} were under way already (--concurrency)").ConfigureAwait(false);
        }

        if (isInterrupted)
        {
            var left = options.Jobs is { } jobs ? string.Create(CultureInfo.InvariantCulture, $", {jobs - begun} not begun") : "";
            var open = begun - summary.Done - summary.Failed;
            await Console.Error.WriteLineAsync(
                $"interrupted: {summary.Done} done, {summary.Failed} failed, {open} begun and not done{left}").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }

        if (silence is { } silent)
        {
            throw new ProgramException(
                ExitCode.Unreachable, $"no balancer has answered for {HumanUnits.Time(silent)}: {summary.NotDone} jobs were begun and not done");
        }

        return summary.Failed == 0 ? ExitCode.Ok : ExitCode.JobsFailed;

        Task? Next()
        {
            if (begun >= options.Jobs || watch.Elapsed >= options.For)
            {
                return null;
            }

            return OneAsync(options.Job);
        }

        async Task RunTracedAsync(TracedJobs traced) => late = await OpenLoop.RunAsync(
            traced.Arrivals, options.Concurrency, i => OneAsync(traced.Jobs[i]), TimeProvider.System, session.Interrupted).ConfigureAwait(false);

        async Task OneAsync(IBuiltInMessage job)
        {
            var number = Interlocked.Increment(ref begun);
            var each = options.Keys is { } keys
                ? options.Each with { Key = string.Create(CultureInfo.InvariantCulture, $"{((number - 1) % keys) + 1}") }
                : options.Each;
            tally.Add(await session.Client.RunAsync(job, each).ConfigureAwait(false));
        }
    }

    /// <summary>When no new jobs are begun and no balancer answers, what has not been sent is given up: it could only wait for its
    /// deadline.</summary>
    /// <returns>How long no balancer has answered; null when the run ended by itself.</returns>
    private static async Task<TimeSpan?> StopIfAloneAsync(ClientSession session, Task run, TimeSpan whole)
    {
        var interval = TimeSpan.FromMilliseconds(250);
        var wait = new WaitWatch(session.Client, TimeProvider.System);
        for (var started = TimeProvider.System.GetTimestamp(); !run.IsCompleted && !session.Interrupted.IsCancellationRequested;)
        {
            if (wait.WithoutBalancer() is { } silence && TimeProvider.System.GetElapsedTime(started) >= whole)
            {
                session.Client.StopSending();
                return silence;
            }

            await run.WaitAsync(interval, TimeProvider.System, session.Interrupted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    /// <summary>Waits for the run; after an interruption only a while, and what is left then ends with the client.</summary>
    public static async Task AwaitAsync(ClientSession session, Task run)
    {
        try
        {
            await run.WaitAsync(session.Interrupted).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (session.Interrupted.IsCancellationRequested)
        {
            session.Client.StopSending();
            await session.SettleAsync(run).ConfigureAwait(false);
        }
    }

    private static string Times(Percentiles p, TimeSpan unit) => string.Join(
        "  ", new[] { ("p50", p.P50), ("p90", p.P90), ("p99", p.P99), ("max", p.Max) }.Select(v => $"{v.Item1} {HumanUnits.Time(v.Item2 * unit)}"));

    private static void Print(JobSummary s, bool isJson)
    {
        if (isJson)
        {
            JsonOutput.Write(s);
            return;
        }

        var culture = CultureInfo.InvariantCulture;
        Console.Out.WriteLine(
            string.Create(culture, $"done {s.Done}  failed {s.Failed}  retried {s.Retried}  in {s.Seconds:0.00} s  {s.JobsPerSecond:0.0} jobs/s"));
        Console.Out.WriteLine(string.Create(culture, $"assign  {Times(s.AssignMicros, TimeSpan.FromMicroseconds(1))}"));
        Console.Out.WriteLine(string.Create(culture, $"job     {Times(s.JobMillis, TimeSpan.FromMilliseconds(1))}"));
        foreach (var (worker, count) in s.Workers)
        {
            Console.Out.WriteLine(string.Create(culture, $"worker {worker} {count}"));
        }

        foreach (var (reason, count) in s.Failures)
        {
            Console.Out.WriteLine(string.Create(culture, $"failed {reason} {count}"));
        }

        const int examplesMax = 5;
        foreach (var failed in s.FailedJobs.Take(examplesMax))
        {
            Console.Error.WriteLine($"job {failed.Job}{(failed.Worker is { } w ? $" on worker {w}" : "")}: {failed.Error}: {failed.Cause}");
        }

        if (s.Failed > examplesMax)
        {
            Console.Error.WriteLine(string.Create(culture, $"... and {s.Failed - examplesMax} more; --json lists them"));
        }
    }
}
