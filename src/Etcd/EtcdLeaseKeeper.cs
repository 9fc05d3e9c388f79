using AkkaLb.Watching;

namespace AkkaLb.Etcd;

/// <summary>Holds one lease: renews it, and knows until when it surely lives.</summary>
/// <remarks>
/// etcd counts from the moment a renewal reaches it; we count from the moment it was sent, so that our deadline is never later than etcd's, as
/// long as our monotonic clock does not run slower than that of etcd's leader. Thread-safe. Nothing is renewed after the deadline: a lease that
/// was lost once stays lost.
/// </remarks>
public sealed class EtcdLeaseKeeper : IAsyncDisposable
{
    /// <summary>Renewals in one TTL: when one falls due two thirds of the TTL are left for it, and each try asks every member within one
    /// third.</summary>
    private const int RenewalsPerTtl = 3;

    private readonly EtcdConnection _connection;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _renewing;
    private long _heldUntil;
    private volatile string? _lostReason;
    private volatile string? _problem;

    private EtcdLeaseKeeper(EtcdConnection connection, long leaseId, TimeSpan ttl, long heldUntil)
    {
        (_connection, LeaseId, Ttl, _heldUntil) = (connection, leaseId, ttl, heldUntil);
        Lost = _lost.Token;
        _renewing = RenewAsync();
    }

    /// <summary>Names the lease in puts.</summary>
    public long LeaseId { get; }

    /// <summary>The granted time to live; etcd may grant more than was asked for.</summary>
    public TimeSpan Ttl { get; }

    /// <summary>Cancelled when the lease is lost: etcd does not know it any more, or could not be reached before the deadline.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Why it is not held any more, a sentence; null while it is, and when it was given back.</summary>
    public string? LostReason => _lostReason ?? (IsHeld || Volatile.Read(ref _heldUntil) == long.MinValue ? null : WhyNotRenewed);

    /// <summary>Whether the lease surely lives at this moment. Right also after the process was paused, before anything else had a chance to
    /// run.</summary>
    public bool IsHeld => !_lost.IsCancellationRequested && Time.GetTimestamp() < Volatile.Read(ref _heldUntil);

    /// <summary>The deadline has passed. Without a renewal that failed it was this process that did not run.</summary>
    private string WhyNotRenewed => _problem is { } problem
        ? $"it could not be renewed within its {Ttl.TotalSeconds:0} s: {problem}"
        : $"this process was paused for longer than the lease's {Ttl.TotalSeconds:0} s";

    private TimeProvider Time => _connection.TimeProvider;

    /// <summary>Takes a new lease and begins to renew it.</summary>
    /// <param name="connection">Must outlive the keeper.</param>
    /// <param name="ttl">Above zero; etcd counts whole seconds and rounds up.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="RegistryUnavailableException">etcd cannot be reached. Should it have granted a lease, that runs out by itself.</exception>
    /// <exception cref="RegistryRefusedException">etcd refuses.</exception>
    public static async Task<EtcdLeaseKeeper> GrantAsync(EtcdConnection connection, TimeSpan ttl, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var sent = connection.TimeProvider.GetTimestamp();
        var lease = await connection.GrantAsync(ttl, cancellationToken).ConfigureAwait(false);
        var granted = TimeSpan.FromSeconds(lease.TTL);
        return new EtcdLeaseKeeper(connection, lease.ID, granted, After(connection.TimeProvider, sent, granted));
    }

    /// <summary>Stops renewing without giving the lease back: it and its keys go when it runs out.</summary>
    public async Task OrphanAsync()
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Stops renewing and gives the lease back, its keys with it. Should etcd not hear of it, it runs out.</summary>
    public async ValueTask DisposeAsync() => await GiveBackAsync().ConfigureAwait(false);

    /// <summary>As <see cref="DisposeAsync"/>.</summary>
    /// <returns>Why etcd could not be told, a sentence; null: it was, or the lease had been lost before.</returns>
    public async Task<string?> GiveBackAsync()
    {
        await OrphanAsync().ConfigureAwait(false);
        Volatile.Write(ref _heldUntil, long.MinValue);
        if (_lost.IsCancellationRequested)
        {
            return null;
        }

        try
        {
            await _connection.RevokeAsync(LeaseId, CancellationToken.None).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException)
        {
            return e.Message;
        }
    }

    private static long After(TimeProvider time, long timestamp, TimeSpan span) => timestamp + (long)(span.TotalSeconds * time.TimestampFrequency);

    private async Task RenewAsync()
    {
        var period = Ttl / RenewalsPerTtl;
        // After a failure we do not wait for the next period: another member may answer.
        var pauseAfterFailure = Min(period, _connection.Settings.ReconnectDelayMin);
        var pause = period;
        try
        {
            while (true)
            {
                await Task.Delay(pause, Time, _stopped.Token).ConfigureAwait(false);
                if (!IsHeld)
                {
                    Lose(WhyNotRenewed);
                    return;
                }

                var sent = Time.GetTimestamp();
                try
                {
                    var answer = await _connection.KeepAliveAsync(
                        LeaseId, Min(period, _connection.RequestTimeout), _stopped.Token).ConfigureAwait(false);
                    if (answer.TTL <= 0)
                    {
                        Lose("etcd does not know the lease any more: it ran out or was revoked");
                        return;
                    }

                    if (!IsHeld)
                    {
                        // Answered too late: somebody may have been told that it is gone.
                        Lose(WhyNotRenewed);
                        return;
                    }

                    Volatile.Write(ref _heldUntil, After(Time, sent, TimeSpan.FromSeconds(answer.TTL)));
                    (pause, _problem) = (period, null);
                }
                catch (Exception e) when (!_stopped.IsCancellationRequested)
                {
                    // Whatever it was: the deadline stands, and Lost is cancelled behind it.
                    (pause, _problem) = (pauseAfterFailure, e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // Orphaned or disposed.
        }
    }

    private void Lose(string reason)
    {
        _lostReason = reason;
        _lost.Cancel();
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
