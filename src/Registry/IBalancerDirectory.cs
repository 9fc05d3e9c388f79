using Akka.Actor;
using AkkaLb.Messages;

namespace AkkaLb.Registry;

/// <summary>Where balancers are to be found.</summary>
public interface IBalancerDirectory
{
    /// <summary>Whether another reading may give another answer.</summary>
    bool CanChange { get; }

    /// <summary>Addresses of the balancers, in the order in which to try them; may be empty.</summary>
    /// <exception cref="RegistryUnavailableException">The registry that would know cannot be reached.</exception>
    /// <exception cref="RegistryRefusedException">It refuses to tell.</exception>
    Task<IReadOnlyList<Address>> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>Balancers that the operator has listed.</summary>
public sealed class FixedBalancers(IReadOnlyList<Address> addresses) : IBalancerDirectory
{
    public bool CanChange => false;

    public Task<IReadOnlyList<Address>> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(addresses);
}

/// <summary>Addresses as people write them.</summary>
public static class NodeAddress
{
    /// <summary>Reads <c>host:port</c>; the port is 1 to 65535, and an IPv6 host stands in brackets.</summary>
    public static bool TryParse(string text, out Address address)
    {
        address = Address.AllSystems;
        var colon = text.LastIndexOf(':');
        if (colon <= 0
            || !int.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var port)
            || port is < 1 or > 65535)
        {
            return false;
        }

        var host = text[..colon];
        var isHost = Uri.CheckHostName(host) is not UriHostNameType.Unknown && (!host.Contains(':') || host.StartsWith('['));
        if (!isHost)
        {
            return false;
        }

        address = Of(host, port);
        return true;
    }

    /// <summary>How a node reaches another at this address: by its own protocol. TLS is on at all nodes or at none, and who lists balancers need not
    /// know which; a node that does speak the other protocol is refused with a line that says so, by whoever has TLS.</summary>
    public static Address Of(ActorSystem system, Address other) => RemoteProtocolOf(system) is { } protocol ? other.WithProtocol(protocol) : other;

    /// <summary><c>akka.tcp</c>, or with TLS <c>akka.ssl.tcp</c>; null for a system without remoting.</summary>
    public static string? RemoteProtocolOf(ActorSystem system) =>
        ((ExtendedActorSystem)system).Provider.DefaultAddress is { Host: not null, Protocol: var protocol } ? protocol : null;

    /// <summary>The address of an AkkaLb node without TLS; see <see cref="Of(ActorSystem, Address)"/>.</summary>
    public static Address Of(string host, int port) => new("akka.tcp", SystemConfig.SystemName, host, port);
}
