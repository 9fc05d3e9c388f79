using Akka.Actor;
using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.Singleton;
using Akka.Coordination;
using AkkaLb.Balancing;
using AkkaLb.Coordination.Etcd;
using AkkaLb.Core.Balancing;
using AkkaLb.Registry;
using AkkaLb.Remoting;

namespace AkkaLb.Balancer;

/// <summary>A balancer's part in a cluster of balancers: its actors, what they promise, and how it leaves.</summary>
public sealed class ClusterNode
{
    /// <summary>Name of the singleton's manager below <c>/user</c>; part of <see cref="Clusters.ClusterConfig.DecidingPath"/>.</summary>
    public const string ManagerName = "deciding";

    private const string ProxyName = "deciding-proxy";

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ActorSystem _system;
    private readonly IClusterRegistry _registry;
    private readonly Props _formerProps;
    private IActorRef? _former;

    private ClusterNode(
        ActorSystem system, string id, ClusterSettings settings, IClusterRegistry registry, ServiceRules rules, Random random)
    {
        (_system, _registry) = (system, registry);
        var top = TopActors.Of(system);
        var receptionist = ClusterClientReceptionist.Get(system);
        var proxy = top.Start(
            ClusterSingletonProxy.Props(
                $"/user/{ManagerName}", ClusterSingletonProxySettings.Create(system).WithSingletonName(BalancerActor.ActorName)),
            ProxyName);
        Front = top.Start(BalancerFront.Props(id, rules.Policies, proxy, receptionist.RegisterService), BalancerActor.ActorName);
        receptionist.RegisterService(Front);

        // The lease keeps two apart, so nobody has to wait a margin after a member was removed.
        var singleton = ClusterSingletonManagerSettings.Create(system)
            .WithSingletonName(BalancerActor.ActorName)
            .WithRemovalMargin(TimeSpan.FromMilliseconds(1));
        var right = RightOf(system, singleton.LeaseSettings);
        top.Start(
            ClusterSingletonManager.Props(
                BalancerActor.Props(id, rules, random, right, Front), StopDeciding.Instance, singleton),
            ManagerName);
        _formerProps = ClusterFormer.Props(registry, rules.Policies, settings.Formation, _ready, _ended);
    }

    /// <summary>Stands at <c>/user/balancer</c>.</summary>
    public IActorRef Front { get; }

    /// <summary>Completed when the node is in the cluster, some time after <see cref="Join"/>.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completed with a sentence when the node must end.</summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>Starts the actors, outside any cluster yet; the system has been given <see cref="ClusterSettings.ToAkka"/>.</summary>
    /// <param name="id">Its name in etcd.</param>
    /// <param name="registry">Used by this node alone, and to be disposed after it.</param>
    public static ClusterNode Start(
        ActorSystem system, string id, ClusterSettings settings, IClusterRegistry registry, ServiceRules rules, Random random) =>
        new(system, id, settings, registry, rules, random);

    /// <summary>Forms or joins the cluster; to be called once, by a node that is sure of its id.</summary>
    public void Join() => _former = TopActors.Of(_system).Start(_formerProps, ClusterFormer.ActorName);

    /// <summary>Takes the node's entry out of the registry, so that nobody joins through it any more.</summary>
    /// <param name="timeout">For the actor that keeps the entry, to end; if it does not, the entry stays until its lease runs out.</param>
    public async Task WithdrawAsync(TimeSpan timeout)
    {
        if (_former is not null && await _former.GracefulStop(timeout).ConfigureAwait(false))
        {
            await _registry.WithdrawAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The singleton's manager acquires this lease before it starts the balancer; the balancer asks it before every answer.</summary>
    private static DecidingRight RightOf(ActorSystem system, LeaseUsageSettings usage)
    {
        var name = $"{system.Name}-singleton-akka://{system.Name}/user/{ManagerName}";
        var self = Akka.Cluster.Cluster.Get(system).SelfAddress;
        var lease = LeaseProvider.Get(system).GetLease(name, usage.LeaseImplementation, self.HostPort());
        return lease is EtcdLease fenced
            ? new DecidingRight(() => fenced.FencingToken, fenced.CheckLease)
            : throw new ArgumentException($"{lease.GetType()} has no fencing tokens: leave the singleton's use-lease as it is", nameof(usage));
    }
}
