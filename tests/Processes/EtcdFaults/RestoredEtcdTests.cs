using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>An etcd that goes back in time.</summary>
public sealed class RestoredEtcdTests(ITestOutputHelper output)
{
    [Fact]
    public async Task An_etcd_restored_from_an_older_snapshot_is_believed_and_its_workers_register_again()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var scene = await FaultScene.StartAsync(output, etcd.Endpoint);
        await scene.AddWorkersAsync("w1", "w2");
        var backup = await etcd.BackUpAsync();
        var backedUp = await etcd.StatusAsync();
        await scene.AddWorkersAsync("w3");
        scene.Worker("w2").Signal(Signals.Terminate);
        await scene.UntilEtcdHoldsAsync("w1", "w3");
        // So that the restored store does not overtake the balancer's revision before the balancer has looked.
        await etcd.SpendRevisionsAsync(30);
        var keys = await scene.UntilEqualAsync();
        var (before, watcher) = (await etcd.StatusAsync(), (await scene.Balancer.AskAsync()).Watcher);
        scene.Note("backed up", backedUp);
        scene.Note("before", before);

        await etcd.RestoreAsync(backup);
        await scene.UntilNamedAsync("w1", "w3");
        await etcd.RestartAsync();
        var after = await etcd.StatusAsync();
        scene.Note("after", after);
        // The same cluster and the same member, at an earlier revision: only that shows it.
        Assert.Equal((before.ClusterId, before.MemberId), (after.ClusterId, after.MemberId));
        Assert.InRange(after.Revision, 1, before.Revision - 20);
        await scene.UntilAsync(s => s.Watcher.IsConnected && s.Watcher.Resyncs > watcher.Resyncs);

        // w2 is in the backup and gone: it comes back with its lease and goes with it. w3 is not in it, and registers again.
        await scene.UntilEtcdHoldsAsync("w1", "w3");
        var restored = await scene.UntilEqualAsync();
        Assert.Equal(["w1", "w3"], restored.Keys.Order());
        Assert.All(restored, r => Assert.Equal(keys[r.Key].Incarnation, r.Value.Incarnation));
        await scene.UntilNamedAsync("w1", "w3");
        await scene.AssertRulesHeldAsync();
    }
}
