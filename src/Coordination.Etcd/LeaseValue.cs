using AkkaLb.Etcd;
using Mvccpb;

namespace AkkaLb.Coordination.Etcd;

/// <summary>What stands under a lease's key: <c>{"owner","instance","version"}</c>, for people and for telling our own key from another's.</summary>
internal static class LeaseValue
{
    /// <summary>Version of this format. A reader takes any: it needs no more than owner and instance.</summary>
    private const int Version = 1;

    private const int TextLengthMax = 512;

    public static byte[] Write(string owner, string instance) => JsonValue.Write(fields =>
    {
        fields.WriteString("owner", owner);
        fields.WriteString("instance", instance);
        fields.WriteNumber("version", Version);
    });

    /// <summary>The holder of this key; never throws. A value that cannot be read is somebody's all the same.</summary>
    public static LeaseHolder HolderOf(KeyValue kv)
    {
        ArgumentNullException.ThrowIfNull(kv);
        if (!JsonValue.TryOpen(kv.Value.Memory, out var document, out _))
        {
            return new LeaseHolder("", kv.Lease, "", kv.ModRevision);
        }

        using (document)
        {
            var value = JsonValue.Of(document);
            var owner = value.Text("owner", TextLengthMax);
            var instance = value.Text("instance", TextLengthMax);
            return value.Problem is null
                ? new LeaseHolder(instance, kv.Lease, owner, kv.ModRevision)
                : new LeaseHolder("", kv.Lease, "", kv.ModRevision);
        }
    }
}
