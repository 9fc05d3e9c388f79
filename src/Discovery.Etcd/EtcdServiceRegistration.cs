using System.Threading.Channels;
using AkkaLb.Etcd;
using AkkaLb.Watching;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Discovery.Etcd;

/// <summary>Keeps one instance registered under a lease until it is disposed. Thread-safe.</summary>
/// <remarks>
/// A lost lease (etcd wiped, or away for longer than the time to live) means a new one and a new registration, with back-off and jitter between
/// tries. Once in a time to live it also looks whether its key still stands, so that one deleted or written over by hand comes back.
/// It ends early only when another process holds the id:
/// see <see cref="ConflictRule"/>. Everything runs in one flow of control, so that nothing but the wanted value needs a lock.
/// </remarks>
public sealed class EtcdServiceRegistration : IAsyncDisposable
{
    /// <summary>How often the key may change between our read and our write before we pause.</summary>
    private const int RoundsMax = 5;

    private readonly EtcdConnection _connection;
    private readonly ByteString _key;
    private readonly RegistrationOptions _options;
    private readonly Action<RegistrationEvent> _onEvent;
    private readonly InstanceClaim _claim;
    private readonly ReconnectBackoff _backoff;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource> _waiters = [];
    private readonly Task _running;

    /// <summary>Kinds of trouble that were told and last: etcd cannot be reached, etcd refuses.</summary>
    private readonly HashSet<Type> _told = [];

    private ServiceInstance _instance;
    private ByteString _wanted;

    /// <summary>What the key holds if nobody but us writes it: the value that is surely there, or the one that was tried last.</summary>
    private ByteString? _written;
    private ByteString? _tried;
    private bool _wasRegistered;
    private bool _isRegistered;
    private bool _hasEnded;
    private long _leaseTtlTicks;

