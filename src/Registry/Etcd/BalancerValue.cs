using System.Diagnostics.CodeAnalysis;
using AkkaLb.Core;
using AkkaLb.Etcd;

namespace AkkaLb.Registry.Etcd;

/// <summary>A balancer's value in the registry: <c>{"path","version"}</c>.</summary>
public static class BalancerValue
{
    private const int VersionLengthMax = 128;
    private const int PathLengthMax = 1024;

    /// <summary>The bytes to put.</summary>
    /// <exception cref="ArgumentException">The record breaks a rule, so that nobody could read it back.</exception>
    public static byte[] Write(BalancerRecord balancer)
    {
        ArgumentNullException.ThrowIfNull(balancer);
        var json = JsonValue.Write(fields =>
        {
            fields.WriteString("path", balancer.Path);
            fields.WriteString("version", balancer.Version);
        });
        return TryParse(balancer.Id, json, out _, out var problem)
            ? json
            : throw new ArgumentException($"balancer '{balancer.Id}' cannot be registered: {problem}", nameof(balancer));
    }

    /// <summary>Reads a value; never throws. See <see cref="RegistryValue.TryParse"/>.</summary>
    public static bool TryParse(
        string id, ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out BalancerRecord? balancer, [NotNullWhen(false)] out string? problem)
    {
        balancer = null;
        if (!WorkerIds.IsValid(id))
        {
            problem = "the key does not end in a valid balancer id";
            return false;
        }

        if (!JsonValue.TryOpen(utf8, out var document, out problem))
        {
            return false;
        }

        using (document)
        {
            var value = JsonValue.Of(document);
            var path = value.Text("path", PathLengthMax);
            var version = value.Text("version", VersionLengthMax);
            value.Require(SerializedActorPath.IsValid(path, needsUid: false), "'path' is no absolute actor path with host and port");
            problem = value.Problem;
            balancer = problem is null ? new BalancerRecord(id, path, version) : null;
            return balancer is not null;
        }
    }
}
