using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using AkkaLb.Endpoints;

namespace AkkaLb.Etcd;

/// <summary>Reads the list of etcd endpoints as an operator writes it.</summary>
public static class EtcdEndpoints
{
    private const string PlainScheme = "http://";
    private const string TlsScheme = "https://";

    /// <summary>Reads <c>http://host:port</c>, <c>host:port</c> for the same, or <c>https://host:port</c>; several of them separated by commas.
    /// Repeated ones count once.</summary>
    /// <param name="csv">What the operator wrote; blanks around entries are skipped.</param>
    /// <param name="endpoints">In the order written; empty when the answer is false.</param>
    /// <param name="problem">One sentence that says which entry is wrong and what to write instead; null when the answer is true.</param>
    public static bool TryParse(string? csv, out IReadOnlyList<EtcdEndpoint> endpoints, [NotNullWhen(false)] out string? problem)
    {
        endpoints = [];
        if (string.IsNullOrWhiteSpace(csv))
        {
            problem = "no etcd endpoint is given; write http://host:port, several separated by commas";
            return false;
        }

        var found = new List<EtcdEndpoint>();
        foreach (var entry in csv.Split(',', StringSplitOptions.TrimEntries))
        {
            problem = Parse(entry, out var endpoint);
            if (problem is not null)
            {
                return false;
            }

            if (!found.Contains(endpoint!))
            {
                found.Add(endpoint!);
            }
        }

        if (found.Any(e => e.IsTls) && found.Any(e => !e.IsTls))
        {
            problem = "etcd endpoints with and without TLS cannot be mixed: write https:// before each of them, or before none";
            return false;
        }

        endpoints = found;
        problem = null;
        return true;
    }

    private static string? Parse(string entry, out EtcdEndpoint? endpoint)
    {
        endpoint = null;
        if (entry.Length == 0)
        {
            return "an etcd endpoint is empty (a comma too many?); write http://host:port, several separated by commas";
        }

        var isTls = entry.StartsWith(TlsScheme, StringComparison.OrdinalIgnoreCase);
        var authority = isTls ? entry[TlsScheme.Length..]
            : entry.StartsWith(PlainScheme, StringComparison.OrdinalIgnoreCase) ? entry[PlainScheme.Length..]
            : entry;
        if (authority.EndsWith('/'))
        {
            authority = authority[..^1];
        }

        if (authority.IndexOfAny(['/', '?', '#', '@']) >= 0)
        {
            return $"etcd endpoint '{entry}' is not of the form http://host:port";
        }

        var colon = authority.LastIndexOf(':');
        var isPortMissing = colon < 0 || authority.EndsWith(']');
        var host = isPortMissing ? authority : authority[..colon];
        if (!HostName.IsValid(host))
        {
            return $"etcd endpoint '{entry}' names no valid host; write http://host:port, an IPv6 address in square brackets";
        }

        if (isPortMissing)
        {
            return $"etcd endpoint '{entry}' names no port; write {(isTls ? TlsScheme : PlainScheme)}{host}:2379 if etcd listens on its usual one";
        }

        if (!int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
        {
            return $"etcd endpoint '{entry}' has port '{authority[(colon + 1)..]}'; a port is a number from 1 to 65535";
        }

        endpoint = new EtcdEndpoint(host, port, isTls);
        return null;
    }
}
