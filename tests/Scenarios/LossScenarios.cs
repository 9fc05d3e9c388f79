using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Scenarios.Cluster;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios;

/// <summary>Workers, connections and leases that end without a word.</summary>
public sealed class LossScenarios(ITestOutputHelper output) : Scenario(output)
{
    /// <summary>A silent worker is given up after 15 s; a lost connection is to be seen long before that.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_killed_workers_idempotent_jobs_are_done_again_and_the_others_fail_with_worker_and_cause()
    {
        var doomed = await Cluster.AddWorkerAsync("w1");
        var client = await Cluster.ConnectAsync();
        var again = client.RunAsync(new Do(Act.Hold, "again"), Idempotent);
        var once = client.RunAsync(new Do(Act.Hold, "once"), Once);
        await Stage.UntilBegunAsync("w1", "again");
        await Stage.UntilBegunAsync("w1", "once");
        await Cluster.AddWorkerAsync("w2");

        await doomed.KillAsync();

        var lost = Assert.IsType<JobOutcome.Failed>((await once).Outcome);
        Assert.Equal((JobError.WorkerLost, doomed.Key, 1), (lost.Error, lost.Worker, lost.Sends));
        Assert.NotEmpty(lost.Cause);
        Assert.True(lost.Total < AtOnce, $"the loss was noticed after {lost.Total}");

        await Stage.UntilBegunAsync("w2", "again");
        Stage.Release("again");
        Stage.Release("once");
        var done = Assert.IsType<JobOutcome.Done>((await again).Outcome);
        Assert.Equal("w2", done.Worker.Id);
        Assert.DoesNotContain("w2: once", Stage.Begun.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_silence_longer_than_any_failure_detector_allows_the_same_client_and_worker_continue()
    {
        var worker = await Cluster.AddWorkerAsync("w1");
        var client = await Cluster.ConnectAsync(
            ClientSettings.Default with { GateSilence = TimeSpan.FromSeconds(1), GateTimeout = TimeSpan.FromSeconds(3) });
        var once = client.RunAsync(new Do(Act.Hold, "once"), Once);
        await Stage.UntilBegunAsync("w1", "once");

        worker.Silence();
        var lost = Assert.IsType<JobOutcome.Failed>((await once).Outcome);
        Assert.Equal((JobError.WorkerLost, worker.Key), (lost.Error, lost.Worker));
        var waiting = DoneAsync(client);
        worker.Mend();

        Assert.Equal(("w1", 1), await waiting);
        Stage.Release("once");
        Assert.Equal(("w1", 1), await DoneAsync(client));
    }

    [Fact]
    public async Task A_silence_shorter_than_the_clients_patience_loses_no_job()
    {
        var worker = await Cluster.AddWorkerAsync("w1");
        var client = await Cluster.ConnectAsync(
            ClientSettings.Default with { GateSilence = TimeSpan.FromMilliseconds(200), GateTimeout = LoopbackCluster.Patience });
        var once = DoneAsync(client, Act.Hold, "once");
        await Stage.UntilBegunAsync("w1", "once");

        worker.Silence();
        await Cluster.Log.UntilAsync(lines => lines.Contains("it has been silent for", StringComparison.Ordinal));
        Stage.Release("once");
        worker.Mend();

        Assert.Equal(("w1", 1), await once);
        Assert.Equal(("w1", 1), await DoneAsync(client));
    }

    [Fact]
    public async Task A_worker_that_stops_renewing_is_removed_when_its_lease_runs_out()
    {
        var frozen = await Cluster.AddWorkerAsync("w1", new WorkerOptions { Ttl = TimeSpan.FromSeconds(1) });
        await Cluster.AddWorkerAsync("w2");
        var client = await Cluster.ConnectAsync();

        frozen.StopRenewing();
        await Cluster.UntilEligibleAsync("w2");

        Assert.Equal(1, Cluster.Status.Value.MemberCount);
        Assert.Equal(("w2", 1), await DoneAsync(client));
        Assert.Equal(("w2", 1), await DoneAsync(client));
    }

    [Fact]
    public async Task A_worker_that_cannot_be_reached_is_told_to_the_balancer_and_stays_for_others()
    {
        var worker = await Cluster.AddWorkerAsync("w1");
        var client = await Cluster.ConnectAsync();
        var job = DoneAsync(client, Act.Hold, "job", Idempotent);
        await Stage.UntilBegunAsync("w1", "job");

        worker.CutLatestConnection();
        await Cluster.Log.UntilAsync(lines => lines.Contains("cannot reach worker w1", StringComparison.Ordinal));

        var other = await Cluster.ConnectAsync();
        Assert.Equal(("w1", 1), await DoneAsync(other));
        Assert.Equal("w1", Assert.Single(Cluster.Status.Value.Eligible));

        // With nobody else, the client that complained takes it again.
        Stage.Release("job");
        Assert.Equal("w1", (await job).Worker);
    }

    [Fact]
    public async Task Two_clients_leave_out_different_workers_and_do_not_disturb_each_other()
    {
        var w1 = await Cluster.AddWorkerAsync("w1");
        var w2 = await Cluster.AddWorkerAsync("w2");
        var settings = ClientSettings.Default with { LeaveOutFor = TimeSpan.FromMinutes(1) };

        // Each client is the last to connect to the worker that it is to lose: round robin gives "a" to w1 and then w2, "b" to w1 and then w2.
        var a = await Cluster.ConnectAsync(settings);
        var lostByA = DoneAsync(a, Act.Hold, "a", Idempotent);
        await Stage.UntilBegunAsync("w1", "a");
        w1.CutLatestConnection();
        await Stage.UntilBegunAsync("w2", "a");

        var b = await Cluster.ConnectAsync(settings);
        Assert.Equal(("w1", 1), await DoneAsync(b));
        var lostByB = DoneAsync(b, Act.Hold, "b", Idempotent);
        await Stage.UntilBegunAsync("w2", "b");
        w2.CutLatestConnection();
        await Stage.UntilBegunAsync("w1", "b");
        Stage.Release("a");
        Stage.Release("b");
        Assert.Equal(("w2", 2), await lostByA);
        Assert.Equal(("w1", 2), await lostByB);

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(("w2", 1), await DoneAsync(a));
            Assert.Equal(("w1", 1), await DoneAsync(b));
        }

        Assert.Equal(["w1", "w2"], Cluster.Status.Value.Eligible);
    }
}
