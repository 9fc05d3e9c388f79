using System.Text.Json;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>The client's verb <c>events</c>.</summary>
public sealed class EventsCommandTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Events_of_a_balancer_are_told_and_followed_until_they_are_interrupted()
    {
        await using var cluster = await TestCluster.StartAsync(output, "round-robin", "--id", "b-1");
        await cluster.AddWorkersAsync(["w1"]);

        var told = await cluster.ClientAsync("events");
        output.WriteLine(told.ToString());
        Assert.Equal(0, told.ExitCode);
        Assert.Empty(told.Problems);
        Assert.Collection(
            told.Output,
            line => Assert.EndsWith(" info b-1 0 workers are registered", line, StringComparison.Ordinal),
            line => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info b-1 worker w1 is up at ", line));

        var following = cluster.Add(NodeProcess.Client("--balancer", cluster.Address, "events", "--follow", "--json"));
        await following.WaitForLineAsync("{");
        await cluster.AddWorkersAsync(["w2"]);
        await following.Output.FirstAsync(line => line.Contains("worker w2 is up", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);

        following.Signal(Signals.Interrupt);
        var ending = await following.EndedAsync();
        Assert.Equal(0, ending.ExitCode);
        Assert.Empty(ending.Problems);
        var events = ending.Output.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal([1, 2, 3], events.Select(e => e.GetProperty("number").GetInt32()));
        Assert.All(events, e => Assert.Equal("b-1", e.GetProperty("balancer").GetString()));
    }

    [Fact]
    public async Task A_balancer_that_does_not_answer_is_named_and_the_others_are_told()
    {
        await using var cluster = await TestCluster.StartAsync(output, "round-robin");
        await cluster.AddWorkersAsync(["w1"]);
        var nobody = FreePorts.Take();

        var told = await cluster.Add(NodeProcess.Client("--balancer", $"{cluster.Address},127.0.0.1:{nobody}", "events")).EndedAsync();

        output.WriteLine(told.ToString());
        Assert.Equal(1, told.ExitCode);
        Assert.Contains(told.Output, line => line.Contains("worker w1 is up", StringComparison.Ordinal));
        Assert.Contains(told.Error, line => line.EndsWith($"127.0.0.1:{nobody} did not answer within 3 s", StringComparison.Ordinal));
    }
}
