using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Tools.Client;
using AkkaLb.Clusters;
using AkkaLb.Core;

namespace AkkaLb.Client;

/// <summary>How a client gets to the balancer that it asks.</summary>
public enum BalancerContact
{
    /// <summary>It asks the balancers themselves, one after the other, until one answers.</summary>
    Direct,

    /// <summary>For a cluster of balancers: it asks for the deciding one through any member's receptionist, and then talks to that one.</summary>
    Receptionist,
}

/// <summary>Sends a client's probes. Part of the client's actor: its context is used.</summary>
internal abstract class BalancerProbes
{
    public static BalancerProbes Of(BalancerContact contact, IActorContext context) => contact switch
    {
        BalancerContact.Direct => new ToEach(context),
        BalancerContact.Receptionist => new ThroughReceptionist(context),
    };

    /// <summary>The balancers that the directory names from now on; none: it says nothing.</summary>
    public abstract void Use(IReadOnlyList<Address> addresses);

    /// <summary>Asks who is there; the answer comes as an <see cref="ActorIdentity"/> with this id.</summary>
    public abstract void Send(Address address, string id);

    private sealed class ToEach(IActorContext context) : BalancerProbes
    {
        public override void Use(IReadOnlyList<Address> addresses)
        {
        }

        public override void Send(Address address, string id) =>
            context.ActorSelection(new RootActorPath(address) / "user" / BalancerActors.Balancer).Tell(new Identify(id));
    }

    /// <summary>The addresses are contact points: whichever is asked, the deciding balancer answers.</summary>
    private sealed class ThroughReceptionist(IActorContext context) : BalancerProbes
    {
        private IReadOnlyList<Address> _contacts = [];
        private IActorRef? _clusterClient;

        public override void Use(IReadOnlyList<Address> addresses)
        {
            if (addresses.Count == 0 || addresses.SequenceEqual(_contacts))
            {
                return;
            }

            _contacts = addresses;
            if (_clusterClient is { } former)
            {
                context.Stop(former);
            }

            var receptionists = addresses.Select(a => new RootActorPath(a) / "system" / "receptionist").ToImmutableHashSet();
            _clusterClient = context.ActorOf(
                ClusterClient.Props(ClusterClientSettings.Create(context.System).WithInitialContacts(receptionists)));
        }

        public override void Send(Address address, string id) =>
            _clusterClient?.Tell(new ClusterClient.Send(ClusterConfig.DecidingPath, new Identify(id), localAffinity: false));
    }
}
