using dotnet_etcd;
using Etcdserverpb;
using Grpc.Core;

namespace AkkaLb.Etcd;

/// <summary>One cluster and how to ask it: every unary call with a deadline, every fault translated. Thread-safe.</summary>
/// <remarks>It uses the package's channel and generated clients. The package's own watch and keepalive loops are left alone: they lose
/// events on reconnection and do not tell when they end.</remarks>
public sealed class EtcdConnection : IDisposable
{
    private readonly EtcdClient _client;

    /// <summary>Nothing is dialled yet.</summary>
    /// <param name="settings">Where etcd is, and how patient to be.</param>
    /// <param name="timeProvider">Delays and deadlines; must follow real time, as etcd does.</param>
    /// <exception cref="ArgumentException">The settings cannot be used; the message lists every problem.</exception>
    public EtcdConnection(EtcdSettings settings, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(timeProvider);
        if (settings.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(settings));
        }

        (Settings, TimeProvider) = (settings, timeProvider);
        Endpoints = string.Join(", ", settings.Endpoints);
        _client = EtcdChannel.Open(settings);
    }

    public EtcdSettings Settings { get; }

    /// <summary>Whom we ask, for messages.</summary>
    public string Endpoints { get; }

    /// <summary>Deadline of every unary call.</summary>
    public TimeSpan RequestTimeout => Settings.RequestTimeout;

    public TimeProvider TimeProvider { get; }

    /// <summary>Sent on both kinds of streams: a member that lost its leader then ends them instead of staying silent.</summary>
    private static Metadata HasLeader => new() { { "hasleader", "true" } };

    public Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _client.GetConnection().KVClient.RangeAsync(request, options), cancellationToken);

    /// <summary>A linearizable read that returns no keys: is etcd there, with a quorum, and how far is it.</summary>
    public Task<RangeResponse> CountAsync(EtcdKeyRange keys, CancellationToken cancellationToken) =>
        RangeAsync(new RangeRequest { Key = keys.Start, RangeEnd = keys.End, CountOnly = true }, cancellationToken);

    /// <summary>A linearizable read of all keys of the range.</summary>
    public Task<RangeResponse> ReadAsync(EtcdKeyRange keys, CancellationToken cancellationToken) =>
        RangeAsync(new RangeRequest { Key = keys.Start, RangeEnd = keys.End }, cancellationToken);

    public Task<PutResponse> PutAsync(PutRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _client.GetConnection().KVClient.PutAsync(request, options), cancellationToken);

    public Task<TxnResponse> TxnAsync(TxnRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _client.GetConnection().KVClient.TxnAsync(request, options), cancellationToken);

    public Task<StatusResponse> StatusAsync(CancellationToken cancellationToken) =>
        CallAsync(options => _client.GetConnection().MaintenanceClient.StatusAsync(new StatusRequest(), options), cancellationToken);

    /// <summary>A new lease. Should the answer get lost, it holds no keys and runs out by itself.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="ttl"/> is not above zero.</exception>
    public Task<LeaseGrantResponse> GrantAsync(TimeSpan ttl, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ttl, TimeSpan.Zero);
        var request = new LeaseGrantRequest { TTL = (long)Math.Ceiling(ttl.TotalSeconds) };
        return CallAsync(options => _client.GetConnection().LeaseClient.LeaseGrantAsync(request, options), cancellationToken);
    }

    /// <summary>Ends the lease and all its keys; one that is gone already counts as done.</summary>
    public async Task RevokeAsync(long leaseId, CancellationToken cancellationToken)
    {
        try
        {
            var request = new LeaseRevokeRequest { ID = leaseId };
            await CallAsync(options => _client.GetConnection().LeaseClient.LeaseRevokeAsync(request, options), cancellationToken).ConfigureAwait(false);
        }
        catch (EtcdUnavailableException e) when (e.IsLeaseGone)
        {
        }
    }

    /// <summary>One renewal on a stream of its own: nothing waits behind another lease's answer, and each may go to another member.</summary>
    /// <returns>etcd's answer; a TTL of zero or less when it does not know the lease.</returns>
    public Task<LeaseKeepAliveResponse> KeepAliveAsync(long leaseId, CancellationToken cancellationToken) =>
        KeepAliveAsync(leaseId, RequestTimeout, cancellationToken);

    /// <inheritdoc cref="KeepAliveAsync(long, CancellationToken)"/>
    /// <param name="leaseId">Which lease.</param>
    /// <param name="timeout">Deadline of this renewal in place of the request timeout: a short lease cannot wait that long for a silent member.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<LeaseKeepAliveResponse> KeepAliveAsync(long leaseId, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            using var call = _client.GetConnection().LeaseClient.LeaseKeepAlive(HasLeader, Deadline(timeout), cancellationToken);
            await call.RequestStream.WriteAsync(new LeaseKeepAliveRequest { ID = leaseId }, cancellationToken).ConfigureAwait(false);
            while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                if (call.ResponseStream.Current.ID == leaseId)
                {
                    return call.ResponseStream.Current;
                }
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            throw EtcdFaults.Translate(e, Endpoints, timeout, cancellationToken);
        }

        throw new EtcdUnavailableException($"etcd at {Endpoints} ended a renewal without an answer");
    }

    /// <summary>Opens a watch stream; it has no deadline, whoever opens it disposes it.</summary>
    public AsyncDuplexStreamingCall<WatchRequest, WatchResponse> OpenWatch(CancellationToken cancellationToken) =>
        _client.GetConnection().WatchClient.Watch(HasLeader, deadline: null, cancellationToken);

    public void Dispose() => _client.Dispose();

    private DateTime Deadline(TimeSpan timeout) => TimeProvider.GetUtcNow().UtcDateTime + timeout;

    private async Task<TResponse> CallAsync<TResponse>(Func<CallOptions, AsyncUnaryCall<TResponse>> start, CancellationToken cancellationToken)
    {
        try
        {
            using var call = start(new CallOptions(deadline: Deadline(RequestTimeout), cancellationToken: cancellationToken));
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            throw EtcdFaults.Translate(e, Endpoints, RequestTimeout, cancellationToken);
        }
    }
}
