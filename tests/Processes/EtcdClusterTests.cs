using System.Diagnostics;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>The three programs with a real etcd.</summary>
[Collection(Alone.Name)]
public sealed class EtcdClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly string[] Ids = ["w1", "w2", "w3"];
    private static readonly string[] All = ["alone", .. Ids];

    private EtcdProcess _etcd = null!;
    private TestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        try
        {
            _cluster = await TestCluster.StartAsync(output, "round-robin", "--etcd", _etcd.Endpoint);
        }
        catch
        {
            await _etcd.DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task Etcd_tells_where_the_balancer_and_the_workers_are_and_who_has_left_or_died_is_named_no_more()
    {
        // Told no balancer: the fixed list of TestCluster's workers would hide whether it is found.
        var worker = _cluster.Add(NodeProcess.Worker("--id", "alone", "--etcd", _etcd.Endpoint));
        await worker.WaitForLineAsync("ready worker alone ");
        var workers = await _cluster.AddWorkersAsync(Ids, "--etcd", _etcd.Endpoint, "--lease-ttl", "3");
        await AssertAllFoundAsync();
        await using var assignments = await Assignments.AskAsync(_cluster.Address);
        await assignments.UntilAsync(a => AreNamed(a, All));

        // One is told to stop: it is named no more at once.
        var watch = await WatchAsync("/akkalb/workers/w1");
        var told = Stopwatch.GetTimestamp();
        workers[0].Signal(Signals.Terminate);
        var gone = (await watch.WaitForLineAsync("DELETE")).At;
        await assignments.UntilAsync(a => a.Count >= 100);
        var last = assignments.Answers.Last(a => a.Worker == "w1");
        output.WriteLine($"told to stop: last named {Ms(told, last.AnsweredAt)} ms after the signal; key gone {Ms(told, gone)} ms after it");
        Assert.Equal(0, (await workers[0].EndedAsync()).ExitCode);
        Assert.InRange(Ms(told, last.AnsweredAt), double.NegativeInfinity, 2000);
        Assert.InRange(Ms(told, gone), 0, 2000);

        // One is killed: it is named until etcd has dropped its key.
        watch = await WatchAsync("/akkalb/workers/w2");
        var killed = Stopwatch.GetTimestamp();
        workers[1].Signal(Signals.Kill);
        gone = (await watch.WaitForLineAsync("DELETE")).At;
        await assignments.UntilAsync(a => a.Count >= 100);
        last = assignments.Answers.Last(a => a.Worker == "w2");
        output.WriteLine($"killed: key gone {Ms(killed, gone)} ms after it; last named {Ms(gone, last.AnsweredAt)} ms after that (asked "
            + $"{Ms(gone, last.AskedAt)} ms)");
        Assert.InRange(Ms(gone, last.AskedAt), double.NegativeInfinity, 100);
        Assert.Equal(["/akkalb/workers/alone", "/akkalb/workers/w3"], (await KeysAsync()).Where(
            k => k.Contains("/workers/", StringComparison.Ordinal)));
        assignments.AssertAllAnswered();
        _cluster.AssertNoStackTraces();
    }

    private static bool AreNamed(IReadOnlyList<Assignments.Answer> answers, string[] ids) => ids.All(id => answers.Count(a => a.Worker == id) >= 5);

    private async Task AssertAllFoundAsync()
    {
        var keys = await KeysAsync();
        var client = _cluster.Add(NodeProcess.Client("--etcd", _etcd.Endpoint, "assign", "--count", "4"));
        var ending = await client.EndedAsync();

        output.WriteLine(string.Join(", ", keys));
        Assert.Equal(All, keys.Where(k => k.StartsWith("/akkalb/workers/", StringComparison.Ordinal)).Select(k => k["/akkalb/workers/".Length..]));
        Assert.Single(keys, k => k.StartsWith("/akkalb/balancers/", StringComparison.Ordinal));
        Assert.Equal(All.Length + 1, keys.Count);
        Assert.True(ending.ExitCode == 0, ending.ToString());
        Assert.Equal(All, ending.Output.Select(l => l.Split(' ')[1]).Order());
    }

    private static double Ms(long from, long to) => Math.Round(Stopwatch.GetElapsedTime(from, to).TotalMilliseconds, 1);

    private async Task<IReadOnlyList<string>> KeysAsync() =>
        (await _etcd.Etcdctl("get", "--prefix", "/akkalb", "--keys-only")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A watch of one key by etcdctl, from the beginning, that has said it is there.</summary>
    private async Task<NodeProcess> WatchAsync(string key)
    {
        var watch = _cluster.Add(NodeProcess.Start(EtcdBinaries.Etcdctl, "--endpoints", _etcd.Endpoint, "watch", key, "--rev", "1"));
        await watch.WaitForLineAsync("PUT");
        return watch;
    }
}
