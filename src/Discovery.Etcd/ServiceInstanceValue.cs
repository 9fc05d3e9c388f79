using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using AkkaLb.Etcd;
using Mvccpb;

namespace AkkaLb.Discovery.Etcd;

/// <summary>An instance's value in etcd: <c>{"host","port","address","path","version","attributes":{}}</c>, all but the first two optional.</summary>
/// <remarks>The id is not in it: it is the end of the key. Unknown fields are skipped, so that a newer program can say more. Host and port may be
/// missing where the path holds them.</remarks>
public static class ServiceInstanceValue
{
    private const int AttributesMax = 32;
    private const int AttributeNameLengthMax = 64;

    /// <summary>The bytes to put, 4 KiB at most.</summary>
    /// <exception cref="ArgumentException">The instance breaks a rule, so that nobody could read it back; the message says which.</exception>
    public static byte[] Write(ServiceInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var json = JsonValue.Write(new Json
        {
            Host = instance.Host,
            Port = instance.Port,
            Address = instance.Address?.ToString(),
            Path = instance.Path,
            Version = instance.Version,
            Attributes = instance.Attributes.IsEmpty ? null : instance.Attributes,
        });
        return TryParse(instance.Id, json, out _, out var problem)
            ? json
            : throw new ArgumentException($"instance '{instance.Id}' cannot be registered: {problem}", nameof(instance));
    }

    /// <summary>Reads a key as the instance that it announces.</summary>
    public static string? Read(string id, KeyValue kv, out ServiceInstance? instance)
    {
        ArgumentNullException.ThrowIfNull(kv);
        return TryParse(id, kv.Value.Memory, out instance, out var problem) ? LeasedKey.Problem(kv) : problem;
    }

    /// <summary>Reads a value; never throws.</summary>
    /// <param name="id">The end of the key.</param>
    /// <param name="utf8">The value as etcd holds it.</param>
    /// <param name="instance">The instance when the answer is true.</param>
    /// <param name="problem">What is wrong, in words for an operator, when the answer is false.</param>
    public static bool TryParse(
        string id, ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out ServiceInstance? instance, [NotNullWhen(false)] out string? problem)
    {
        instance = null;
        if (!ServiceNames.IsValid(id))
        {
            problem = "the key does not end in a valid instance id";
            return false;
        }

        if (JsonValue.TryRead<Json>(utf8, out var value, out problem))
        {
            (instance, problem) = InstanceOf(id, value);
        }

        return problem is null;
    }

    private static (ServiceInstance? Instance, string? Problem) InstanceOf(string id, Json value)
    {
        var (host, port) = (value.Host, (int)value.Port);
        var attributes = value.Attributes?.ToImmutableSortedDictionary(StringComparer.Ordinal) ?? ImmutableSortedDictionary<string, string>.Empty;
        if (host is null && port == 0 && TryHostAndPort(value.Path, out var hostInPath, out var portInPath))
        {
            (host, port) = (hostInPath, portInPath);
        }

        IPAddress? address = null;
        var problem = host is null ? "'host' is missing"
            : value.Host is "" || value.Host?.Any(char.IsWhiteSpace) == true ? "'host' is empty or holds blanks"
            : port == 0 ? "'port' is missing"
            : value.Address is { } text && !IPAddress.TryParse(text, out address) ? "'address' is no IP address"
            : attributes.Count > AttributesMax ? $"'attributes' has more than {AttributesMax} entries"
            : attributes.Keys.Any(k => k.Length is 0 or > AttributeNameLengthMax || k.Any(char.IsControl))
                ? "'attributes' has a name that is empty, too long or no text"
            : null;
        return problem is not null ? (null, problem) : (
            new ServiceInstance(id, host!, port)
            {
                Address = address,
                Path = value.Path,
                Version = value.Version ?? "",
                Attributes = attributes,
            },
            null);
    }

    /// <summary>Out of <c>protocol://System@host:port/…</c>.</summary>
    private static bool TryHostAndPort(string? path, out string host, out int port)
    {
        (host, port) = ("", 0);
        var at = path?.IndexOf('@', StringComparison.Ordinal) ?? -1;
        if (at < 0)
        {
            return false;
        }

        var slash = path!.IndexOf('/', at);
        var authority = path[(at + 1)..(slash < 0 ? path.Length : slash)];
        var colon = authority.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(
            authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535)
        {
            return false;
        }

        host = authority[..colon];
        return true;
    }

    private sealed record Json
    {
        [JsonText(255)] public string? Host { get; init; }

        /// <summary>0: not there.</summary>
        [JsonWhole(1, 65535)] public long Port { get; init; }

        [JsonText(64)] public string? Address { get; init; }

        [JsonText(1024)] public string? Path { get; init; }

        [JsonText(128)] public string? Version { get; init; }

        public IReadOnlyDictionary<string, string>? Attributes { get; init; }
    }
}
