using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>What becomes of jobs when a worker is killed with jobs on it, and until its lease has run out.</summary>
[Collection(Alone.Name)]
public sealed class KilledWorkerTests(ITestOutputHelper output)
{
    private const string Victim = "w2";

    /// <summary>So many jobs at least are on the worker when it is killed.</summary>
    private const int OnVictimMin = 8;

    private static readonly string[] Ids = ["w1", Victim, "w3"];
    private static readonly string[] Load = ["load", "--jobs", "2000", "--concurrency", "32", "--job", "sleep:20", "--json"];

    [Fact]
    public async Task Idempotent_jobs_of_a_killed_worker_are_done_elsewhere_and_no_other_runs_twice()
    {
        var (ending, summary, ledger) = await KilledInTheMiddleAsync();

        var twice = ledger.CountBy(e => e.Job).Where(e => e.Value > 1).Select(e => e.Key).ToHashSet();
        output.WriteLine($"{twice.Count} of the retried jobs are twice in the ledger");
        Assert.True(ending.ExitCode == 0, ending.ToString());
        Assert.Equal((2000, 0), (summary.Done, summary.Failed));
        Assert.True(summary.RetriedJobs.Count >= OnVictimMin && summary.Retried >= summary.RetriedJobs.Count, ending.ToString());
        Assert.Equal(2000, ledger.Where(e => e.Outcome == "done").Select(e => e.Job).Distinct().Count());
        Assert.Subset(summary.RetriedJobs.ToHashSet(), twice);
    }

    [Fact]
    public async Task Other_jobs_of_a_killed_worker_fail_by_its_name_and_nothing_runs_twice()
    {
        var (ending, summary, ledger) = await KilledInTheMiddleAsync("--not-idempotent");

        output.WriteLine(string.Join("; ", summary.FailedJobs.CountBy(f => f.Cause).Select(c => $"{c.Value} x {c.Key}")));
        Assert.True(ending.ExitCode == 1, ending.ToString());
        Assert.Equal(2000, summary.Done + summary.Failed);
        Assert.Equal(summary.Failed, summary.FailedJobs.Count);
        Assert.All(summary.FailedJobs, f => Assert.Equal(("WorkerLost", Victim, false), (f.Error, f.Worker, string.IsNullOrWhiteSpace(f.Cause))));
        Assert.Equal(ledger.Count, ledger.Select(e => e.Job).Distinct().Count());
        Assert.InRange(ledger.Count, summary.Done, 2000);
    }

    [Fact]
    public async Task Jobs_stuck_on_a_frozen_worker_are_done_elsewhere_as_soon_as_it_is_killed()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var workers = await cluster.AddWorkersAsync(Ids, "--lease-ttl", "30");
        var client = cluster.StartClient(Load);
        var atFreeze = (await cluster.Ledger.WaitForAsync(500)).Count;
        workers[1].Signal(Signals.Stop);
        // Every third job that another one's end makes room for goes to the frozen worker, and stays.
        var frozen = await cluster.Ledger.WaitForAsync(atFreeze + (3 * OnVictimMin));

        workers[1].Signal(Signals.Kill);

        var ending = await client.EndedAsync(TimeSpan.FromSeconds(60));
        Assert.True(ending.ExitCode == 0, ending.ToString());
        var summary = LoadSummary.Of(ending);
        output.WriteLine($"killed after {frozen.Count} jobs: {summary}");
        Assert.Equal((2000, 0), (summary.Done, summary.Failed));
        Assert.True(summary.RetriedJobs.Count >= OnVictimMin, $"{summary}");
        Assert.Equal(2000, cluster.Ledger.Read().Select(e => e.Job).Distinct().Count());
        Assert.InRange(summary.JobMillis.Max, 0, 10_000);
    }

    [Fact]
    public async Task While_a_dead_worker_is_still_named_every_job_is_done_far_ahead_of_its_deadline()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var workers = await cluster.AddWorkersAsync(Ids, "--lease-ttl", "12");
        var settings = cluster.WriteFile("client.hocon", "akkalb.client.leave-out-for = 0s");
        workers[1].Signal(Signals.Kill);
        await workers[1].EndedAsync();

        var ending = await cluster.ClientAsync(
            "load", "--for", "8", "--concurrency", "6", "--job", "sleep:80", "--deadline", "60", "--json", "--config", settings);

        Assert.True(ending.ExitCode == 0, ending.ToString());
        var summary = LoadSummary.Of(ending);
        output.WriteLine($"{summary}");
        Assert.Equal(0, summary.Failed);
        // About 400 jobs and 200 retries on an idle machine; on a busy one fewer, but each third pick names the dead worker all the same.
        Assert.True(summary.Retried >= 5, $"the dead worker was hardly named: {summary}");
        Assert.InRange(summary.JobMillis.Max, 0, 10_000);
        Assert.Equal(["w1", "w3"], summary.Workers.Keys);
        cluster.AssertNoStackTraces();
    }

    /// <summary>Kills a worker a quarter of the way through the load.</summary>
    /// <remarks>Round robin keeps about 32/3 jobs on each worker. A run in which the victim had fewer than <see cref="OnVictimMin"/> shows less than it
    /// should, and is done again.</remarks>
    private async Task<(Ending Ending, LoadSummary Summary, IReadOnlyList<JobLedgerFile.Entry> Ledger)> KilledInTheMiddleAsync(params string[] more)
    {
        const int runsMax = 3;
        for (var run = 1; ; run++)
        {
            await using var cluster = await TestCluster.StartAsync(output);
            var workers = await cluster.AddWorkersAsync(Ids);
            var client = cluster.StartClient([.. Load, .. more]);
            await cluster.Ledger.WaitForAsync(500);

            workers[1].Signal(Signals.Kill);

            var ending = await client.EndedAsync(TimeSpan.FromSeconds(60));
            var summary = LoadSummary.Of(ending);
            cluster.AssertNoStackTraces();
            var onVictim = summary.RetriedJobs.Count + summary.FailedJobs.Count;
            output.WriteLine($"{onVictim} jobs were on the killed worker or on their way; {summary}");
            if (onVictim >= OnVictimMin || run == runsMax)
            {
                return (ending, summary, cluster.Ledger.Read());
            }
        }
    }
}
