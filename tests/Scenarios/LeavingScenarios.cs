using AkkaLb.BuiltInJobs;
using AkkaLb.Core.Clients;
using AkkaLb.Scenarios.Cluster;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios;

/// <summary>Workers that end in order.</summary>
public sealed class LeavingScenarios(ITestOutputHelper output) : Scenario(output)
{
    [Fact]
    public async Task A_leaving_worker_finishes_what_it_runs_and_gets_nothing_new()
    {
        var leaver = await Cluster.AddWorkerAsync("w1");
        var client = await Cluster.ConnectAsync();
        var running = DoneAsync(client, Act.Hold, "running");
        await Stage.UntilBegunAsync("w1", "running");
        await Cluster.AddWorkerAsync("w2");

        var leaving = leaver.LeaveAsync();
        await Cluster.UntilEligibleAsync("w2");
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(("w2", 1), await DoneAsync(client));
        }

        Assert.False(running.IsCompleted);
        Assert.Equal(2, Cluster.Status.Value.MemberCount);
        Stage.Release("running");
        Assert.Equal(("w1", 1), await running);
        await leaving;
        Assert.Equal(1, (await Cluster.Status.UntilAsync(s => s.MemberCount == 1)).MemberCount);
    }

    [Fact]
    public async Task A_worker_that_leaves_under_constant_load_loses_no_job()
    {
        const int jobs = 500, atOnce = 16;
        var builtIn = new WorkerOptions { Actor = BuiltInWorker.Props() };
        var leaver = await Cluster.AddWorkerAsync("w1", builtIn);
        await Cluster.AddWorkerAsync("w2", builtIn);
        var client = await Cluster.ConnectAsync();
        var done = new Observed<int>("the number of jobs done", 0);

        // Not idempotent: one that is lost would fail.
        var load = Load.RunAsync(jobs, atOnce, async _ =>
        {
            var outcome = (await client.RunAsync(new SleepJob(TimeSpan.FromMilliseconds(20)), Once)).Outcome;
            Assert.True(outcome is JobOutcome.Done, outcome.ToString());
            done.Update(n => n + 1);
        });
        await done.UntilAsync(n => n >= jobs / 5);
        await leaver.LeaveAsync();
        await load;

        Assert.Equal(jobs, done.Value);
    }
}
