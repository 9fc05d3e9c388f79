using AkkaLb.Core.Clients;
using AkkaLb.Core.Policies;
using AkkaLb.Scenarios.Cluster;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios;

public sealed class PickFirstScenarios(ITestOutputHelper output) : Scenario(output, Policy.PickFirst)
{
    [Fact]
    public async Task A_full_worker_rejects_and_the_job_goes_to_another()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Capacity = 1 });
        await Cluster.AddWorkerAsync("w2");
        var client = await Cluster.ConnectAsync();
        var held = DoneAsync(client, Act.Hold, "held");
        await Stage.UntilBegunAsync("w1", "held");

        Assert.Equal(("w2", 2), await DoneAsync(client));

        Stage.Release("held");
        Assert.Equal(("w1", 1), await held);
    }

    [Fact]
    public async Task A_draining_worker_is_not_assigned_though_it_registered_first()
    {
        var first = await Cluster.AddWorkerAsync("w1");
        await Cluster.AddWorkerAsync("w2");
        var client = await Cluster.ConnectAsync();
        Assert.Equal(("w1", 1), await DoneAsync(client));

        await first.AnnounceDrainingAsync();
        await Cluster.UntilEligibleAsync("w2");

        Assert.Equal(2, Cluster.Status.Value.MemberCount);
        Assert.Equal(("w2", 1), await DoneAsync(client));
    }
}

public sealed class LeastLoadScenarios(ITestOutputHelper output) : Scenario(output, Policy.LeastLoad)
{
    [Fact]
    public async Task The_worker_whose_last_report_is_the_least_gets_the_jobs()
    {
        var w1 = await Cluster.AddWorkerAsync("w1");
        var w2 = await Cluster.AddWorkerAsync("w2");
        var client = await Cluster.ConnectAsync();

        await Task.WhenAll(w1.ReportAsync(200 << 20), w2.ReportAsync(300 << 20));
        Assert.Equal("w1", (await DoneAsync(client)).Worker);
        Assert.Equal("w1", (await DoneAsync(client)).Worker);

        await w1.ReportAsync(400 << 20);
        Assert.Equal("w2", (await DoneAsync(client)).Worker);
        Assert.Equal("w2", (await DoneAsync(client)).Worker);
    }
}
