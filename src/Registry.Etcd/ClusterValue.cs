using System.Diagnostics.CodeAnalysis;
using AkkaLb.Core.Clusters;
using AkkaLb.Etcd;

namespace AkkaLb.Registry.Etcd;

/// <summary>A cluster member's value in the registry: <c>{"address","uid","generation","policy"}</c>.</summary>
public static class ClusterValue
{
    /// <summary>Longest text of policies in characters; a value takes 4 KiB at most.</summary>
    public const int PolicyLengthMax = 2048;

    /// <summary>The bytes to put.</summary>
    public static byte[] Write(ClusterEntry entry) => JsonValue.Write(
        new Json { Address = entry.Node.Address, Uid = entry.Node.Uid, Generation = entry.Generation, Policy = entry.Policy });

    /// <summary>Reads a value; never throws.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out ClusterEntry? entry, [NotNullWhen(false)] out string? problem)
    {
        entry = null;
        if (JsonValue.TryRead<Json>(utf8, out var value, out problem))
        {
            problem = SerializedActorPath.IsNode(value.Address) ? null : SerializedActorPath.NoNode;
            entry = problem is null ? new ClusterEntry(new NodeLife(value.Address, value.Uid), value.Generation, value.Policy) : null;
        }

        return problem is null;
    }

    private sealed record Json
    {
        [JsonText(1024)] public required string Address { get; init; }

        [JsonWhole(long.MinValue, long.MaxValue)] public required long Uid { get; init; }

        [JsonWhole(1, long.MaxValue)] public required long Generation { get; init; }

        [JsonText(PolicyLengthMax)] public required string Policy { get; init; }
    }
}
