using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Transport;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>A node of an in-process cluster over loopback, whose traffic to another node can be cut.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    public const string SystemName = "cluster";

    private ClusterNode(ActorSystem system) => System = system;

    public ActorSystem System { get; }

    public Cluster Cluster => Cluster.Get(System);

    public Address Address => Cluster.SelfAddress;

    public static async Task<ClusterNode> StartAsync(EtcdProcess etcd, string overrides, ClusterNode? seed)
    {
        var config = ConfigurationFactory.ParseString(overrides)
            .WithFallback(ConfigurationFactory.ParseString("""
                akka.actor.provider = cluster
                akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, applied-adapters = ["trttl"] }
                akka.cluster {
                  failure-detector { heartbeat-interval = 500ms, acceptable-heartbeat-pause = 3s }
                  split-brain-resolver.stable-after = 3s
                }
                akka.coordinated-shutdown { exit-clr = off, terminate-actor-system = on }
                """))
            .WithFallback(LeaseHost.ConfigFor(etcd))
            .WithFallback(ClusterSingleton.DefaultConfig());
        var node = new ClusterNode(ActorSystem.Create(SystemName, config));
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await node.Cluster.JoinAsync(seed?.Address ?? node.Address, bound.Token);
        return node;
    }

    /// <summary>Starts a singleton manager; the same name on every node.</summary>
    public void StartSingleton(Props props, string name) =>
        System.ActorOf(ClusterSingletonManager.Props(props, PoisonPill.Instance, ClusterSingletonManagerSettings.Create(System)), name);

    /// <summary>Nothing comes from there and nothing gets there any more, though no connection breaks.</summary>
    public Task CutOffAsync(ClusterNode other) =>
        ((IRemoteActorRefProvider)((ExtendedActorSystem)System).Provider).Transport.ManagementCommand(
            new SetThrottle(other.Address, ThrottleTransportAdapter.Direction.Both, Blackhole.Instance));

    public async ValueTask DisposeAsync() => await System.Terminate();
}
