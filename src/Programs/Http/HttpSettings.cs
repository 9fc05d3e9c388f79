using System.Net;
using System.Net.Sockets;
using Akka.Configuration;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Programs.Http;

/// <summary>Where a program answers HTTP.</summary>
/// <param name="Host">An address or name of this machine.</param>
/// <param name="Port">0: any free one.</param>
/// <param name="PathBase">What comes before each path; empty, or with a slash at its beginning and none at its end.</param>
/// <param name="AdminTokenFile">Holds what somebody must know who changes something; empty: nothing can be changed.</param>
/// <param name="AllowedHosts">Names and addresses, without a port, that may stand in a request's <c>Host</c> beside those of this machine itself.
/// <c>*.example.net</c> is every name below that one, and <c>*</c> is any. Null or empty: any, unless it listens on loopback.</param>
public sealed record HttpSettings(
    string Host, int Port, string PathBase = "", string AdminTokenFile = "", IReadOnlyList<string>? AllowedHosts = null)
{
    private const string Any = "*";
    private const string AnyBelow = "*.";

    /// <summary>The hosts for ASP.NET Core's host filter.</summary>
    /// <remarks>A web page that is open on this machine can have its own name lead to 127.0.0.1 (DNS rebinding), and the browser lets it read what
    /// answers there. The <c>Host</c> of its requests is that name, so on loopback only this machine's own names count. On another address those who
    /// may reach it are the network's business, and its names are not known here.</remarks>
    /// <param name="address">Where it listens.</param>
    public IReadOnlyList<string> HostsOn(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return AllowedHosts is not { Count: > 0 } allowed
            ? IPAddress.IsLoopback(address) ? Own(address) : [Any]
            : allowed.Contains(Any) ? [Any] : [.. Own(address), .. allowed.Select(InBrackets)];
    }

    /// <summary>An address that stands for all is none of them: ASP.NET Core's filter takes it for any host.</summary>
    private List<string> Own(IPAddress address) =>
    [
        .. new[] { "localhost", "127.0.0.1", "::1", Host, address.ToString() }.Where(host => !IsEveryAddress(host)).Select(InBrackets).Distinct(),
    ];

    private static bool IsEveryAddress(string host) =>
        IPAddress.TryParse(host, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));

    /// <summary>An address of IPv6 as it stands in a <c>Host</c>.</summary>
    private static string InBrackets(string host) =>
        IPAddress.TryParse(host, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{ip}]" : host;

    private static bool IsHost(string host) => host == Any
        || (!IsEveryAddress(host.Trim('[', ']'))
            && Uri.CheckHostName(host.StartsWith(AnyBelow, StringComparison.Ordinal) ? host[AnyBelow.Length..] : host.Trim('[', ']'))
                is not UriHostNameType.Unknown);

    /// <returns>Null: it does not.</returns>
    public static HttpSettings? Read(Config config, List<string> problems)
    {
        var (host, pathBase) = (config.Get(NodeKeys.HttpHost), config.Get(NodeKeys.HttpPathBase));
        if (config.Get(NodeKeys.HttpPort) is not { } port)
        {
            return null;
        }

        if (Uri.CheckHostName(host) is UriHostNameType.Unknown)
        {
            problems.Add($"{NodeKeys.HttpHost} = {host}: must be a name or address of this machine, or 0.0.0.0 for all of them");
        }

        if (pathBase.Length > 0 && (pathBase[0] != '/' || pathBase[^1] == '/' || pathBase.Contains("//", StringComparison.Ordinal)
            || pathBase.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('/' or '-' or '_' or '.' or '~'))))
        {
            problems.Add($"{NodeKeys.HttpPathBase} = {pathBase}: must be a path such as /akkalb, without a slash at its end");
        }

        var allowed = config.Get(NodeKeys.HttpAllowedHosts);
        problems.AddRange(allowed.Where(name => !IsHost(name)).Select(name =>
            $"{NodeKeys.HttpAllowedHosts} = {name}: must be a name or address without a port, *.example.net for every name below that one, or "
                + "* for any"));

        var token = config.Get(NodeKeys.HttpAdmin);
        if (token.Length > 0 && new AdminToken(token).Problem is { } problem)
        {
            problems.Add($"{NodeKeys.HttpAdmin} = {token}: {problem}");
        }

        return new HttpSettings(host, port, pathBase, token, allowed);
    }
}
