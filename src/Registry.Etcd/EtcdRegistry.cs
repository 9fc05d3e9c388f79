using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Discovery.Etcd;
using AkkaLb.Endpoints;
using AkkaLb.Etcd;
using AkkaLb.Messages;
using AkkaLb.Watching;
using Etcdserverpb;
using Google.Protobuf;
using Member = AkkaLb.Core.Member;

namespace AkkaLb.Registry.Etcd;

/// <summary>The registry in etcd: keys <c>{prefix}/workers/{id}</c>, or <c>{prefix}/workers/{service}/{id}</c>, each under its
/// holder's lease, the balancers as a service beside them, and at <c>{prefix}/overrides/{id}</c>, under no lease, what operators want of
/// workers.</summary>
/// <remarks>
/// Thread-safe. Each request is tried once, with <see cref="EtcdSettings.RequestTimeout"/> as its deadline; a call makes at most a
/// handful of them. Registration order is the key's create revision: it survives a change of lease, not the loss of the key.
/// Disposing it ends open watches with <see cref="OperationCanceledException"/> and revokes nothing.
/// </remarks>
public sealed class EtcdRegistry : IWorkerRegistry, IBalancerRegistry, IOverrideRegistry
{
    /// <summary>How often an entry may change between our read and our write before we give up. Once is rare; this many is somebody's loop.</summary>
    private const int RoundsMax = 5;

    private readonly EtcdConnection _connection;
    private readonly EtcdRegistration _registration;
    private readonly RegistryKeys _keys;
    private readonly ConcurrentDictionary<long, TimeSpan> _ttls = new();
    private readonly CancellationTokenSource _disposed = new();

