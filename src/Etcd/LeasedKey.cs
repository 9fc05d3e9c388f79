using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Etcd;

/// <summary>The one rule for every key that says who is alive, whoever reads it: no lease, not alive.</summary>
/// <remarks>All of ours are put under a lease, which ends with its process. A key without one was put by hand, mirrored, or restored from a list
/// of keys: nobody renews it, and it would never go.</remarks>
public static class LeasedKey
{
    /// <summary>Whether somebody alive can stand behind this key.</summary>
    public static bool IsAlive(KeyValue kv)
    {
        ArgumentNullException.ThrowIfNull(kv);
        return kv.Lease != 0;
    }

    /// <summary>Why this key counts for nothing and what to do about it, for an operator; null: it may count.</summary>
    public static string? Problem(KeyValue kv) =>
        IsAlive(kv) ? null : $"it has no lease, so nobody alive holds it; remove it with etcdctl del '{LogText.Of(kv.Key.ToStringUtf8())}'";

    /// <summary>Holds where nobody alive has the key: there is no such key, or it has no lease.</summary>
    public static Compare IsFree(ByteString key) => new() { Key = key, Target = Compare.Types.CompareTarget.Lease, Lease = 0 };

    /// <summary>Holds where nobody alive has any key of the range.</summary>
    public static Compare IsFree(EtcdKeyRange keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return new Compare { Key = keys.Start, RangeEnd = keys.End, Target = Compare.Types.CompareTarget.Lease, Lease = 0 };
    }
}
