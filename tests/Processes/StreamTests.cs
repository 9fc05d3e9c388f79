using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;

namespace AkkaLb.Processes;

/// <summary>Full, closed and broken standard streams.</summary>
[Collection(SharedCluster.Name)]
public sealed class StreamTests(SharedCluster shared)
{
    private readonly TestCluster _cluster = shared.Cluster;

    [Theory]
    [InlineData(">/dev/full", 1, "standard output cannot be written: No space left on device")]
    [InlineData(">&-", 1, "standard output cannot be written: it is closed")]
    [InlineData("2>/dev/full", 0, null)]
    [InlineData("2>&-", 0, null)]
    public async Task Results_that_cannot_be_written_end_a_client_with_one_line_and_a_log_ends_nothing(string redirection, int exitCode, string? line)
    {
        var client = _cluster.Add(InShell(redirection, "AkkaLb.ClientNode", "--balancer", _cluster.Address, "assign"));

        var ending = await client.EndedAsync();
        Assert.Equal(exitCode, ending.ExitCode);
        Assert.Equal(line is null ? [] : [$"AkkaLb.ClientNode: {line}"], ending.Problems);
        Assert.Equal(exitCode == 0 ? 1 : 0, ending.Output.Count);
    }

    [Fact]
    public async Task A_reader_that_has_had_enough_ends_a_client_quietly()
    {
        var client = _cluster.Add(
            InShell("| head -n 1; exit ${PIPESTATUS[0]}", "AkkaLb.ClientNode", "--balancer", _cluster.Address, "assign", "--count", "100000"));

        var ending = await client.EndedAsync();
        Assert.Equal(141, ending.ExitCode);
        Assert.Empty(ending.Problems);
        Assert.Single(ending.Output);
    }

    [Theory]
    [InlineData("full", ">/dev/full 2>/dev/full")]
    [InlineData("closed", "<&- >&- 2>&-")]
    public async Task A_worker_whose_streams_are_full_or_closed_works_and_ends_in_order(string id, string redirection)
    {
        var worker = _cluster.Add(InShell(redirection, "AkkaLb.WorkerNode", "--id", id, "--balancer", _cluster.Address));
        await _cluster.Balancer.Error.FirstAsync(l => l.Contains($"worker {id} is up", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);

        var ending = await _cluster.ClientAsync("load", "--jobs", "10", "--json");
        worker.Signal(Signals.Terminate);

        Assert.Equal((0, 10), (ending.ExitCode, LoadSummary.Of(ending).Done));
        Assert.Contains(id, LoadSummary.Of(ending).Workers.Keys);
        Assert.Equal(0, (await worker.EndedAsync()).ExitCode);
    }

    private static NodeProcess InShell(string redirection, string program, params string[] arguments)
    {
        var isPipe = redirection.StartsWith('|');
        var command = $"{(isPipe ? "" : "exec ")}dotnet exec '{NodeProcess.AssemblyPath(program)}' "
            + $"{string.Join(' ', arguments.Select(a => $"'{a}'"))} {redirection}";
        return NodeProcess.Start("bash", "-c", command);
    }
}
