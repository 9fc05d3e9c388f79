using System.Net;
using System.Net.Sockets;
using Akka.Actor;

namespace AkkaLb.Transport.Pipelines;

/// <summary>Between Akka's addresses and those of sockets.</summary>
internal static class SocketAddresses
{
    /// <summary>As it stands in an Akka address: an IPv6 address in brackets.</summary>
    public static string HostOf(IPAddress address) => HostOf((address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString());

    public static string HostOf(string hostname) =>
        IPAddress.TryParse(hostname, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{ip}]" : hostname;

    public static Address Of(IPEndPoint end, string scheme, string system) => new(scheme, system, HostOf(end.Address), end.Port);

    /// <summary>All addresses of a host, those to try first in front.</summary>
    /// <exception cref="SocketException">The name is unknown, or has no address of an enforced family.</exception>
    public static async Task<IPAddress[]> ResolveAsync(string host, TransportSettings settings, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        var found = await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        IPAddress[] usable = settings.IsFamilyEnforced
            ? [.. found.Where(a => a.AddressFamily == settings.Family)]
            : [.. found.OrderByDescending(a => a.AddressFamily == settings.Family)];
        return usable.Length > 0 ? usable : throw new SocketException((int)SocketError.NoData);
    }

    /// <summary>Whoever listens at all addresses of a machine is reached at its loopback address.</summary>
    public static IPAddress Dialled(IPAddress address) => address.Equals(IPAddress.Any) ? IPAddress.Loopback
        : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
        : address;
}
