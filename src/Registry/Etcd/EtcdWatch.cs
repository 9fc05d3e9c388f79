using System.Threading.Channels;
using Etcdserverpb;

namespace AkkaLb.Registry.Etcd;

/// <summary>Keeps one watch of the workers alive across outages, and writes what it learns, in order, without a gap.</summary>
/// <remarks>
/// A session is: a linearizable read, which decides between going on and a new snapshot; a stream from the revision behind it; then
/// events and liveness reads until one of them ends it. Everything runs in one flow of control, so that nothing here needs a lock.
/// </remarks>
internal sealed class EtcdWatch(EtcdConnection connection, KeyRange keys, EtcdSettings settings, Random random, ChannelWriter<RegistryEvent> output)
{
    private readonly WatchPosition _position = new();
    private readonly MembershipTranslator _translator = new(keys);
    private readonly ReconnectBackoff _backoff = new(settings.ReconnectDelayMin, settings.ReconnectDelayMax, random);
    private readonly int _checksPerResync = (int)Math.Ceiling(settings.ResyncInterval / settings.LivenessInterval);
    private int _checks;
    private bool _isDisconnected;

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="RegistryRefusedException">etcd refuses for good.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await RunSessionAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryUnavailableException e)
            {
                if (!_isDisconnected)
                {
                    _isDisconnected = true;
                    await output.WriteAsync(new RegistryEvent.Disconnected(e.Message), cancellationToken).ConfigureAwait(false);
                }
            }

            await Task.Delay(_backoff.Next(), connection.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Returns when the position no longer counts and a new session has to begin with a snapshot; throws when the stream is lost.</summary>
    private async Task RunSessionAsync(CancellationToken cancellationToken)
    {
        var snapshot = await ReadUnlessResumableAsync(cancellationToken).ConfigureAwait(false);
        var told = snapshot?.Header.Revision ?? _position.Revision!.Value;
        using var stream = await EtcdWatchStream.OpenAsync(connection, keys, told + 1, cancellationToken).ConfigureAwait(false);
        if (snapshot is not null && snapshot.Header.ClusterId != stream.ClusterId)
        {
            throw new RegistryUnavailableException($"the endpoints {connection.Endpoints} belong to different clusters");
        }

        _backoff.Reset();
        if (_isDisconnected)
        {
            _isDisconnected = false;
            await output.WriteAsync(new RegistryEvent.Connected(), cancellationToken).ConfigureAwait(false);
        }

        if (snapshot is not null)
        {
            await TellSnapshotAsync(snapshot, cancellationToken).ConfigureAwait(false);
        }

        await FollowAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Null when the watch can go on from its position.</summary>
    private async Task<RangeResponse?> ReadUnlessResumableAsync(CancellationToken cancellationToken)
    {
        if (_position.Revision is { } told)
        {
            var head = (await connection.CountAsync(keys, cancellationToken).ConfigureAwait(false)).Header;
            if (_position.WhyStale(head.ClusterId, head.Revision, told) is null)
            {
                return null;
            }
        }

        return await connection.ReadAsync(keys, cancellationToken).ConfigureAwait(false);
    }

    private async Task FollowAsync(EtcdWatchStream stream, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failures = 0;
        var next = stream.NextAsync();
        var check = CheckAfterIntervalAsync(stop.Token);
        try
        {
            while (true)
            {
                await Task.WhenAny(next, check).ConfigureAwait(false);
                if (next.IsCompleted)
                {
                    var response = await next.ConfigureAwait(false);
                    failures = 0;
                    if (!await TellAsync(response, cancellationToken).ConfigureAwait(false))
                    {
                        return;
                    }

                    next = stream.NextAsync();
                }
                else
                {
                    var outcome = await check.ConfigureAwait(false);
                    failures = outcome.Problem is null ? 0 : failures + 1;
                    if (failures >= settings.LivenessFailuresMax)
                    {
                        throw outcome.Problem!;
                    }

                    if (outcome.Answer is not null && !await CompareAsync(outcome, cancellationToken).ConfigureAwait(false))
                    {
                        return;
                    }

                    check = CheckAfterIntervalAsync(stop.Token);
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            stream.Dispose();
            // What they end with was told already, or does not matter any more.
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)check).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Tells the events of one message, one change event a revision. False when only a new snapshot helps.</summary>
    private async Task<bool> TellAsync(WatchResponse response, CancellationToken cancellationToken)
    {
        if (response.Canceled)
        {
            if (response.CompactRevision == 0)
            {
                throw EtcdFaults.WatchCanceled(response.CancelReason, connection.Endpoints);
            }

            _position.Forget();
            return false;
        }

        // Progress messages hold no events and pass through here without effect. They do not move the position: in etcd before 3.4.25
        // and 3.5.8 they can overtake events.
        foreach (var revision in response.Events.GroupBy(e => e.Kv.ModRevision).Where(r => _position.IsNew(r.Key)))
        {
            foreach (var told in _translator.Apply(revision.Key, revision))
            {
                await output.WriteAsync(told, cancellationToken).ConfigureAwait(false);
            }

            _position.Advance(revision.Key);
        }

        return true;
    }

    private async Task TellSnapshotAsync(RangeResponse snapshot, CancellationToken cancellationToken)
    {
        foreach (var told in _translator.Snapshot(snapshot.Header.Revision, snapshot.Kvs))
        {
            await output.WriteAsync(told, cancellationToken).ConfigureAwait(false);
        }

        _position.Set(snapshot.Header.ClusterId, snapshot.Header.Revision);
    }

    /// <summary>Asks etcd, after the interval, how far it is; now and then also for all keys.</summary>
    private async Task<Check> CheckAfterIntervalAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(settings.LivenessInterval, connection.TimeProvider, cancellationToken).ConfigureAwait(false);
        var isFull = ++_checks % _checksPerResync == 0;
        // Known before the question is sent: a linearizable answer cannot be older than that.
        var toldThen = _position.Revision;
        try
        {
            var answer = isFull
                ? await connection.ReadAsync(keys, cancellationToken).ConfigureAwait(false)
                : await connection.CountAsync(keys, cancellationToken).ConfigureAwait(false);
            return new Check(answer, isFull, toldThen, Problem: null);
        }
        catch (RegistryUnavailableException e)
        {
            return new Check(Answer: null, isFull, toldThen, e);
        }
    }

    /// <summary>Compares a liveness read with what was told. False when only a new session with a snapshot helps.</summary>
    private async Task<bool> CompareAsync(Check check, CancellationToken cancellationToken)
    {
        var header = check.Answer!.Header;
        if (_position.WhyStale(header.ClusterId, header.Revision, check.ToldThen) is not null)
        {
            _position.Forget();
            return false;
        }

        // Read before the last event told: says nothing new. Otherwise the snapshot comes first and its events are passed over later.
        if (check.IsFull && header.Revision >= _position.Revision && _translator.IsDifferent(check.Answer.Kvs))
        {
            await TellSnapshotAsync(check.Answer, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>One liveness read: an answer, or the problem it met.</summary>
    private sealed record Check(RangeResponse? Answer, bool IsFull, long? ToldThen, RegistryUnavailableException? Problem);
}
