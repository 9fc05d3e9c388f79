using System.Diagnostics;
using AkkaLb.Etcd;
using AkkaLb.Watching;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Coordination.Etcd;

/// <summary>Does in etcd what <see cref="LeaseMachine"/> asks for, one lease's key. The edge: here the time is taken and faults become events.
/// Thread-safe.</summary>
/// <param name="connection">Its request timeout bounds every request.</param>
/// <param name="key">The lease's key.</param>
/// <param name="owner">The owner's name, for people.</param>
/// <param name="instance">The owner instance's random name.</param>
/// <param name="ttl">Of the etcd leases to be granted.</param>
/// <param name="clock">The clock on which ownership is judged.</param>
internal sealed class LeaseStore(EtcdConnection connection, string key, string owner, string instance, TimeSpan ttl, LeaseClock clock)
{
    private readonly ByteString _key = ByteString.CopyFromUtf8(key);
    private readonly ByteString _value = ByteString.CopyFrom(LeaseValue.Write(owner, instance));

    /// <summary>The key, for messages.</summary>
    public string Key => key;

    /// <summary>Answers the request; throws nothing but <see cref="OperationCanceledException"/> of this token.</summary>
    public async Task<LeaseEvent> AskAsync(LeaseEffect.Request request, CancellationToken cancellationToken)
    {
        var number = request.Number;
        try
        {
            return request switch
            {
                LeaseEffect.Look => new LeaseEvent.Looked(
                    number, await LookAsync(cancellationToken).ConfigureAwait(false) is { } kv ? LeaseValue.HolderOf(kv) : null),
                LeaseEffect.Grant => await GrantAsync(number, cancellationToken).ConfigureAwait(false),
                LeaseEffect.Claim r => await ClaimAsync(r, cancellationToken).ConfigureAwait(false),
                LeaseEffect.Renew r => await RenewAsync(r, cancellationToken).ConfigureAwait(false),
                LeaseEffect.Revoke r => await RevokeAsync(number, r.LeaseId, cancellationToken).ConfigureAwait(false),
                _ => throw new UnreachableException($"{request} is no request"),
            };
        }
        catch (RegistryUnavailableException e) when (e.IsLeaseGone)
        {
            return new LeaseEvent.Gone(number, e.Message);
        }
        catch (RegistryUnavailableException e)
        {
            return new LeaseEvent.Failed(number, e.Message, IsFinal: false);
        }
        catch (RegistryRefusedException e)
        {
            return new LeaseEvent.Failed(number, e.Message, IsFinal: true);
        }
    }

    /// <summary>Revokes a lease nobody needs; when that fails it runs out.</summary>
    public async Task AbandonAsync(long leaseId, CancellationToken cancellationToken)
    {
        try
        {
            await connection.RevokeAsync(leaseId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException)
        {
        }
    }

    private async Task<KeyValue?> LookAsync(CancellationToken cancellationToken)
    {
        var answer = await connection.RangeAsync(new RangeRequest { Key = _key }, cancellationToken).ConfigureAwait(false);
        return answer.Kvs.SingleOrDefault();
    }

    private async Task<LeaseEvent> GrantAsync(long number, CancellationToken cancellationToken)
    {
        var sentAt = clock.Now;
        var lease = await connection.GrantAsync(ttl, cancellationToken).ConfigureAwait(false);
        return new LeaseEvent.Granted(number, lease.ID, TimeSpan.FromSeconds(lease.TTL), sentAt);
    }

    /// <summary>Compared, created or read: all at one revision.</summary>
    private async Task<LeaseEvent> ClaimAsync(LeaseEffect.Claim claim, CancellationToken cancellationToken)
    {
        if (claim.Unleased != 0)
        {
            await DeleteUnleasedAsync(claim.Unleased, cancellationToken).ConfigureAwait(false);
        }

        var answer = await connection.TxnAsync(
            new TxnRequest
            {
                Compare = { LeasedKey.IsAt(_key, modRevision: 0) },
                Success = { new RequestOp { RequestPut = new PutRequest { Key = _key, Value = _value, Lease = claim.LeaseId } } },
                Failure = { new RequestOp { RequestRange = new RangeRequest { Key = _key } } },
            },
            cancellationToken).ConfigureAwait(false);
        if (answer.Succeeded)
        {
            return new LeaseEvent.Claimed(claim.Number, answer.Header.Revision);
        }

        var kv = answer.Responses[0].ResponseRange.Kvs.Single();
        return new LeaseEvent.Occupied(claim.Number, LeaseValue.HolderOf(kv), kv.CreateRevision);
    }

    /// <summary>If the key is another by now, it stays: the claim then tells whose it is.</summary>
    private async Task DeleteUnleasedAsync(long revision, CancellationToken cancellationToken) => await connection.TxnAsync(
        new TxnRequest
        {
            Compare = { LeasedKey.IsAt(_key, revision) },
            Success = { new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = _key } } },
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>A renewed lease alone proves nothing: the key may have been deleted by hand, and some servers renew what they have revoked.</summary>
    private async Task<LeaseEvent> RenewAsync(LeaseEffect.Renew renew, CancellationToken cancellationToken)
    {
        var sentAt = clock.Now;
        var answer = await connection.KeepAliveAsync(renew.LeaseId, cancellationToken).ConfigureAwait(false);
        if (answer.TTL <= 0)
        {
            return new LeaseEvent.Gone(renew.Number, "etcd does not know the lease any more: it ran out or was revoked");
        }

        var kv = await LookAsync(cancellationToken).ConfigureAwait(false);
        return kv is not null && kv.Lease == renew.LeaseId && kv.CreateRevision == renew.CreateRevision
            ? new LeaseEvent.Renewed(renew.Number, TimeSpan.FromSeconds(answer.TTL), sentAt)
            : new LeaseEvent.Gone(renew.Number, $"the key {key} was {BecameOf(kv)}");
    }

    private static string BecameOf(KeyValue? kv) =>
        kv is null ? "deleted" : LeasedKey.IsAlive(kv) ? "deleted and made again by somebody else" : "written over without a lease";


    private async Task<LeaseEvent> RevokeAsync(long number, long leaseId, CancellationToken cancellationToken)
    {
        await connection.RevokeAsync(leaseId, cancellationToken).ConfigureAwait(false);
        return new LeaseEvent.Revoked(number);
    }
}
