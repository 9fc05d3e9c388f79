using AkkaLb.Etcd;
using Mvccpb;

namespace AkkaLb.Coordination.Etcd;

/// <summary>What stands under a lease's key: <c>{"owner","instance","version"}</c>, for people and for telling our own key from another's.</summary>
internal static class LeaseValue
{
    public static byte[] Write(string owner, string instance) => JsonValue.Write(new Json { Owner = owner, Instance = instance });

    /// <summary>The holder of this key; never throws. A value that cannot be read is somebody's all the same.</summary>
    public static LeaseHolder HolderOf(KeyValue kv)
    {
        ArgumentNullException.ThrowIfNull(kv);
        return JsonValue.TryRead<Json>(kv.Value.Memory, out var value, out _)
            ? new LeaseHolder(value.Instance, kv.Lease, value.Owner, kv.ModRevision)
            : new LeaseHolder("", kv.Lease, "", kv.ModRevision);
    }

    private sealed record Json
    {
        [JsonText(512)] public required string Owner { get; init; }

        [JsonText(512)] public required string Instance { get; init; }

        /// <summary>Of this format. Only written: a reader takes any, it needs no more than owner and instance.</summary>
        public int Version { get; } = 1;
    }
}
