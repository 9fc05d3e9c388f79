using System.Net;

namespace AkkaLb.Endpoints;

/// <summary>What may stand before the colon of <c>host:port</c>. One rule for what operators write and for what stands in etcd.</summary>
public static class HostName
{
    /// <summary>A name, an IPv4 address, or an IPv6 address in brackets: without them its end and the port cannot be told apart.</summary>
    public static bool IsValid(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return Uri.CheckHostName(host) switch
        {
            UriHostNameType.IPv6 => host.StartsWith('[') && host.EndsWith(']'),
            UriHostNameType.Dns or UriHostNameType.IPv4 => true,
            _ => false,
        };
    }

    /// <summary>Also good at any other machine: no zone of an IPv6 address, which means something on one machine only, no letters beyond ASCII,
    /// which not every resolver takes, and not the address that stands for all of a machine's own, where one can listen and nobody can
    /// dial.</summary>
    public static bool CanBeDialledFromAnywhere(string host) =>
        IsValid(host)
        && host.All(c => char.IsAscii(c) && c != '%')
        && !(IPAddress.TryParse(host, out var address) && IsNobody(address));

    private static bool IsNobody(IPAddress address) =>
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address) is var plain && (plain.Equals(IPAddress.Any) || plain.Equals(IPAddress.IPv6Any));
}
