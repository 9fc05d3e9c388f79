using System.Runtime.CompilerServices;
using System.Diagnostics;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>Somebody writes below the prefix by hand while every lease lives on.</summary>
public sealed class LostEntryTests(ITestOutputHelper output)
{
    private const int TtlSeconds = 5;
    private static readonly string[] Keys = ["/akkalb/balancers/b1", "/akkalb/workers/w1", "/akkalb/workers/w2"];

    [Fact]
    public async Task With_the_whole_prefix_deleted_everybody_is_back_within_two_ttls_and_no_job_is_lost()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var cluster = await TestCluster.StartAsync(output, "round-robin", "--etcd", etcd.Endpoint, "--id", "b1");
        var workers = await cluster.AddWorkersAsync(["w1", "w2"], "--etcd", etcd.Endpoint, "--lease-ttl", $"{TtlSeconds}");
        var load = cluster.StartClient("load", "--for", $"{3 * TtlSeconds}", "--concurrency", "8", "--job", "sleep:20", "--not-idempotent", "--json");
        await cluster.Ledger.WaitForAsync(100);
        Assert.Equal(Keys, await KeysAsync(etcd));
        var leases = await LeasesAsync(etcd);

        var deleted = Stopwatch.GetTimestamp();
        await etcd.Etcdctl("del", "--prefix", "/akkalb/");
        foreach (var worker in workers)
        {
            await worker.Error.FirstAsync(l => l.EndsWith("registered again", StringComparison.Ordinal)).WaitAsync(FaultScene.Bound);
        }

        await UntilAsync(async () => (await KeysAsync(etcd)).SequenceEqual(Keys));
        var back = Stopwatch.GetElapsedTime(deleted);
        var ending = await load.EndedAsync(FaultScene.Bound);

        var summary = LoadSummary.Of(ending);
        output.WriteLine($"everybody back after {back.TotalSeconds:0.0} s; load: {summary}");
        Assert.InRange(back, TimeSpan.Zero, TimeSpan.FromSeconds(2 * TtlSeconds));
        Assert.Equal(leases, await LeasesAsync(etcd));
        Assert.True(ending.ExitCode == 0, ending.ToString());
        Assert.Equal((0, 0), (summary.Failed, summary.NotDone));
        Assert.Equal(summary.Done, cluster.Ledger.Read().Select(e => e.Job).Distinct().Count());
        Assert.All(workers, w => Assert.Contains(
            w.Error.Texts, l => l.EndsWith("this worker's entry is gone from the registry; putting it back", StringComparison.Ordinal)));
        // Both work again: the balancer knows them.
        Assert.Equal(["w1", "w2"], (await cluster.AssignAsync(4)).Keys.Order());
        cluster.AssertNoStackTraces();
    }

    private static async Task<string[]> KeysAsync(EtcdProcess etcd) =>
        (await etcd.Etcdctl("get", "--prefix", "/akkalb/", "--keys-only")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<string> LeasesAsync(EtcdProcess etcd) =>
        string.Join('\n', (await etcd.Etcdctl("lease", "list")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());

    private static Task UntilAsync(Func<Task<bool>> isSo, [CallerArgumentExpression(nameof(isSo))] string what = "") =>
        Waiting.UntilAsync(isSo, FaultScene.Bound, TimeSpan.FromMilliseconds(50), what);
}
