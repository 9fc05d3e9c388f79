using System.Diagnostics;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>Three members of etcd, one or two of which go.</summary>
public sealed class ClusterFaultTests(ITestOutputHelper output)
{
    private static readonly string[] Ids = ["w1", "w2"];

    [Fact]
    public async Task The_leader_killed_costs_nobody_its_place_and_changes_continue_at_the_others()
    {
        await using var etcd = await EtcdCluster.StartAsync();
        await using var scene = await FaultScene.StartAsync(output, etcd.Endpoints, leaseTtl: 5);
        await scene.AddWorkersAsync(Ids);
        var keys = await scene.UntilEqualAsync();
        using var bound = new CancellationTokenSource(FaultScene.Bound);
        var leader = await etcd.LeaderAsync(bound.Token);
        var before = await etcd.StatusAsync();
        scene.Note("before", before);
        var killed = Stopwatch.GetTimestamp();

        leader.Kill();
        scene.Etcd.Endpoints = Endpoints(etcd);
        var next = await etcd.LeaderAsync(bound.Token);
        scene.Note("after the leader was killed", await etcd.StatusAsync());
        await scene.UntilNamedAsync(Ids);
        scene.AssertNobodyDropped(killed, Ids);
        // Changes, with one member gone.
        await scene.AddWorkersAsync("w3");
        scene.Worker("w1").Signal(Signals.Terminate);
        await scene.UntilEtcdHoldsAsync("w2", "w3");
        Assert.Equal(keys["w2"], (await scene.UntilEqualAsync())["w2"]);
        // It comes back, and another leader goes.
        await leader.RestartAsync();
        next.Kill();
        scene.Etcd.Endpoints = Endpoints(etcd);
        await etcd.LeaderAsync(bound.Token);
        await scene.UntilNamedAsync("w2", "w3");

        var after = await etcd.StatusAsync();
        scene.Note("after the next leader was killed", after);
        Assert.True(after.Min(s => s.RaftTerm) > before.Max(s => s.RaftTerm), "nobody was elected");
        Assert.Equal(["w2", "w3"], (await scene.UntilEqualAsync()).Keys.Order());
        await scene.AssertRulesHeldAsync();
    }

    [Fact]
    public async Task Quorum_lost_for_longer_than_the_leases_drops_nobody_and_its_return_heals()
    {
        const int leaseTtl = 2;
        await using var etcd = await EtcdCluster.StartAsync();
        await using var scene = await FaultScene.StartAsync(output, etcd.Endpoints, leaseTtl: leaseTtl);
        await scene.AddWorkersAsync(Ids);
        var keys = await scene.UntilEqualAsync();
        scene.Note("before", await etcd.StatusAsync());
        var lost = Stopwatch.GetTimestamp();

        etcd.Members[0].Kill();
        etcd.Members[1].Kill();
        // The one that is left is there and may not say anything: the watch finds out.
        await scene.UntilAsync(s => !s.Watcher.IsConnected);
        foreach (var id in Ids)
        {
            await scene.Worker(id).Error.FirstAsync(l => l.Contains("registering again", StringComparison.Ordinal)).WaitAsync(FaultScene.Bound);
        }

        await scene.UntilNamedAsync(Ids);
        scene.Note("without a quorum", await etcd.StatusAsync());
        await Task.WhenAll(etcd.Members[0].RestartAsync(), etcd.Members[1].RestartAsync());
        foreach (var id in Ids)
        {
            await scene.Worker(id).Error.FirstAsync(l => l.Contains("registered again", StringComparison.Ordinal)).WaitAsync(FaultScene.Bound);
        }

        scene.Note("after", await etcd.StatusAsync());
        var after = await scene.UntilEqualAsync();
        Assert.All(Ids, id => Assert.Equal(keys[id].Incarnation, after[id].Incarnation));
        await scene.UntilNamedAsync(Ids);
        scene.AssertNobodyDropped(lost, Ids);
        await scene.AssertRulesHeldAsync();
    }

    private static string Endpoints(EtcdCluster etcd) => string.Join(',', etcd.Members.Where(m => m.IsRunning).Select(m => m.Endpoint));
}
