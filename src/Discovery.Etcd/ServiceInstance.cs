using System.Collections.Immutable;
using System.Net;

namespace AkkaLb.Discovery.Etcd;

/// <summary>One instance of a service, as it says of itself.</summary>
/// <param name="Id">Tells instances of one service apart; see <see cref="ServiceNames"/>.</param>
/// <param name="Host">Name or IP address, 1 to 255 characters.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record ServiceInstance(string Id, string Host, int Port)
{
    /// <summary>IP address, where the host is a name and the address is known; null otherwise.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Absolute path of an actor to talk to, at most 1,024 characters; null when there is no such one actor.</summary>
    public string? Path { get; init; }

    /// <summary>For people to read, at most 128 characters.</summary>
    public string Version { get; init; } = "";

    /// <summary>Anything else, at most 32 entries, keys of 1 to 64 and values of up to 512 characters.</summary>
    public ImmutableSortedDictionary<string, string> Attributes { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary><see cref="Address"/>, or the host where that is an IP address, or null.</summary>
    public IPAddress? KnownAddress => Address ?? (IPAddress.TryParse(Host, out var address) ? address : null);
}
