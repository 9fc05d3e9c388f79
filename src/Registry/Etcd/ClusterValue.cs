using System.Diagnostics.CodeAnalysis;
using AkkaLb.Core.Clusters;
using AkkaLb.Etcd;

namespace AkkaLb.Registry.Etcd;

/// <summary>A cluster member's value in the registry: <c>{"address","uid","generation","policy"}</c>.</summary>
public static class ClusterValue
{
    private const int AddressLengthMax = 1024;
    private const int PolicyLengthMax = 128;

    /// <summary>The bytes to put.</summary>
    public static byte[] Write(ClusterEntry entry) => JsonValue.Write(fields =>
    {
        fields.WriteString("address", entry.Node.Address);
        fields.WriteNumber("uid", entry.Node.Uid);
        fields.WriteNumber("generation", entry.Generation);
        fields.WriteString("policy", entry.Policy);
    });

    /// <summary>Reads a value; never throws.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out ClusterEntry? entry, [NotNullWhen(false)] out string? problem)
    {
        entry = null;
        if (!JsonValue.TryOpen(utf8, out var document, out problem))
        {
            return false;
        }

        using (document)
        {
            var value = JsonValue.Of(document);
            var address = value.Text("address", AddressLengthMax);
            var uid = value.Whole("uid", long.MinValue, long.MaxValue);
            var generation = value.Whole("generation", 1, long.MaxValue);
            var policy = value.Text("policy", PolicyLengthMax);
            value.Require(SerializedActorPath.IsNode(address), SerializedActorPath.NoNode);
            problem = value.Problem;
            entry = problem is null ? new ClusterEntry(new NodeLife(address, uid), generation, policy) : null;
            return entry is not null;
        }
    }
}
