using Akka.Actor;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>Akka's split brain resolver with the strategy lease-majority on this lease; the network is cut inside the transport.</summary>
public class LeaseMajorityTests
{
    private const string LeaseName = $"{ClusterNode.SystemName}-akka-sbr";

    /// <summary>The majority has to keep the lease until the minority has tried, however much later that noticed the partition: given back earlier, both would stay.</summary>
    private const string LeaseMajority = """
        akka.cluster {
          downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
          split-brain-resolver {
            active-strategy = lease-majority
            lease-majority { lease-implementation = "akka.coordination.lease.etcd", acquire-lease-delay-for-minority = 4s, release-after = 20s }
          }
        }
        """;

    [Fact]
    public async Task After_a_partition_the_majority_continues_the_minority_downs_itself_and_the_lease_is_given_back()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var cluster = await Nodes.StartAsync(etcd);

        await cluster.CutOffLastAsync();

        await cluster.Last.System.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(90));
        await Until.So(() => cluster.Majority.All(n => n.Cluster.State.Members.Count == 2), "the majority has removed the minority");
        Assert.All(cluster.Majority, n => Assert.False(n.System.WhenTerminated.IsCompleted));
        await Until.So(async () => !(await etcd.Etcdctl("get", "--prefix", "/akka/leases/")).Contains(LeaseName, StringComparison.Ordinal), "the lease is given back");
        Assert.All(cluster.Majority, n => Assert.False(n.System.WhenTerminated.IsCompleted));
    }

    [Fact]
    public async Task After_a_partition_while_somebody_else_holds_the_lease_both_sides_down_themselves()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var outside = LeaseHost.Start(etcd);
        Assert.True(await outside.Lease(LeaseName, "outside").Acquire());
        await using var cluster = await Nodes.StartAsync(etcd);

        await cluster.CutOffLastAsync();

        await Task.WhenAll(cluster.All.Select(n => n.System.WhenTerminated)).WaitAsync(TimeSpan.FromSeconds(90));
    }

    private sealed class Nodes(ClusterNode[] nodes) : IAsyncDisposable
    {
        public ClusterNode[] All => nodes;

        public ClusterNode[] Majority => nodes[..^1];

        public ClusterNode Last => nodes[^1];

        public static async Task<Nodes> StartAsync(EtcdProcess etcd)
        {
            var first = await ClusterNode.StartAsync(etcd, LeaseMajority, seed: null);
            var nodes = new Nodes([first, await ClusterNode.StartAsync(etcd, LeaseMajority, first), await ClusterNode.StartAsync(etcd, LeaseMajority, first)]);
            await Until.So(
                () => nodes.All.All(n => n.Cluster.State.Members.Count(m => m.Status == Akka.Cluster.MemberStatus.Up) == nodes.All.Length), "all nodes are up");
            return nodes;
        }

        public async Task CutOffLastAsync()
        {
            foreach (var node in Majority)
            {
                await node.CutOffAsync(Last);
                await Last.CutOffAsync(node);
            }
        }

        public async ValueTask DisposeAsync() => await Task.WhenAll(nodes.Select(n => n.DisposeAsync().AsTask()));
    }
}
