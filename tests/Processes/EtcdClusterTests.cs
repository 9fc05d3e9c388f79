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
    public async Task Etcd_holds_the_balancer_and_the_workers_and_a_client_that_knows_only_etcd_finds_them()
    {
        // Told no balancer: the fixed list of TestCluster's workers would hide whether it is found.
        var worker = _cluster.Add(NodeProcess.Worker("--id", "alone", "--etcd", _etcd.Endpoint));
        await worker.WaitForLineAsync("ready worker alone ");
        await _cluster.AddWorkersAsync(Ids, "--etcd", _etcd.Endpoint);

        var keys = await KeysAsync();
        var client = _cluster.Add(NodeProcess.Client("--etcd", _etcd.Endpoint, "assign", "--count", "4"));
        var ending = await client.EndedAsync();

        output.WriteLine(string.Join(", ", keys));
        Assert.Equal(["alone", .. Ids], keys.Where(k => k.StartsWith("/akkalb/workers/", StringComparison.Ordinal)).Select(k => k["/akkalb/workers/".Length..]));
        Assert.Single(keys, k => k.StartsWith("/akkalb/balancers/", StringComparison.Ordinal));
        Assert.Equal(5, keys.Count);
        Assert.True(ending.ExitCode == 0, ending.ToString());
        Assert.Equal(["alone", .. Ids], ending.Output.Select(l => l.Split(' ')[1]).Order());
        _cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task Killed_worker_is_named_no_more_once_etcd_has_dropped_its_key()
    {
        var workers = await _cluster.AddWorkersAsync(Ids, "--etcd", _etcd.Endpoint, "--lease-ttl", "3");
        var watch = await WatchAsync("/akkalb/workers/w2");
        await using var assignments = await Assignments.AskAsync(_cluster.Address);
        await assignments.UntilAsync(AllNamed);

        var killed = Stopwatch.GetTimestamp();
        workers[1].Signal(Signals.Kill);
        var gone = (await watch.WaitForLineAsync("DELETE")).At;
        await assignments.UntilAsync(a => a.Count >= 100);

        var last = assignments.Answers.Last(a => a.Worker == "w2");
        output.WriteLine($"key gone {Ms(killed, gone)} ms after the kill; last named {Ms(gone, last.AnsweredAt)} ms after that (asked {Ms(gone, last.AskedAt)} ms)");
        Assert.InRange(Ms(gone, last.AskedAt), double.NegativeInfinity, 100);
        assignments.AssertAllAnswered();
        Assert.Equal(["/akkalb/workers/w1", "/akkalb/workers/w3"], (await KeysAsync()).Where(k => k.Contains("/workers/", StringComparison.Ordinal)));
        _cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task Worker_told_to_stop_is_named_no_more_at_once()
    {
        var workers = await _cluster.AddWorkersAsync(Ids, "--etcd", _etcd.Endpoint);
        var watch = await WatchAsync("/akkalb/workers/w2");
        await using var assignments = await Assignments.AskAsync(_cluster.Address);
        await assignments.UntilAsync(AllNamed);

        var told = Stopwatch.GetTimestamp();
        workers[1].Signal(Signals.Terminate);
        var gone = (await watch.WaitForLineAsync("DELETE")).At;
        await assignments.UntilAsync(a => a.Count >= 100);
        var ending = await workers[1].EndedAsync();

        var last = assignments.Answers.Last(a => a.Worker == "w2");
        output.WriteLine($"last named {Ms(told, last.AnsweredAt)} ms after the signal; key gone {Ms(told, gone)} ms after it");
        Assert.Equal(0, ending.ExitCode);
        Assert.InRange(Ms(told, last.AnsweredAt), double.NegativeInfinity, 2000);
        Assert.InRange(Ms(told, gone), 0, 2000);
        assignments.AssertAllAnswered();
        _cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task Restart_of_etcd_takes_no_worker_out()
    {
        const int leaseTtl = 3;
        await _cluster.AddWorkersAsync(Ids, "--etcd", _etcd.Endpoint, "--lease-ttl", $"{leaseTtl}");
        await using var assignments = await Assignments.AskAsync(_cluster.Address);
        await assignments.UntilAsync(AllNamed);
        var created = await CreatedAsync();

        _etcd.Kill();
        await assignments.UntilAsync(AllNamed);
        await _etcd.RestartAsync();
        // A key that nobody keeps alive, granted longer than the workers' and after the restart: when it is gone, theirs live by renewals.
        var lease = (await _etcd.Etcdctl("lease", "grant", $"{leaseTtl + 2}")).Split(' ')[1];
        await _etcd.Etcdctl("put", "--lease", lease, "/unkept", "");
        var watch = await WatchAsync("/unkept");
        await watch.WaitForLineAsync("DELETE");
        await assignments.UntilAsync(AllNamed);

        Assert.Equal(created, await CreatedAsync());
        assignments.AssertAllAnswered();
        output.WriteLine($"{assignments.Answers.Count} assignments, all answered: {string.Join(", ", assignments.Answers.CountBy(a => a.Worker!))}");
        Assert.Equal(Ids, assignments.Answers.Select(a => a.Worker!).Distinct().Order());
        _cluster.AssertNoStackTraces();
    }

    private static bool AllNamed(IReadOnlyList<Assignments.Answer> answers) => Ids.All(id => answers.Count(a => a.Worker == id) >= 5);

    private static double Ms(long from, long to) => Math.Round(Stopwatch.GetElapsedTime(from, to).TotalMilliseconds, 1);

    private async Task<IReadOnlyList<string>> KeysAsync() =>
        (await _etcd.Etcdctl("get", "--prefix", "/akkalb", "--keys-only")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The create revision of each worker's key: another one would be another registration.</summary>
    private async Task<IReadOnlyList<string>> CreatedAsync() =>
        [.. (await _etcd.Etcdctl("get", "--prefix", "/akkalb/workers/", "-w", "fields")).Split('\n').Where(l => l.StartsWith("\"Key\"", StringComparison.Ordinal) || l.StartsWith("\"CreateRevision\"", StringComparison.Ordinal))];

    /// <summary>A watch of one key by etcdctl, from the beginning, that has said it is there.</summary>
    private async Task<NodeProcess> WatchAsync(string key)
    {
        var watch = _cluster.Add(NodeProcess.Start(EtcdBinaries.Etcdctl, "--endpoints", _etcd.Endpoint, "watch", key, "--rev", "1"));
        await watch.WaitForLineAsync("PUT");
        return watch;
    }
}
