using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>What becomes of jobs when a worker is killed with jobs on it, and until its lease has run out.</summary>
[Collection(Alone.Name)]
public sealed class KilledWorkerTests(ITestOutputHelper output)
{
    private const string Victim = "w2";

    /// <summary>So many jobs of each load at least are on the worker when it is killed.</summary>
    private const int OnVictimMin = 8;

    private static readonly string[] Ids = ["w1", Victim, "w3"];
    private static readonly string[] Load = ["load", "--jobs", "2000", "--concurrency", "32", "--job", "sleep:20", "--json"];

    [Fact]
    public async Task Idempotent_jobs_of_a_killed_worker_are_done_elsewhere_and_others_fail_by_its_name_and_run_once()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var workers = await cluster.AddWorkersAsync(Ids, "--lease-ttl", "30");
        var (idempotent, once) = (cluster.StartClient(Load), cluster.StartClient([.. Load, "--not-idempotent"]));
        await cluster.Ledger.WaitForAsync(500, e => e.Worker == Victim);
        workers[1].Signal(Signals.Stop);
        // Every third job that another one's end makes room for goes to the frozen worker, and stays.
        await cluster.Ledger.WaitForAsync(cluster.Ledger.Read().Count + (6 * OnVictimMin));

        workers[1].Signal(Signals.Kill);

        var endings = (Idempotent: await idempotent.EndedAsync(TimeSpan.FromSeconds(60)), Once: await once.EndedAsync(TimeSpan.FromSeconds(60)));
        var (retrying, failing) = (LoadSummary.Of(endings.Idempotent), LoadSummary.Of(endings.Once));
        output.WriteLine($"idempotent: {retrying.RetriedJobs.Count} were on the killed worker or on their way; {retrying}");
        output.WriteLine($"the others: {failing.FailedJobs.Count}, "
            + $"{string.Join("; ", failing.FailedJobs.CountBy(f => f.Cause).Select(c => $"{c.Value} x {c.Key}"))}; {failing}");
        Assert.Equal((0, 1), (endings.Idempotent.ExitCode, endings.Once.ExitCode));
        AssertRetried(retrying);
        AssertFailedByName(failing);
        AssertLedger(cluster.Ledger.Read(), retrying, failing);
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task While_a_dead_worker_is_still_named_every_job_is_done_far_ahead_of_its_deadline()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var workers = await cluster.AddWorkersAsync(Ids, "--lease-ttl", "20");
        var settings = cluster.WriteFile("client.hocon", "akkalb.client.leave-out-for = 0s");
        workers[1].Signal(Signals.Kill);
        await workers[1].EndedAsync();

        var ending = await cluster.ClientAsync(
            "load", "--jobs", "200", "--concurrency", "6", "--job", "sleep:80", "--deadline", "60", "--json", "--config", settings);

        Assert.True(ending.ExitCode == 0, ending.ToString());
        var summary = LoadSummary.Of(ending);
        output.WriteLine($"{summary}");
        Assert.Equal(0, summary.Failed);
        // Each third pick names the dead worker.
        Assert.True(summary.Retried >= 5, $"the dead worker was hardly named: {summary}");
        Assert.InRange(summary.JobMillis.Max, 0, 10_000);
        Assert.Equal(["w1", "w3"], summary.Workers.Keys);
        cluster.AssertNoStackTraces();
    }

    private static void AssertRetried(LoadSummary summary)
    {
        Assert.Equal((2000, 0), (summary.Done, summary.Failed));
        Assert.True(summary.RetriedJobs.Count >= OnVictimMin && summary.Retried >= summary.RetriedJobs.Count, $"{summary}");
        // As soon as it is killed, far ahead of their deadlines.
        Assert.InRange(summary.JobMillis.Max, 0, 10_000);
    }

    private static void AssertFailedByName(LoadSummary summary)
    {
        Assert.InRange(summary.Failed, OnVictimMin, 2000);
        Assert.Equal(2000, summary.Done + summary.Failed);
        Assert.Equal(summary.Failed, summary.FailedJobs.Count);
        Assert.All(summary.FailedJobs, f => Assert.Equal(("WorkerLost", Victim, false), (f.Error, f.Worker, string.IsNullOrWhiteSpace(f.Cause))));
    }

    /// <summary>Only retried jobs ran twice.</summary>
    private void AssertLedger(IReadOnlyList<JobLedgerFile.Entry> ledger, LoadSummary retrying, LoadSummary failing)
    {
        var counts = ledger.Where(e => e.Outcome == "done").CountBy(e => e.Job).ToDictionary();
        var twice = counts.Where(c => c.Value > 1).Select(c => c.Key).ToHashSet();
        output.WriteLine($"{twice.Count} of the retried jobs are twice in the ledger");
        Assert.Subset(retrying.RetriedJobs.ToHashSet(), twice);
        Assert.InRange(counts.Count, retrying.Done + failing.Done, retrying.Done + 2000);
    }
}
