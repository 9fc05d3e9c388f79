using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;

namespace AkkaLb.Samples.PlainCluster;

/// <summary>The singleton of the cluster: counts who asks, and says where it runs. It forgets the count when it moves.</summary>
internal sealed class Counter : ReceiveActor
{
    private int _count;

    public Counter()
    {
        var self = Cluster.Get(Context.System).SelfAddress;
        Receive<string>(_ => Sender.Tell($"The counter at {self.Host}:{self.Port} says {++_count}."));
    }
}

internal static class Counters
{
    /// <returns>How each node reaches it, wherever it is.</returns>
    public static IActorRef StartSingleton(ActorSystem system)
    {
        system.ActorOf(
            ClusterSingletonManager.Props(Props.Create<Counter>(), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(system)), "counter");
        return system.ActorOf(ClusterSingletonProxy.Props("/user/counter", ClusterSingletonProxySettings.Create(system)), "counter-proxy");
    }
}
