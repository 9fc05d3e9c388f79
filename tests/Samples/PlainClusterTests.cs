using System.Globalization;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;

namespace AkkaLb.Samples.Tests;

/// <summary>A cluster that has nothing of AkkaLb but the transport.</summary>
public sealed class PlainClusterTests
{
    /// <summary>To join: a first seed waits 5 s for the others. To move: a node that is killed is unreachable after some seconds, and out of the
    /// cluster after some more.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly int[] _ports = [.. Enumerable.Range(0, 3).Select(_ => FreePorts.Take())];

    [Fact]
    public async Task The_singleton_moves_to_the_next_oldest_node_when_its_own_is_killed_and_when_its_own_leaves()
    {
        await using var oldest = Start(0);
        await SaysAsync(oldest, nodes: 1, counterAt: 0);
        await using var second = Start(1);
        await SaysAsync(second, nodes: 2, counterAt: 0);
        await using var third = Start(2);
        await SaysAsync(third, nodes: 3, counterAt: 0);

        oldest.Signal(Signals.Kill);
        await SaysAsync(second, nodes: 2, counterAt: 1);
        await SaysAsync(third, nodes: 2, counterAt: 1);

        await Sample.TerminateAsync(second);
        await SaysAsync(third, nodes: 1, counterAt: 2);
        await Sample.TerminateAsync(third);
    }

    [Fact]
    public async Task A_node_with_the_standard_transport_joins_and_takes_the_singleton_over()
    {
        await using var pipelines = Start(0);
        await SaysAsync(pipelines, nodes: 1, counterAt: 0);
        await using var standard = Start(1, "--transport", "dot-netty");
        await standard.WaitForLineAsync("transport: Akka.Remote.Transport.DotNetty.TcpTransport");
        await SaysAsync(standard, nodes: 2, counterAt: 0);
        await SaysAsync(pipelines, nodes: 2, counterAt: 0);

        pipelines.Signal(Signals.Interrupt);
        Assert.Equal(0, (await pipelines.EndedAsync()).ExitCode);
        await SaysAsync(standard, nodes: 1, counterAt: 1);
        await Sample.TerminateAsync(standard);
    }

    private NodeProcess Start(int node, params IEnumerable<string> more) =>
        Sample.Start("PlainCluster", [Text(_ports[node]), string.Join(',', _ports.Select(Text)), .. more]);

    private Task<OutputLine> SaysAsync(NodeProcess process, int nodes, int counterAt) =>
        process.WaitForLineAsync($"nodes: {nodes}. The counter at 127.0.0.1:{Text(_ports[counterAt])} says ", Bound);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
