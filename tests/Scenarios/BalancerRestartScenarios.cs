using AkkaLb.Scenarios.Cluster;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios;

public sealed class BalancerRestartScenarios(ITestOutputHelper output) : Scenario(output)
{
    [Fact]
    public async Task After_a_restart_workers_register_again_and_jobs_that_waited_are_done()
    {
        var hasty = new WorkerOptions { RequestTimeout = TimeSpan.FromMilliseconds(500) };
        await Cluster.AddWorkerAsync("w1", hasty);
        await Cluster.AddWorkerAsync("w2", hasty);
        var client = await Cluster.ConnectAsync();
        var running = DoneAsync(client, Act.Hold, "running");
        await Stage.UntilBegunAsync("w1", "running");

        await Cluster.StopBalancerAsync();
        var waiting = Enumerable.Range(0, 10).Select(_ => DoneAsync(client)).ToList();
        Stage.Release("running");
        Assert.Equal(("w1", 1), await running);

        Cluster.StartBalancerAgain();
        await Cluster.Status.UntilAsync(s => s.Eligible.Count == 2);
        Assert.All(await Task.WhenAll(waiting), done => Assert.Equal(1, done.Sends));
    }
}
