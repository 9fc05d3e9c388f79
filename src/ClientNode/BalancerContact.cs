using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Tools.Client;
using AkkaLb.Messages;

namespace AkkaLb.ClientNode;

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

    /// <summary>Other addresses from now on.</summary>
    /// <returns>How many places there are to probe, in turn.</returns>
    public abstract int Use(IReadOnlyList<Address> addresses);

    /// <summary>Where the balancer is that answered from this place.</summary>
    public abstract Address? AddressOf(int place, IActorRef? balancer);

    /// <summary>The place of the balancer at this address; below zero: it has none.</summary>
    public abstract int PlaceOf(Address balancer);

    /// <summary>Asks who is there; the answer comes as an <see cref="ActorIdentity"/> with this id.</summary>
    public abstract void Send(int place, string id);

    private sealed class ToEach(IActorContext context) : BalancerProbes
    {
        private IReadOnlyList<Address> _addresses = [];

        public override int Use(IReadOnlyList<Address> addresses) => (_addresses = addresses).Count;

        public override Address? AddressOf(int place, IActorRef? balancer) => _addresses[place];

        public override int PlaceOf(Address balancer) => _addresses.ToList().IndexOf(balancer);

        public override void Send(int place, string id) =>
            context.ActorSelection(new RootActorPath(_addresses[place]) / "user" / "balancer").Tell(new Identify(id));
    }

    /// <summary>One place, wherever the deciding balancer is; the addresses are contact points.</summary>
    private sealed class ThroughReceptionist(IActorContext context) : BalancerProbes
    {
        private IActorRef? _clusterClient;
        private IReadOnlyList<Address> _contacts = [];

        public override int Use(IReadOnlyList<Address> addresses)
        {
            _contacts = addresses;
            if (_clusterClient is { } former)
            {
                context.Stop(former);
                _clusterClient = null;
            }

            if (addresses.Count > 0)
            {
                var receptionists = addresses.Select(a => new RootActorPath(a) / "system" / "receptionist").ToImmutableHashSet();
                _clusterClient = context.ActorOf(
                    ClusterClient.Props(ClusterClientSettings.Create(context.System).WithInitialContacts(receptionists)));
            }

            return addresses.Count > 0 ? 1 : 0;
        }

        public override Address? AddressOf(int place, IActorRef? balancer) => balancer?.Path.Address;

        public override int PlaceOf(Address balancer) => _contacts.Contains(balancer) ? 0 : -1;

        public override void Send(int place, string id) =>
            _clusterClient?.Tell(new ClusterClient.Send(ClusterConfig.DecidingPath, new Identify(id), localAffinity: false));
    }
}
