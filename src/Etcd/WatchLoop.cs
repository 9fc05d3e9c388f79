using System.Threading.Channels;
using AkkaLb.Watching;
using Etcdserverpb;

namespace AkkaLb.Etcd;

/// <summary>Keeps one watch of a range alive across outages, and writes what it learns, in order, without a gap.</summary>
/// <remarks>
/// A session is: a linearizable read, which decides between continuing and a new snapshot; a stream from the revision behind it; then
/// events and liveness reads until one of them ends it. Everything runs in one flow of control, so that nothing here needs a lock.
/// </remarks>
internal sealed class WatchLoop<T>
    where T : class
{
    private readonly EtcdConnection _connection;
    private readonly KeyTable<T> _table;
    private readonly ChannelWriter<Watched<T>> _output;
    private readonly WatchPosition _position = new();
    private readonly ReconnectBackoff _backoff;
    private readonly int _checksPerResync;

    private int _checks;
    private long? _behindAt;
    private string? _because;
    private bool _isDisconnected;
    private long? _openedAt;
    private bool _isCut;

    public WatchLoop(EtcdConnection connection, KeyTable<T> table, Random random, ChannelWriter<Watched<T>> output)
    {
        (_connection, _table, _output) = (connection, table, output);
        _backoff = new ReconnectBackoff(Settings.ReconnectDelayMin, Settings.ReconnectDelayMax, random);
        _checksPerResync = (int)Math.Ceiling(Settings.ResyncInterval / Settings.LivenessInterval);
    }

    /// <summary>How long an event may be on its way while a read shows its effect already.</summary>
    private static readonly TimeSpan EventsArriveWithin = TimeSpan.FromSeconds(1);

    private EtcdSettings Settings => _connection.Settings;

    private EtcdKeyRange Keys => _table.Keys;

    /// <summary>Runs until cancelled, or until etcd refuses for good; the output ends with what ended it.</summary>
    public async Task RunToEndAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Handed to the consumer, who alone can act on it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _output.TryComplete(e);
        }
    }

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="RegistryRefusedException">etcd refuses for good.</exception>
    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await RunSessionAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryUnavailableException e)
            {
                // A stream that was cut, by a proxy that ends quiet ones say, resumes at once and without loss while etcd answers: worth no word.
                var isWorthNothing = ResetIfItLasted() && _isCut;
                if (!_isDisconnected && !isWorthNothing)
                {
                    _isDisconnected = true;
                    await _output.WriteAsync(new Watched<T>.Down(e.Message), cancellationToken).ConfigureAwait(false);
                }
            }

            _isCut = false;
            await Task.Delay(_backoff.Next(), _connection.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A stream that broke as soon as it was open is no reason to hurry.</summary>
    /// <returns>Whether it lasted.</returns>
    private bool ResetIfItLasted()
    {
        var hasLasted = _openedAt is { } openedAt && _connection.TimeProvider.GetElapsedTime(openedAt) >= _connection.Settings.ReconnectDelayMax;
        if (hasLasted)
        {
            _backoff.Reset();
        }

        _openedAt = null;
        return hasLasted;
    }

    /// <summary>Returns when the position no longer counts and a new session has to begin with a snapshot; throws when the stream is lost.</summary>
    private async Task RunSessionAsync(CancellationToken cancellationToken)
    {
        var snapshot = await ReadUnlessResumableAsync(cancellationToken).ConfigureAwait(false);
        var told = snapshot?.Header.Revision ?? _position.Revision!.Value;
        using var stream = await EtcdWatchStream.OpenAsync(_connection, Keys, told + 1, cancellationToken).ConfigureAwait(false);
        if (snapshot is not null && snapshot.Header.ClusterId != stream.ClusterId)
        {
            throw new RegistryUnavailableException($"the endpoints {_connection.Endpoints} belong to different clusters");
        }

        _openedAt = _connection.TimeProvider.GetTimestamp();
        if (_isDisconnected)
        {
            _isDisconnected = false;
            await _output.WriteAsync(new Watched<T>.Up(), cancellationToken).ConfigureAwait(false);
        }

        if (snapshot is not null)
        {
            await TellSnapshotAsync(snapshot, cancellationToken).ConfigureAwait(false);
        }

        await FollowAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Null when the watch can continue from its position.</summary>
    private async Task<RangeResponse?> ReadUnlessResumableAsync(CancellationToken cancellationToken)
    {
        if (_position.Revision is { } told)
        {
            var head = (await _connection.CountAsync(Keys, cancellationToken).ConfigureAwait(false)).Header;
            if (_position.WhyStale(head.ClusterId, head.Revision, told) is not { } why)
            {
                return null;
            }

            _because = why;
        }

        return await _connection.ReadAsync(Keys, cancellationToken).ConfigureAwait(false);
    }

    private async Task FollowAsync(EtcdWatchStream stream, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failures = 0;
        _behindAt = null;
        var next = stream.NextAsync();
        var check = CheckAfterIntervalAsync(stop.Token);
        try
        {
            while (true)
            {
                await Task.WhenAny(next, check).ConfigureAwait(false);
                if (next.IsCompleted)
                {
                    _isCut = next.IsFaulted;
                    var response = await next.ConfigureAwait(false);
                    failures = 0;
                    if (!await TellAsync(stream, response, cancellationToken).ConfigureAwait(false))
                    {
                        return;
                    }

                    next = stream.NextAsync();
                }
                else
                {
                    var outcome = await check.ConfigureAwait(false);
                    failures = outcome.Problem is null ? 0 : failures + 1;
                    if (failures >= Settings.LivenessFailuresMax)
                    {
                        throw outcome.Problem!;
                    }

                    if (outcome.Answer is not null && !await CompareAsync(stream, outcome, cancellationToken).ConfigureAwait(false))
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

    /// <summary>Tells the events of one message, one revision after the other. False when only a new snapshot helps.</summary>
    private async Task<bool> TellAsync(EtcdWatchStream stream, WatchResponse response, CancellationToken cancellationToken)
    {
        if (response.Canceled)
        {
            if (response.CompactRevision == 0)
            {
                throw EtcdFaults.WatchCanceled(response.CancelReason, stream.Endpoint, Settings);
            }

            _because = $"etcd has compacted what came behind revision {_position.Revision}, everything before {response.CompactRevision}";
            _position.Forget();
            return false;
        }

        // Progress messages hold no events and pass through here without effect. They do not move the position: in etcd before 3.4.25
        // and 3.5.8 they can overtake events.
        foreach (var revision in response.Events.GroupBy(e => e.Kv.ModRevision).Where(r => _position.IsNew(r.Key)))
        {
            await WriteAsync(_table.Apply(revision, revision.Key), cancellationToken).ConfigureAwait(false);
            _position.Advance(revision.Key);
        }

        return true;
    }

    private async Task TellSnapshotAsync(RangeResponse snapshot, CancellationToken cancellationToken)
    {
        await WriteAsync(_table.Reset(snapshot.Kvs, snapshot.Header.Revision, _because), cancellationToken).ConfigureAwait(false);
        _because = null;
        _position.Set(snapshot.Header.ClusterId, snapshot.Header.Revision);
    }

    private async Task WriteAsync(IReadOnlyList<Watched<T>> told, CancellationToken cancellationToken)
    {
        foreach (var one in told)
        {
            await _output.WriteAsync(one, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks etcd, after the interval, how far it is; now and then also for all keys.</summary>
    private async Task<Check> CheckAfterIntervalAsync(CancellationToken cancellationToken)
    {
        var delay = _behindAt is not null && EventsArriveWithin < Settings.LivenessInterval ? EventsArriveWithin : Settings.LivenessInterval;
        await Task.Delay(delay, _connection.TimeProvider, cancellationToken).ConfigureAwait(false);
        var isFull = ++_checks % _checksPerResync == 0;
        // Known before the question is sent: a linearizable answer cannot be older than that.
        var toldThen = _position.Revision;
        try
        {
            var answer = isFull
                ? await _connection.ReadAsync(Keys, cancellationToken).ConfigureAwait(false)
                : await _connection.NewestAsync(Keys, cancellationToken).ConfigureAwait(false);
            return new Check(answer, isFull, toldThen, Problem: null);
        }
        catch (RegistryUnavailableException e)
        {
            return new Check(Answer: null, isFull, toldThen, e);
        }
    }

    /// <summary>Compares a liveness read with what was told. False when only a new session with a snapshot helps.</summary>
    /// <exception cref="RegistryUnavailableException">The stream is silent about what etcd holds.</exception>
    private async Task<bool> CompareAsync(EtcdWatchStream stream, Check check, CancellationToken cancellationToken)
    {
        var answer = check.Answer!;
        if (_position.WhyStale(answer.Header.ClusterId, answer.Header.Revision, check.ToldThen) is { } why)
        {
            _because = why;
            _position.Forget();
            return false;
        }

        // Read before the last event told: says nothing about what was told.
        var isComparable = answer.Header.Revision >= _position.Revision;
        if (isComparable && check.IsFull && _table.IsDifferent(answer.Kvs))
        {
            // The snapshot comes first; its events are passed over later.
            _behindAt = null;
            _because = "etcd holds something else than it told";
            await TellSnapshotAsync(answer, cancellationToken).ConfigureAwait(false);
        }
        else if (isComparable && !check.IsFull && _table.IsDifferent(answer.Count, answer.Kvs.Count == 0 ? 0 : answer.Kvs[0].ModRevision))
        {
            // The event may be on its way. But when nothing at all has come until the next look, the stream goes to a member that is frozen, or into
            // a network that swallows everything, and the read went elsewhere; or etcd came back older and has overtaken our position since; or it
            // lost the event. A snapshot heals all of these.
            if (_behindAt == _position.Revision)
            {
                stream.Failed();
                _because = "etcd holds something else than it told";
                _position.Forget();
                throw new RegistryUnavailableException($"the watch of etcd at {stream.Endpoint} is silent though there are changes");
            }

            _behindAt = _position.Revision;
        }
        else
        {
            _behindAt = null;
            await _output.WriteAsync(new Watched<T>.Alive(answer.Header.Revision), cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>One liveness read: an answer, or the problem it met.</summary>
    private sealed record Check(RangeResponse? Answer, bool IsFull, long? ToldThen, RegistryUnavailableException? Problem);
}
