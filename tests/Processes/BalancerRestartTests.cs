using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>A balancer that comes back.</summary>
public sealed class BalancerRestartTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Load_outlives_a_balancer_that_is_killed_and_started_again()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        await cluster.AddWorkersAsync(["w1", "w2"]);
        var client = cluster.StartClient(
            "load", "--jobs", "2000", "--concurrency", "8", "--job", "sleep:20", "--not-idempotent", "--deadline", "60", "--json");
        await cluster.Ledger.WaitForAsync(100);

        cluster.Balancer.Signal(Signals.Kill);
        await cluster.Balancer.EndedAsync();
        await cluster.RestartBalancerAsync();
        var before = cluster.Ledger.Read().Count;

        var ending = await client.EndedAsync(TimeSpan.FromSeconds(60));
        Assert.True(ending.ExitCode == 0, ending.ToString());
        var summary = LoadSummary.Of(ending);
        output.WriteLine($"{before} done before the balancer was back; {summary}");
        Assert.Equal((2000, 0), (summary.Done, summary.Failed));
        Assert.InRange(before, 100, 1900);
        Assert.Equal(new Dictionary<string, int> { ["w1"] = 5, ["w2"] = 5 }, await cluster.AssignAsync(10));
        cluster.AssertNoStackTraces();
    }
}
