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

    /// <summary>The address of an AkkaLb node.</summary>
    public static Address Of(string host, int port) => new("akka.tcp", SystemConfig.SystemName, host, port);
}