    internal EtcdServiceRegistration(
        EtcdConnection connection,
        string service,
        ByteString key,
        ServiceInstance instance,
        RegistrationOptions options,
        Random random,
        Action<RegistrationEvent> onEvent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LeaseTtl, TimeSpan.FromSeconds(1), nameof(options));
        (_connection, _key, _options, _onEvent, _instance) = (connection, key, options, onEvent, instance);
        // etcd rounds up to whole seconds.
        _leaseTtlTicks = TimeSpan.FromSeconds(Math.Ceiling(options.LeaseTtl.TotalSeconds)).Ticks;
        _wanted = ByteString.CopyFrom(ServiceInstanceValue.Write(instance));
        _claim = new InstanceClaim($"instance \"{instance.Id}\" of \"{service}\"", options.OnConflict, options.LeaseTtl);
        _backoff = new ReconnectBackoff(connection.Settings.ReconnectDelayMin, connection.Settings.ReconnectDelayMax, random);
        _running = Task.Run(RunAsync);
    }

    /// <summary>What is, or is going to be, registered.</summary>
    public ServiceInstance Instance
    {
        get
        {
            lock (_lock)
            {
                return _instance;
            }
        }
    }

    /// <summary>Completes with the first registration. Faults with <see cref="InstanceTakenException"/> when another process holds the id; is
    /// cancelled when disposed before. While etcd is away it waits: bound it with <c>WaitAsync</c>.</summary>
    public Task Registered => _registered.Task;

    /// <summary>Whether the instance is registered, as far as this process can know: its lease has not been lost.</summary>
    public bool IsRegistered => Volatile.Read(ref _isRegistered);

    /// <summary>Time to live of the lease: as it was granted last, which may be more than was asked for.</summary>
    public TimeSpan LeaseTtl => new(Volatile.Read(ref _leaseTtlTicks));

    /// <summary>Completes when the registration has ended: disposed, or because another process holds the id. Faults when something unforeseen
    /// ended it, such as a callback that threw; <see cref="Registered"/> then faults too, and the instance has been taken out.</summary>
    public Task Completion => _running;

    private TimeProvider Time => _connection.TimeProvider;

    private TimeSpan Now => Time.GetElapsedTime(0);

    /// <summary>Says something else of the instance from now on, under the same lease, also after later losses.</summary>
    /// <param name="instance">With the same id.</param>
    /// <param name="cancellationToken">Ends the waiting, not the update.</param>
    /// <returns>Completes when this, or something still later, is written.</returns>
    /// <exception cref="ArgumentException">Another id, or the instance breaks a rule.</exception>
    /// <exception cref="ObjectDisposedException">The registration has ended, or ends before it is written.</exception>
    public Task UpdateAsync(ServiceInstance instance, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var value = ByteString.CopyFrom(ServiceInstanceValue.Write(instance));
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (instance.Id != _instance.Id)
            {
                throw new ArgumentException($"the registration is of '{_instance.Id}', not of '{instance.Id}'", nameof(instance));
            }

            ObjectDisposedException.ThrowIf(_hasEnded, this);
            (_instance, _wanted) = (instance, value);
            _waiters.Add(written);
        }

        _changes.Writer.TryWrite(true);
        return written.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Takes the instance out of etcd, and waits for that, no longer than the request timeout. Should etcd not hear of it, the lease
    /// runs out.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        EtcdLeaseKeeper? lease = null;
        try
        {
            while (true)
            {
                try
                {
                    if (lease is { IsHeld: false })
                    {
                        Lost($"its lease was lost: {lease.LostReason}");
                        lease = await GiveBackAsync(lease).ConfigureAwait(false);
                    }

                    lease ??= await GrantAsync().ConfigureAwait(false);
                    if (await ClaimAsync(lease).ConfigureAwait(false))
                    {
                        await UntilDueAsync(lease).ConfigureAwait(false);
                    }
                    else
                    {
                        Lost("another process holds its key");
                        await Task.Delay(_options.LeaseTtl / 10, Time, _stop.Token).ConfigureAwait(false);
                    }
                }
                catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException)
                {
                    _claim.Interrupted();
                    if (e is RegistryUnavailableException { IsLeaseGone: true })
                    {
                        Lost("etcd does not know the lease any more");
                        lease = await GiveBackAsync(lease).ConfigureAwait(false);
                    }
                    else if ((!_isRegistered || e is RegistryRefusedException) && _told.Add(e.GetType()))
                    {
                        // An outage while the lease is held may pass without harm; a refusal lasts until somebody mends it.
                        _onEvent(new RegistrationEvent.Trouble(e.Message));
                    }

                    await Task.Delay(_backoff.Next(), Time, _stop.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _registered.TrySetCanceled(_stop.Token);
        }
        catch (InstanceTakenException e)
        {
            _registered.TrySetException(e);
            _ = _registered.Task.Exception;
            _onEvent(new RegistrationEvent.Taken(e.Message, e.Holder));
        }
        catch (Exception e)
        {
            _registered.TrySetException(e);
            _ = _registered.Task.Exception;
            throw;
        }
        finally
        {
            var isLeft = _isRegistered && _stop.IsCancellationRequested;
            Volatile.Write(ref _isRegistered, false);
            try
            {
                if (lease is not null && await lease.GiveBackAsync().ConfigureAwait(false) is { } problem && isLeft)
                {
                    _onEvent(new RegistrationEvent.NotTakenOut(problem));
                }
            }
            finally
            {
                End();
            }
        }
    }

    private async Task<EtcdLeaseKeeper> GrantAsync()
    {
        var lease = await EtcdLeaseKeeper.GrantAsync(_connection, _options.LeaseTtl, _stop.Token).ConfigureAwait(false);
        _claim.Granted(lease.LeaseId, lease.Ttl);
        var isLonger = lease.Ttl > LeaseTtl;
        Volatile.Write(ref _leaseTtlTicks, lease.Ttl.Ticks);
        if (isLonger)
        {
            _onEvent(new RegistrationEvent.LongerLease(_options.LeaseTtl, lease.Ttl));
        }

        return lease;
    }

    /// <summary>Makes sure that the key is ours and holds the wanted value. False: somebody else's at present.</summary>
    /// <exception cref="InstanceTakenException">Somebody else's, for good.</exception>
    private async Task<bool> ClaimAsync(EtcdLeaseKeeper lease)
    {
        for (var round = 0; round < RoundsMax; round++)
        {
            var wanted = Wanted();
            var read = await _connection.RangeAsync(new RangeRequest { Key = _key }, _stop.Token).ConfigureAwait(false);
            var found = read.Kvs.SingleOrDefault();
            var step = _claim.Next(found is null ? null : new KeyHolder(found.Lease, found.ModRevision), lease.LeaseId, Now);
            switch (step)
            {
                case ClaimStep.Keep when found!.Value == wanted:
                    IsWritten(wanted);
                    return true;
                case ClaimStep.Keep(var revision):
                    if (found!.Value != _written && found.Value != _tried)
                    {
                        Lost("its key was written over");
                    }

                    step = new ClaimStep.Take(revision);
                    break;
                case ClaimStep.Wait:
                    return false;
                case ClaimStep.GiveUp(var sentence):
                    throw Taken(sentence, found!);
                case ClaimStep.Create:
                    Lost("its key was deleted");
                    break;
                case ClaimStep.Take when found!.Lease == 0:
                    Lost("its key was written over without a lease");
                    break;
                default:
                    break;
            }

            if (await PutAsync(step, wanted, lease.LeaseId).ConfigureAwait(false))
            {
                IsWritten(wanted);
                return true;
            }
        }

        throw new RegistryUnavailableException($"the key {_key.ToStringUtf8()} kept changing while it was being registered");
    }

    private async Task<bool> PutAsync(ClaimStep step, ByteString value, long leaseId)
    {
        _tried = value;
        var condition = LeasedKey.IsAt(_key, step is ClaimStep.Take take ? take.ModRevision : 0);
        return (await LeasedKey.PutIfAsync(_connection, condition, value, leaseId, _stop.Token).ConfigureAwait(false)).IsDone;
    }

    /// <summary>Returns when the lease is lost, another value is wanted, or it is time to look at the key.</summary>
    private async Task UntilDueAsync(EtcdLeaseKeeper lease)
    {
        using var check = new CancellationTokenSource(lease.Ttl, Time);
        using var wake = CancellationTokenSource.CreateLinkedTokenSource(check.Token, lease.Lost, _stop.Token);
        try
        {
            await _changes.Reader.ReadAsync(wake.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _stop.Token.ThrowIfCancellationRequested();
        }
    }

    private void IsWritten(ByteString value)
    {
        _claim.Registered();
        _backoff.Reset();
        _written = value;
        if (!_isRegistered || _told.Count > 0)
        {
            _told.Clear();
            Volatile.Write(ref _isRegistered, true);
            _onEvent(new RegistrationEvent.Registered(_wasRegistered));
            _wasRegistered = true;
            _registered.TrySetResult();
        }

        EndWaiters(value);
    }

    private void Lost(string reason)
    {
        if (_isRegistered)
        {
            Volatile.Write(ref _isRegistered, false);
            _onEvent(new RegistrationEvent.Lost(reason));
        }
    }

    private ByteString Wanted()
    {
        lock (_lock)
        {
            return _wanted;
        }
    }

    private void EndWaiters(ByteString written)
    {
        lock (_lock)
        {
            // Another value came meanwhile: its signal is waiting, and the next round ends both.
            if (ReferenceEquals(written, _wanted))
            {
                _waiters.ForEach(w => w.TrySetResult());
                _waiters.Clear();
            }
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            _waiters.ForEach(w => w.TrySetException(new ObjectDisposedException(nameof(EtcdServiceRegistration), "the registration has ended")));
            _waiters.Clear();
        }
    }

    private static async Task<EtcdLeaseKeeper?> GiveBackAsync(EtcdLeaseKeeper? lease)
    {
        if (lease is not null)
        {
            await lease.DisposeAsync().ConfigureAwait(false);
        }

        return null;
    }

    private InstanceTakenException Taken(string sentence, KeyValue holder) =>
        ServiceInstanceValue.TryParse(_instance.Id, holder.Value.Memory, out var other, out _)
            ? new InstanceTakenException($"{sentence}, at {other.Host}:{other.Port}", other)
            : new InstanceTakenException(sentence, holder: null);
}
