using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AkkaLb.Hosting;
using AkkaLb.Messages;

namespace AkkaLb.ClientNode.Commands;

/// <summary>The verb <c>load</c>: runs many built-in jobs and tells how they went.</summary>
internal static class LoadCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <param name="Jobs">How many; null: as many as <paramref name="For"/> allows.</param>
    public sealed record Options(long? Jobs, TimeSpan? For, int Concurrency, IAkkaLbMessage Job, JobOptions Each, bool IsJson);

    public static async Task<int> RunAsync(ClientSession session, Options options)
    {
        var tally = new JobTally();
        var watch = Stopwatch.StartNew();
        long begun = 0;
        var run = ClosedLoop.RunAsync(options.Concurrency, Next, session.Interrupted);
        await using (RunProgress.Start(tally, options.Jobs, options.For, options.IsJson))
        {
            await AwaitAsync(session, run).ConfigureAwait(false);
        }

        var summary = tally.Summarize(watch.Elapsed);
        Print(summary, options.IsJson);
        if (session.Interrupted.IsCancellationRequested)
        {
            var left = options.Jobs is { } jobs ? string.Create(CultureInfo.InvariantCulture, $", {jobs - begun} not begun") : "";
            var open = begun - summary.Done - summary.Failed;
            await Console.Error.WriteLineAsync($"interrupted: {summary.Done} done, {summary.Failed} failed, {open} begun and not done{left}").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }

        return summary.Failed == 0 ? ExitCode.Ok : ExitCode.JobsFailed;

        Task? Next()
        {
            if (begun >= options.Jobs || watch.Elapsed >= options.For)
            {
                return null;
            }

            begun++;
            return OneAsync();
        }

        async Task OneAsync() => tally.Add(await session.Client.RunAsync(options.Job, options.Each).ConfigureAwait(false));
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

    private static void Print(JobSummary s, bool isJson)
    {
        if (isJson)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(s, Json));
            return;
        }

        var culture = CultureInfo.InvariantCulture;
        Console.Out.WriteLine(string.Create(culture, $"done {s.Done}  failed {s.Failed}  retried {s.Retried}  in {s.Seconds:0.00} s  {s.JobsPerSecond:0.0} jobs/s"));
        Console.Out.WriteLine(string.Create(culture, $"assign us  p50 {s.AssignMicros.P50:0}  p90 {s.AssignMicros.P90:0}  p99 {s.AssignMicros.P99:0}  max {s.AssignMicros.Max:0}"));
        Console.Out.WriteLine(string.Create(culture, $"job ms     p50 {s.JobMillis.P50:0.0}  p90 {s.JobMillis.P90:0.0}  p99 {s.JobMillis.P99:0.0}  max {s.JobMillis.Max:0.0}"));
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
