using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>Three nodes of a cluster with Akka's split brain resolver and its strategy lease-majority on this lease; the network is cut inside
/// the transport.</summary>
internal sealed class LeaseMajorityNodes(ClusterNode[] nodes) : IAsyncDisposable
{
    public const string LeaseName = $"{ClusterNode.SystemName}-akka-sbr";

    /// <summary>The majority has to keep the lease until the minority has tried, however much later that noticed the partition: given back
    /// earlier, both would stay.</summary>
    private const string LeaseMajority = """
        akka.cluster {
          downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
          split-brain-resolver {
            active-strategy = lease-majority
            lease-majority { lease-implementation = "akka.coordination.lease.etcd", acquire-lease-delay-for-minority = 4s, release-after = 20s }
          }
        }
        """;

    public ClusterNode[] All => nodes;

    public ClusterNode[] Majority => nodes[..^1];

    public ClusterNode Last => nodes[^1];

    public static async Task<LeaseMajorityNodes> StartAsync(EtcdProcess etcd)
    {
        var first = await ClusterNode.StartAsync(etcd, LeaseMajority, seed: null);
        var nodes = new LeaseMajorityNodes(
            [first, await ClusterNode.StartAsync(etcd, LeaseMajority, first), await ClusterNode.StartAsync(etcd, LeaseMajority, first)]);
        await Until.So(
            () => nodes.All.All(n => n.Cluster.State.Members.Count(
                m => m.Status == Akka.Cluster.MemberStatus.Up) == nodes.All.Length), "all nodes are up");
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
