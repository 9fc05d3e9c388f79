using AkkaLb.Core.Clusters;
using AkkaLb.Endpoints;
using AkkaLb.Etcd;
using AkkaLb.Watching;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Registry.Etcd;

/// <summary>A cluster of balancers in etcd: keys <c>{prefix}/cluster/{id}</c> and <c>{prefix}/cluster-forming</c> under the members' leases, and
/// <c>{prefix}/cluster-generation</c> under none.</summary>
/// <remarks>See <see cref="ClusterFormation"/> for what they are for. Not thread-safe: one caller at a time.</remarks>
/// <param name="settings">Where etcd is.</param>
/// <param name="id">The balancer's name in etcd.</param>
/// <param name="ttl">Of the lease; whole seconds.</param>
/// <param name="timeProvider">Delays and deadlines; must follow real time, as etcd does.</param>
public sealed class EtcdClusterRegistry(EtcdSettings settings, string id, TimeSpan ttl, TimeProvider timeProvider) : IClusterRegistry
{
    private readonly EtcdConnection _connection = new(settings, timeProvider);
    private readonly RegistryKeys _keys = new(settings.Prefix);
    private readonly LeftOutValues _leftOut = new();
    private EtcdLeaseKeeper? _lease;

    /// <inheritdoc/>
    public async Task<ClusterSight> ReadAsync(CancellationToken cancellationToken)
    {
        var answer = await _connection.ReadTxnAsync(
            new TxnRequest
            {
                Success =
                {
                    new RequestOp { RequestRange = new RangeRequest { Key = _keys.Cluster.Start, RangeEnd = _keys.Cluster.End } },
                    new RequestOp { RequestRange = new RangeRequest { Key = _keys.ClusterForming } },
                    new RequestOp { RequestRange = new RangeRequest { Key = _keys.ClusterGeneration } },
                },
            },
            cancellationToken).ConfigureAwait(false);
        var entries = new List<ClusterEntry>();
        var forming = answer.Responses[1].ResponseRange.Kvs.SingleOrDefault();
        string? inTheWay = null;
        foreach (var kv in answer.Responses[0].ResponseRange.Kvs.Where(LeasedKey.IsAlive))
        {
            // A value that cannot be read is nobody's entry: whoever put it there cannot be joined.
            if (ClusterValue.TryParse(kv.Value.Memory, out var entry, out var problem))
            {
                entries.Add(entry with { Order = kv.CreateRevision });
            }
            else
            {
                inTheWay = $"{LogText.Of(kv.Key.ToStringUtf8())} in etcd is no balancer's entry and keeps a cluster from being formed: {problem}; "
                    + $"delete it";
            }
        }

        var generation = answer.Responses[2].ResponseRange.Kvs.SingleOrDefault()?.ModRevision ?? 0;
        return new ClusterSight(
            entries,
            forming is not null && LeasedKey.IsAlive(forming) ? new FormingLock(forming.ModRevision, forming.Lease == _lease?.LeaseId) : null,
            generation)
        {
            InTheWay = inTheWay,
            News = NewsOf([.. answer.Responses[0].ResponseRange.Kvs, .. answer.Responses[1].ResponseRange.Kvs]),
        };
    }

    /// <inheritdoc/>
    public Task<long?> BeginAsync(CancellationToken cancellationToken) => TakeLockAsync(
        LeasedKey.IsFree(_keys.Cluster), cancellationToken);

    /// <inheritdoc/>
    public Task<long?> RenewAsync(long seen, CancellationToken cancellationToken) => TakeLockAsync(
        LeasedKey.IsAt(_keys.ClusterGeneration, seen), cancellationToken);

    /// <inheritdoc/>
    public async Task<CancellationToken?> AnnounceAsync(ClusterEntry entry, bool endsForming, CancellationToken cancellationToken)
    {
        var lease = await LeaseAsync(cancellationToken).ConfigureAwait(false);
        var put = new PutRequest { Key = _keys.ClusterKey(id), Value = ByteString.CopyFrom(ClusterValue.Write(entry)), Lease = lease.LeaseId };
        var request = new TxnRequest
        {
            Compare = { LeasedKey.IsAt(_keys.ClusterGeneration, entry.Generation) },
            Success = { new RequestOp { RequestPut = put } },
        };
        if (endsForming)
        {
            request.Compare.Add(LeasedKey.IsUnder(_keys.ClusterForming, lease.LeaseId));
            request.Success.Add(new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = _keys.ClusterForming } });
        }

        return (await TxnAsync(lease, request, cancellationToken).ConfigureAwait(false)).Succeeded ? lease.Lost : null;
    }

    /// <inheritdoc/>
    public async Task WithdrawAsync()
    {
        if (_lease is { } lease)
        {
            _lease = null;
            await lease.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Revokes nothing: a lease that was not withdrawn runs out.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_lease is { } lease)
        {
            await lease.OrphanAsync().ConfigureAwait(false);
        }

        _connection.Dispose();
    }

    /// <summary>Takes the lock if nobody holds it and this holds too, and writes the generation in the same step.</summary>
    private async Task<long?> TakeLockAsync(Compare condition, CancellationToken cancellationToken)
    {
        var lease = await LeaseAsync(cancellationToken).ConfigureAwait(false);
        var value = ByteString.CopyFromUtf8(id);
        var answer = await TxnAsync(
            lease,
            new TxnRequest
            {
                Compare = { condition, LeasedKey.IsFree(_keys.ClusterForming) },
                Success =
                {
                    new RequestOp { RequestPut = new PutRequest { Key = _keys.ClusterForming, Value = value, Lease = lease.LeaseId } },
                    new RequestOp { RequestPut = new PutRequest { Key = _keys.ClusterGeneration, Value = value } },
                },
            },
            cancellationToken).ConfigureAwait(false);
        return answer.Succeeded ? answer.Header.Revision : null;
    }

    /// <summary>What is to be told of keys that nobody alive holds: each once, for as long as it stands.</summary>
    private List<string> NewsOf(IReadOnlyList<KeyValue> kvs)
    {
        // A list: long keys may look the same in a log.
        var dead = kvs.Where(kv => !LeasedKey.IsAlive(kv))
            .Select(kv => (Key: LogText.Of(kv.Key.ToStringUtf8()), Problem: LeasedKey.Problem(kv)!)).ToList();
        _leftOut.ForgetAllBut(dead.Select(d => d.Key).ToHashSet());
        var news = dead.Where(d => _leftOut.IsNews(d.Key, d.Problem)).Select(d => $"{d.Key} in etcd is left out: {d.Problem}").ToList();
        if (_leftOut.Sum() is > 0 and var more)
        {
            news.Add($"... and more keys of the cluster in etcd are left out: {more}");
        }

        return news;
    }

    private async Task<TxnResponse> TxnAsync(EtcdLeaseKeeper lease, TxnRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.TxnAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryUnavailableException e) when (e.IsLeaseGone)
        {
            // Gone, but the keeper has not noticed yet: the next try takes another.
            await lease.OrphanAsync().ConfigureAwait(false);
            _lease = null;
            throw;
        }
    }

    /// <summary>This node's lease, or a new one when that is lost.</summary>
    private async Task<EtcdLeaseKeeper> LeaseAsync(CancellationToken cancellationToken)
    {
        if (_lease is { IsHeld: true } held)
        {
            return held;
        }

        if (_lease is { } lost)
        {
            _lease = null;
            await lost.OrphanAsync().ConfigureAwait(false);
        }

        return _lease = await EtcdLeaseKeeper.GrantAsync(_connection, ttl, cancellationToken).ConfigureAwait(false);
    }
}
