using System.Diagnostics;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>One etcd that goes away and comes back on its data.</summary>
public sealed class RestartFaultTests(ITestOutputHelper output)
{
    private static readonly string[] Ids = ["w1", "w2", "w3"];

    [Fact]
    public async Task Etcd_restarted_drops_nobody_and_every_lease_lives_on()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var scene = await FaultScene.StartAsync(output, etcd.Endpoint, leaseTtl: 5);
        await scene.AddWorkersAsync(Ids);
        var (before, keys) = (await etcd.StatusAsync(), await scene.UntilEqualAsync());
        scene.Note("before", before);
        var killed = Stopwatch.GetTimestamp();

        etcd.Kill();
        await scene.UntilNamedAsync(Ids);
        await etcd.RestartAsync();
        var restarted = Stopwatch.GetTimestamp();
        // A watch that resumes at its first try tells nothing; that etcd has been heard since the restart is seen by the age of the proof.
        await scene.UntilAsync(s => s.Watcher is { IsConnected: true, ProofAge: { } age } && age < Stopwatch.GetElapsedTime(restarted));
        await scene.UntilNamedAsync(Ids);

        var after = await etcd.StatusAsync();
        scene.Note("after", after);
        Assert.Equal((before.MemberId, before.ClusterId), (after.MemberId, after.ClusterId));
        Assert.NotEqual(before.Pid, after.Pid);
        // The very same keys under the very same leases: nobody had to register again.
        Assert.Equal(keys, await scene.UntilEqualAsync());
        scene.AssertNobodyDropped(killed, Ids);
        await scene.AssertRulesHeldAsync();
    }

    [Fact]
    public async Task Etcd_down_for_longer_than_the_leases_drops_nobody_and_the_workers_register_again_as_who_they_were()
    {
        const int leaseTtl = 2;
        await using var etcd = await EtcdProcess.StartAsync();
        await using var scene = await FaultScene.StartAsync(output, etcd.Endpoint, leaseTtl: leaseTtl);
        await scene.AddWorkersAsync(Ids);
        var (before, keys) = (await etcd.StatusAsync(), await scene.UntilEqualAsync());
        scene.Note("before", before);
        var killed = Stopwatch.GetTimestamp();

        etcd.Kill();
        // Each worker counts its lease as lost by its own clock, twice the time to live has passed, and all are named all the same.
        foreach (var id in Ids)
        {
            await scene.Worker(id).Error.FirstAsync(l => l.Contains("registering again", StringComparison.Ordinal)).WaitAsync(FaultScene.Bound);
        }

        await scene.Assignments.UntilAsync(_ => Stopwatch.GetElapsedTime(killed).TotalSeconds > 2 * leaseTtl, FaultScene.Bound);
        await scene.UntilNamedAsync(Ids);
        scene.Note($"etcd is down for {Stopwatch.GetElapsedTime(killed).TotalSeconds:0.0} s, leases of {leaseTtl} s, and everybody is named");
        await etcd.RestartAsync();
        foreach (var id in Ids)
        {
            await scene.Worker(id).Error.FirstAsync(l => l.Contains("registered again", StringComparison.Ordinal)).WaitAsync(FaultScene.Bound);
        }

        scene.Note("after", await etcd.StatusAsync());
        var after = await scene.UntilEqualAsync();
        Assert.Equal(Ids, after.Keys.Order());
        Assert.All(Ids, id => Assert.Equal(keys[id].Incarnation, after[id].Incarnation));
        Assert.All(Ids, id => Assert.NotEqual(keys[id].Lease, after[id].Lease));
        await scene.UntilNamedAsync(Ids);
        scene.AssertNobodyDropped(killed, Ids);
        await scene.AssertRulesHeldAsync();
    }
}
