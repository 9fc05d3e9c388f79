using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>An id used twice, a worker and a balancer that come back.</summary>
public sealed class RestartTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Second_worker_with_an_id_in_use_exits_3_and_the_first_continues()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        await cluster.AddWorkersAsync(["w1"], "--lease-ttl", "3");

        var second = await cluster.StartWorker("w1", "--lease-ttl", "3").EndedAsync();

        output.WriteLine(second.ToString());
        Assert.Equal(3, second.ExitCode);
        Assert.Empty(second.Output);
        Assert.Contains("w1", Assert.Single(second.Problems), StringComparison.Ordinal);
        Assert.Equal(new Dictionary<string, int> { ["w1"] = 10 }, await cluster.AssignAsync(10));
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task Worker_that_was_killed_comes_back_under_its_id_when_its_lease_has_run_out()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var first = (await cluster.AddWorkersAsync(["w1"], "--lease-ttl", "3"))[0];
        first.Signal(Signals.Kill);

        await cluster.AddWorkersAsync(["w1"], "--lease-ttl", "3");

        var ending = await cluster.ClientAsync("load", "--jobs", "20", "--json");
        Assert.True(ending.ExitCode == 0, ending.ToString());
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task Load_outlives_a_balancer_that_is_killed_and_started_again()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        await cluster.AddWorkersAsync(["w1", "w2"]);
        var client = cluster.StartClient("load", "--for", "10", "--concurrency", "8", "--job", "sleep:20", "--not-idempotent", "--deadline", "60", "--json");
        await cluster.Ledger.WaitForAsync(100);

        cluster.Balancer.Signal(Signals.Kill);
        await cluster.Balancer.EndedAsync();
        await cluster.RestartBalancerAsync();
        var before = cluster.Ledger.Read().Count;

        var ending = await client.EndedAsync(TimeSpan.FromSeconds(60));
        Assert.True(ending.ExitCode == 0, ending.ToString());
        var summary = LoadSummary.Of(ending);
        output.WriteLine($"{before} done before the balancer was back; {summary}");
        Assert.Equal(0, summary.Failed);
        Assert.True(summary.Done > before + 100, "nothing to speak of was done after the restart");
        Assert.Equal(new Dictionary<string, int> { ["w1"] = 5, ["w2"] = 5 }, await cluster.AssignAsync(10));
        cluster.AssertNoStackTraces();
    }
}
