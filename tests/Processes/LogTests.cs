using System.Text.Json;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>What a log says while other nodes come and go.</summary>
public sealed class LogTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_worker_says_once_that_its_balancer_is_gone_and_once_that_it_is_back_and_Akka_says_nothing()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var worker = (await cluster.AddWorkersAsync(["w1"]))[0];

        cluster.Balancer.Signal(Signals.Terminate);
        await cluster.Balancer.EndedAsync();
        await worker.Error.FirstAsync(l => l.Contains("registering again", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);
        await cluster.RestartBalancerAsync();
        await worker.Error.FirstAsync(l => l.Contains("registered again", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);

        var lines = worker.Error.Texts;
        Assert.Single(lines, l => l.Contains($"the balancer at {cluster.Address} is gone: ", StringComparison.Ordinal));
        Assert.Single(lines, l => l.EndsWith($"info: the balancer at {cluster.Address} is back", StringComparison.Ordinal));
        Assert.All(lines, l => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warn): [^\[]+$", l));
    }

    [Fact]
    public async Task A_log_in_JSON_is_one_object_a_line()
    {
        await using var cluster = await TestCluster.StartAsync(output, "round-robin", "--log-format", "json");
        await cluster.AddWorkersAsync(["w1"]);

        var line = await cluster.Balancer.Error.FirstAsync(l => l.Contains("w1", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);

        using var json = JsonDocument.Parse(line.Text);
        Assert.Equal("info", json.RootElement.GetProperty("level").GetString());
    }

    [Fact]
    public async Task A_balancer_that_is_addressed_by_another_name_says_once_which_is_its_own()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var port = cluster.Address.Split(':')[1];

        var ending = await cluster.Add(NodeProcess.Worker("--id", "w1", "--balancer", $"localhost:{port}", "--wait", "3")).EndedAsync();

        Assert.Equal(3, ending.ExitCode);
        Assert.Contains("goes by another address", Assert.Single(ending.Problems), StringComparison.Ordinal);
        var told = Assert.Single(cluster.Balancer.Error.Texts, l => l.Contains("localhost", StringComparison.Ordinal));
        Assert.Contains(cluster.Address, told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_says_that_it_waits_for_a_balancer_and_ends_in_time_without_one()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        await cluster.AddWorkersAsync(["w1"]);
        var client = cluster.StartClient("load", "--for", "8", "--job", "sleep:10", "--deadline", "300");
        await client.Error.FirstAsync(l => l.Contains(" done ", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);

        cluster.Balancer.Signal(Signals.Kill);
        await client.Error.FirstAsync(l => l.Contains("waiting for a balancer for ", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);

        // Long before its jobs' deadlines.
        var ending = await client.EndedAsync();
        Assert.Equal(3, ending.ExitCode);
        Assert.Contains("no balancer has answered for ", ending.Error[^1], StringComparison.Ordinal);
    }
}
