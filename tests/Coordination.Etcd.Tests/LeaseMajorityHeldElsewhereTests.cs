using Akka.Actor;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>The lease of the strategy lease-majority is with neither side. A class of its own, so that it runs beside the other partition.</summary>
public class LeaseMajorityHeldElsewhereTests
{
    [Fact]
    public async Task After_a_partition_while_somebody_else_holds_the_lease_both_sides_down_themselves()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var outside = LeaseHost.Start(etcd);
        Assert.True(await outside.Lease(LeaseMajorityNodes.LeaseName, "outside").Acquire());
        await using var cluster = await LeaseMajorityNodes.StartAsync(etcd);

        await cluster.CutOffLastAsync();

        await Task.WhenAll(cluster.All.Select(n => n.System.WhenTerminated)).WaitAsync(TimeSpan.FromSeconds(90));
    }
}
