using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Etcd;
using AkkaLb.Watching;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Registry.Etcd;

/// <summary>Puts keys under leases. Every put names its lease: one without would leave a key that never expires.</summary>
internal sealed class EtcdRegistration(EtcdConnection connection)
{
    /// <summary>How often the key may change between our read and our write before we give up. Once is rare; this many is somebody's loop.</summary>
    private const int RoundsMax = 5;

    /// <summary>Takes a lease and puts the worker under it, unless another incarnation holds the id.
    /// A key without a lease is nobody's and is taken over.</summary>
    /// <remarks>When the outcome is unknown the lease is not revoked: the key may be under it already, and a repeated call then moves
    /// it on and keeps its place in the order. When nobody repeats it, the lease runs out.</remarks>
    public async Task<RegisterOutcome> RegisterAsync(ByteString key, WorkerRecord worker, TimeSpan ttl, CancellationToken cancellationToken)
    {
        var value = ByteString.CopyFrom(RegistryValue.Write(worker));
        var lease = await connection.GrantAsync(ttl, cancellationToken).ConfigureAwait(false);
        try
        {
            var condition = LeasedKey.IsFree(key);
            for (var round = 0; round < RoundsMax; round++)
            {
                var (isDone, holder) = await LeasedKey.PutIfAsync(connection, condition, value, lease.ID, cancellationToken)
                    .ConfigureAwait(false);
                if (isDone)
                {
                    return Registered(lease);
                }

                condition = LeasedKey.IsFree(key);
                if (holder is not null && LeasedKey.IsAlive(holder))
                {
                    var incarnation = IncarnationOf(worker.Id, holder);
                    if (incarnation != worker.Incarnation)
                    {
                        await RevokeQuietlyAsync(lease.ID).ConfigureAwait(false);
                        return new RegisterOutcome.IdInUse(incarnation, TimeSpan.FromSeconds(lease.TTL));
                    }

                    // Our own earlier life under another lease: move the key, unless it changes meanwhile.
                    condition = LeasedKey.IsAt(key, holder.ModRevision);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RegistryRefusedException)
        {
            await RevokeQuietlyAsync(lease.ID).ConfigureAwait(false);
            throw;
        }

        await RevokeQuietlyAsync(lease.ID).ConfigureAwait(false);
        throw new RegistryUnavailableException($"the registration of '{worker.Id}' kept changing while it was being taken over");
    }

    /// <summary>Writes a new value under the same lease. False when the key is not, or no longer, under it.</summary>
    public Task<bool> UpdateAsync(ByteString key, byte[] value, long leaseId, CancellationToken cancellationToken) =>
        PutUnderAsync(leaseId, LeasedKey.IsUnder(key, leaseId), value, cancellationToken);

    /// <summary>What the key holds, by a linearizable read.</summary>
    public async Task<EntrySight> LookAsync(ByteString key, string id, CancellationToken cancellationToken)
    {
        var answer = await connection.RangeAsync(new RangeRequest { Key = key }, cancellationToken).ConfigureAwait(false);
        return answer.Kvs.SingleOrDefault() is not { } found ? new EntrySight.Missing()
            : RegistryValue.TryParse(id, found.Value.Memory, out var worker, out _) ? new EntrySight.Found(found.Lease, found.ModRevision, worker)
            : new EntrySight.Unreadable(found.Lease, found.ModRevision);
    }

    /// <summary>Puts if the key is still at this revision, or, when that is zero, still not there. False when it is not, or the lease is
    /// gone.</summary>
    public Task<bool> PutBackAsync(ByteString key, byte[] value, long leaseId, long revision, CancellationToken cancellationToken) =>
        PutUnderAsync(leaseId, LeasedKey.IsAt(key, revision), value, cancellationToken);

    private async Task<bool> PutUnderAsync(long leaseId, Compare condition, byte[] value, CancellationToken cancellationToken)
    {
        try
        {
            var (isDone, _) = await LeasedKey.PutIfAsync(connection, condition, ByteString.CopyFrom(value), leaseId, cancellationToken)
                .ConfigureAwait(false);
            return isDone;
        }
        catch (RegistryUnavailableException e) when (e.IsLeaseGone)
        {
            return false;
        }
    }

    private static RegisterOutcome.Registered Registered(LeaseGrantResponse lease) => new(lease.ID, TimeSpan.FromSeconds(lease.TTL));

    /// <summary>Zero, which no worker has, when the value cannot be read: somebody's it is all the same.</summary>
    private static long IncarnationOf(string id, KeyValue holder) =>
        RegistryValue.TryParse(id, holder.Value.Memory, out var worker, out _) ? worker.Incarnation : 0;

    /// <summary>Gives back a lease nobody will hear of. Should that fail, it runs out.</summary>
    private async Task RevokeQuietlyAsync(long leaseId)
    {
        try
        {
            await connection.RevokeAsync(leaseId, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException)
        {
        }
    }
}
