using Akka.Actor;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>Akka's split brain resolver with the strategy lease-majority on this lease; the network is cut inside the transport.</summary>
public class LeaseMajorityTests
{
    [Fact]
    public async Task After_a_partition_the_majority_continues_the_minority_downs_itself_and_the_lease_is_given_back()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var cluster = await LeaseMajorityNodes.StartAsync(etcd);

        await cluster.CutOffLastAsync();

        await cluster.Last.System.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(90));
        await Until.So(() => cluster.Majority.All(n => n.Cluster.State.Members.Count == 2), "the majority has removed the minority");
        Assert.All(cluster.Majority, n => Assert.False(n.System.WhenTerminated.IsCompleted));
        await Until.So(async () => !(await etcd.Etcdctl("get", "--prefix", "/akka/leases/")).Contains(
            LeaseMajorityNodes.LeaseName, StringComparison.Ordinal), "the lease is given back");
        Assert.All(cluster.Majority, n => Assert.False(n.System.WhenTerminated.IsCompleted));
    }
}
