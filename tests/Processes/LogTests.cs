using System.Text.Json;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>What a log says while other nodes come and go.</summary>
[Collection(SharedCluster.Name)]
public sealed class LogTests(SharedCluster shared, ITestOutputHelper output)
{
    [Fact]
    public async Task Without_its_balancer_a_worker_and_a_run_say_so_once_a_run_ends_in_time_and_Akka_says_nothing()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var worker = (await cluster.AddWorkersAsync(["w1"]))[0];
        var client = cluster.StartClient("load", "--for", "8", "--job", "sleep:10", "--deadline", "300");
        await client.Error.FirstAsync(l => l.Contains(" done ", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);

        cluster.Balancer.Signal(Signals.Kill);
        await cluster.Balancer.EndedAsync();
        await client.Error.FirstAsync(l => l.Contains("waiting for a balancer for ", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);
        // Long before its jobs' deadlines.
        var ending = await client.EndedAsync();
        await worker.Error.FirstAsync(l => l.Contains("registering again", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);
        await cluster.RestartBalancerAsync();
        await worker.Error.FirstAsync(l => l.Contains("registered again", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);

        Assert.Equal(3, ending.ExitCode);
        Assert.Contains("no balancer has answered for ", ending.Error[^1], StringComparison.Ordinal);
        // A slow start says that it waits; that is no line of the log.
        var lines = worker.Error.Texts.Where(l => !l.StartsWith("waiting for ", StringComparison.Ordinal)).ToList();
        Assert.Single(lines, l => l.Contains($"the balancer at {cluster.Address} is gone: ", StringComparison.Ordinal));
        Assert.Single(lines, l => l.EndsWith($"info: the balancer at {cluster.Address} is back", StringComparison.Ordinal));
        Assert.All(lines, l => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warn): [^\[]+$", l));
    }

    [Fact]
    public async Task A_log_in_JSON_is_one_object_a_line()
    {
        var line = await shared.Cluster.Balancer.Error.FirstAsync(l => l.Contains("w1", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);

        using var json = JsonDocument.Parse(line.Text);
        Assert.Equal("info", json.RootElement.GetProperty("level").GetString());
    }

    [Fact]
    public async Task A_balancer_that_is_addressed_by_another_name_says_once_which_is_its_own()
    {
        var cluster = shared.Cluster;
        var port = cluster.Address.Split(':')[1];

        var ending = await cluster.Add(NodeProcess.Worker("--id", "w3", "--balancer", $"localhost:{port}", "--wait", "3")).EndedAsync();

        Assert.Equal(3, ending.ExitCode);
        Assert.Contains("goes by another address", Assert.Single(ending.Problems), StringComparison.Ordinal);
        var told = Assert.Single(cluster.Balancer.Error.Texts, l => l.Contains("localhost", StringComparison.Ordinal));
        Assert.Contains(cluster.Address, told, StringComparison.Ordinal);
    }
}
