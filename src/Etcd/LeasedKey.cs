using AkkaLb.Endpoints;
using AkkaLb.Watching;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Etcd;

/// <summary>The one rule for every key that says who is alive, whoever reads it: no lease, not alive. And how such a key is written: under a lease,
/// on a condition.</summary>
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
    public static Compare IsFree(ByteString key) => IsUnder(key, leaseId: 0);

    /// <summary>Holds where nobody alive has any key of the range.</summary>
    public static Compare IsFree(EtcdKeyRange keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return new Compare { Key = keys.Start, RangeEnd = keys.End, Target = Compare.Types.CompareTarget.Lease, Lease = 0 };
    }

    /// <summary>Holds where the key is under this lease.</summary>
    public static Compare IsUnder(ByteString key, long leaseId) => new() { Key = key, Target = Compare.Types.CompareTarget.Lease, Lease = leaseId };

    /// <summary>Holds where the key was last written at this revision; 0: where there is no such key.</summary>
    public static Compare IsAt(ByteString key, long modRevision) =>
        new() { Key = key, Target = Compare.Types.CompareTarget.Mod, ModRevision = modRevision };

    /// <summary>Puts the condition's key under the lease if the condition holds, else reads it, both at one revision.</summary>
    /// <returns>Whether it was put; if not, what is there: null for nothing.</returns>
    /// <exception cref="RegistryUnavailableException">The outcome is unknown, or the lease is gone and nothing was put.</exception>
    /// <exception cref="RegistryRefusedException">etcd refuses.</exception>
    public static async Task<(bool IsDone, KeyValue? Holder)> PutIfAsync(
        EtcdConnection connection, Compare condition, ByteString value, long leaseId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(condition);
        var answer = await connection.TxnAsync(
            new TxnRequest
            {
                Compare = { condition },
                Success = { new RequestOp { RequestPut = new PutRequest { Key = condition.Key, Value = value, Lease = leaseId } } },
                Failure = { new RequestOp { RequestRange = new RangeRequest { Key = condition.Key } } },
            },
            cancellationToken).ConfigureAwait(false);
        return (answer.Succeeded, answer.Succeeded ? null : answer.Responses[0].ResponseRange.Kvs.SingleOrDefault());
    }
}
