using Akka.Actor;
using Akka.Discovery;

namespace AkkaLb.Discovery.Etcd;

/// <summary>The Akka.Discovery method <c>etcd</c>.</summary>
/// <remarks>
/// A lookup by service name gives all its instances in registration order. A port name or a protocol leaves out the instances whose attribute
/// <c>port-name</c> or <c>protocol</c> says something else; one that does not have the attribute is not left out. A service that nobody is
/// registered in gives an empty answer, not an error.
/// </remarks>
public sealed class EtcdServiceDiscovery : ServiceDiscovery
{
    /// <summary>Attribute that a lookup's port name is compared with.</summary>
    public const string PortNameAttribute = "port-name";

    /// <summary>Attribute that a lookup's protocol is compared with.</summary>
    public const string ProtocolAttribute = "protocol";

    private readonly EtcdDiscovery _discovery;

    /// <summary>Called by Akka.Discovery.</summary>
    public EtcdServiceDiscovery(ExtendedActorSystem system) => _discovery = EtcdDiscovery.Get(system);

    /// <inheritdoc/>
    /// <remarks>Fails with <see cref="AkkaLb.Watching.RegistryUnavailableException"/> when nothing is known of the service within
    /// <paramref name="resolveTimeout"/>, with <see cref="AkkaLb.Watching.RegistryRefusedException"/> at once when etcd refuses, and with
    /// <see cref="ArgumentException"/> for a name that breaks the rule of <see cref="ServiceNames"/>.</remarks>
    public override async Task<Resolved> Lookup(Lookup lookup, TimeSpan resolveTimeout)
    {
        ArgumentNullException.ThrowIfNull(lookup);
        var instances = await _discovery.LookupAsync(lookup.ServiceName, resolveTimeout).ConfigureAwait(false);
        return new Resolved(
            lookup.ServiceName,
            instances
                .Where(i => Matches(i, PortNameAttribute, lookup.PortName) && Matches(i, ProtocolAttribute, lookup.Protocol))
                .Select(i => new ResolvedTarget(i.Host, i.Port, i.KnownAddress)));
    }

    /// <summary>Akka's cluster bootstrap asks for a protocol unless told otherwise: who names none is meant too.</summary>
    private static bool Matches(ServiceInstance instance, string attribute, string? wanted) =>
        string.IsNullOrEmpty(wanted) || !instance.Attributes.TryGetValue(attribute, out var value) || value == wanted;
}