    /// <summary>Nothing is dialled yet; <see cref="ProbeAsync"/> finds out whether etcd is there.</summary>
    /// <param name="settings">Where etcd is, and how patient to be.</param>
    /// <param name="timeProvider">Delays and deadlines; must follow real time, as etcd does.</param>
    /// <param name="random">Jitter of reconnections only. The registry does not share it between threads.</param>
    /// <exception cref="ArgumentException">The settings cannot be used; the message lists every problem.</exception>
    public EtcdRegistry(EtcdSettings settings, TimeProvider timeProvider, Random random)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(random);
        _keys = new RegistryKeys(settings.Prefix);
        _connection = new EtcdConnection(settings, timeProvider);
        _registration = new EtcdRegistration(_connection);
        Services = new EtcdServices(_connection, random);
    }

    /// <summary>The service that balancers are registered as: <c>{prefix}/balancers/{id}</c>.</summary>
    public const string BalancersService = "balancers";

    /// <summary>Services below the same prefix, over the same connection: balancers, see <see cref="BalancersService"/>.</summary>
    public EtcdServices Services { get; }

    /// <inheritdoc/>
    public IBalancerAnnouncement Announce(BalancerEntry entry, OperatorLog log) => new BalancerAnnouncer(Services, entry, log);

    /// <summary>Finds out whether etcd answers, has a quorum and lets us read our keys.</summary>
    /// <exception cref="RegistryUnavailableException">It cannot be reached within the request timeout.</exception>
    /// <exception cref="RegistryRefusedException">It is not etcd, or refuses.</exception>
    public Task ProbeAsync(CancellationToken cancellationToken) => _connection.CountAsync(_keys.Workers, cancellationToken);

    /// <summary>The shortest lease that etcd grants, whoever asks: one and a half of its election timeouts, 2 s by default. It is taken and given
    /// back.</summary>
    /// <exception cref="RegistryUnavailableException">It cannot be reached within the request timeout.</exception>
    /// <exception cref="RegistryRefusedException">It refuses.</exception>
    public async Task<TimeSpan> ShortestLeaseAsync(CancellationToken cancellationToken)
    {
        var lease = await _connection.GrantAsync(TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(false);
        await _connection.RevokeAsync(lease.ID, cancellationToken).ConfigureAwait(false);
        return TimeSpan.FromSeconds(lease.TTL);
    }

    /// <inheritdoc/>
    public async Task<RegisterOutcome> RegisterAsync(WorkerRecord worker, TimeSpan ttl, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(worker);
        var outcome = await _registration.RegisterAsync(_keys.WorkerKey(worker.Id), worker, ttl, cancellationToken).ConfigureAwait(false);
        if (outcome is RegisterOutcome.Registered registered)
        {
            _ttls[registered.LeaseId] = registered.Ttl;
        }

        return outcome;
    }

    /// <inheritdoc/>
    public async Task<KeepAliveOutcome> KeepAliveAsync(long leaseId, CancellationToken cancellationToken)
    {
        var answer = await _connection.KeepAliveAsync(leaseId, TimeoutFor(leaseId), cancellationToken).ConfigureAwait(false);
        if (answer.TTL > 0)
        {
            return new KeepAliveOutcome.Kept(TimeSpan.FromSeconds(answer.TTL));
        }

        // A lease that is gone is no error to etcd: it answers OK with a TTL of zero.
        _ttls.TryRemove(leaseId, out _);
        return new KeepAliveOutcome.LeaseLost();
    }

    /// <inheritdoc/>
    public async Task<bool> UpdateAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(worker);
        return await _registration.UpdateAsync(_keys.WorkerKey(worker.Id), RegistryValue.Write(worker), leaseId, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<EntrySight> LookAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(worker);
        return BesideRenewalsAsync(leaseId, ct => _registration.LookAsync(_keys.WorkerKey(worker.Id), worker.Id, ct), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> PutBackAsync(long leaseId, WorkerRecord worker, long revision, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(worker);
        var value = RegistryValue.Write(worker);
        return BesideRenewalsAsync(
            leaseId, ct => _registration.PutBackAsync(_keys.WorkerKey(worker.Id), value, leaseId, revision, ct), cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeregisterAsync(long leaseId, CancellationToken cancellationToken)
    {
        _ttls.TryRemove(leaseId, out _);
        return _connection.RevokeAsync(leaseId, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Watched<Member>> WatchAsync(string? protocol, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        var watch = Services.WatchAsync(RegistryKeys.WorkersService, RegistryValue.ReaderFor(protocol), stop.Token);
        await foreach (var told in watch.ConfigureAwait(false))
        {
            yield return told;
        }
    }

    /// <inheritdoc/>
    public IAsyncDisposable SubscribeOverrides(Action<Watched<OverrideSight>> tell) =>
        Services.Subscribe(RegistryKeys.OverridesService, OverrideValue.Read, tell, mustGoOn: true, unusable: id => new OverrideSight(id, null));

    /// <inheritdoc/>
    public async Task<(IReadOnlyList<WorkerOverride> Overrides, IReadOnlyList<Watched<OverrideSight>.Skipped> Skipped)> ReadOverridesAsync(
        CancellationToken cancellationToken)
    {
        var (sights, skipped) = await Services.ReadAsync<OverrideSight>(RegistryKeys.OverridesService, OverrideValue.Read, cancellationToken)
            .ConfigureAwait(false);
        return ([.. sights.Select(sight => sight.Wanted!)], skipped);
    }

    /// <inheritdoc/>
    public async Task<WorkerOverride> ChangeOverrideAsync(
        string workerId, Func<WorkerOverride?, WorkerOverride> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var key = _keys.OverrideKey(workerId);
        for (var round = 0; round < RoundsMax; round++)
        {
            var answer = await _connection.RangeAsync(new RangeRequest { Key = key }, cancellationToken).ConfigureAwait(false);
            var found = answer.Kvs.SingleOrDefault();
            WorkerOverride? before = null;
            if (found is not null && !OverrideValue.TryParse(workerId, found.Value.Memory, out before, out var problem))
            {
                var name = LogText.Of(found.Key.ToStringUtf8());
                throw new RegistryRefusedException($"what stands at {name} cannot be read: {problem}; remove it with etcdctl del '{name}'");
            }

            var wanted = change(before);
            if (wanted.WorkerId != workerId)
            {
                throw new ArgumentException($"an order for {wanted.WorkerId} is none for {workerId}", nameof(change));
            }

            var write = wanted.IsNone
                ? new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = key } }
                : new RequestOp { RequestPut = new PutRequest { Key = key, Value = ByteString.CopyFrom(OverrideValue.Write(wanted)) } };
            var request = new TxnRequest { Compare = { LeasedKey.IsAt(key, found?.ModRevision ?? 0) }, Success = { write } };
            if ((await _connection.TxnAsync(request, cancellationToken).ConfigureAwait(false)).Succeeded)
            {
                return wanted;
            }
        }

        throw new RegistryUnavailableException($"what operators want of '{workerId}' kept changing while it was being changed");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync().ConfigureAwait(false);
        _connection.Dispose();
    }

    /// <summary>A third of the time to live, in which every member is asked if need be: a renewal that fails leaves time for another.</summary>
    private TimeSpan TimeoutFor(long leaseId) =>
        _ttls.TryGetValue(leaseId, out var ttl) && ttl / 3 < _connection.RequestTimeout ? ttl / 3 : _connection.RequestTimeout;

    /// <summary>Renewals wait for it, so it may not take longer than one.</summary>
    private async Task<T> BesideRenewalsAsync<T>(long leaseId, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        var timeout = TimeoutFor(leaseId);
        using var bound = new CancellationTokenSource(timeout, _connection.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        try
        {
            return await call(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (bound.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RegistryUnavailableException($"etcd at {_connection.Endpoints} did not answer within {timeout.TotalSeconds:0.#} s", e);
        }
    }
}
