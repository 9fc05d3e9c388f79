using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using AkkaLb.Etcd;

namespace AkkaLb.Discovery.Etcd;

/// <summary>An instance's value in etcd: <c>{"host","port","address","path","version","attributes":{}}</c>, all but the first two optional.</summary>
/// <remarks>The id is not in it: it is the end of the key. Unknown fields are skipped, so that a newer program can say more. Host and port may be
/// missing where the path holds them.</remarks>
public static class ServiceInstanceValue
{
    private const int HostLengthMax = 255;
    private const int AddressLengthMax = 64;
    private const int PathLengthMax = 1024;
    private const int VersionLengthMax = 128;
    private const int AttributesMax = 32;
    private const int AttributeNameLengthMax = 64;
    private const int AttributeValueLengthMax = 512;

    /// <summary>The bytes to put, 4 KiB at most.</summary>
    /// <exception cref="ArgumentException">The instance breaks a rule, so that nobody could read it back; the message says which.</exception>
    public static byte[] Write(ServiceInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var json = JsonValue.Write(fields =>
        {
            fields.WriteString("host", instance.Host);
            fields.WriteNumber("port", instance.Port);
            if (instance.Address is { } address)
            {
                fields.WriteString("address", address.ToString());
            }

            if (instance.Path is { } path)
            {
                fields.WriteString("path", path);
            }

            fields.WriteString("version", instance.Version);
            if (!instance.Attributes.IsEmpty)
            {
                fields.WriteStartObject("attributes");
                foreach (var (name, value) in instance.Attributes)
                {
                    fields.WriteString(name, value);
                }

                fields.WriteEndObject();
            }
        });
        return TryParse(instance.Id, json, out _, out var problem)
            ? json
            : throw new ArgumentException($"instance '{instance.Id}' cannot be registered: {problem}", nameof(instance));
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

        if (!JsonValue.TryOpen(utf8, out var document, out problem))
        {
            return false;
        }

        using (document)
        {
            var value = JsonValue.Of(document);
            var read = Read(id, value);
            problem = value.Problem;
            instance = problem is null ? read : null;
            return problem is null;
        }
    }

    private static ServiceInstance Read(string id, JsonValue value)
    {
        var path = value.Has("path") ? value.Text("path", PathLengthMax) : null;
        var isNamedByPath = TryHostAndPort(path, out var host, out var port) && !value.Has("host") && !value.Has("port");
        if (!isNamedByPath)
        {
            host = value.Text("host", HostLengthMax);
            port = (int)value.Whole("port", 1, 65535);
            value.Require(host.Length > 0 && !host.Any(char.IsWhiteSpace), "'host' is empty or holds blanks");
        }

        IPAddress? address = null;
        if (value.Has("address"))
        {
            value.Require(IPAddress.TryParse(value.Text("address", AddressLengthMax), out address), "'address' is no IP address");
        }

        var attributes = value.Has("attributes")
            ? value.Texts("attributes", AttributesMax, AttributeNameLengthMax, AttributeValueLengthMax)
                .ToImmutableSortedDictionary(StringComparer.Ordinal)
            : ImmutableSortedDictionary<string, string>.Empty;
        return new ServiceInstance(id, host, port)
        {
            Address = address,
            Path = path,
            Version = value.Has("version") ? value.Text("version", VersionLengthMax) : "",
            Attributes = attributes,
        };
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
}
