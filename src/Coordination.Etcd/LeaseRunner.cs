using System.Collections.Concurrent;
using System.Threading.Channels;
using Akka.Coordination;
using Akka.Event;

namespace AkkaLb.Coordination.Etcd;

/// <summary>Runs one <see cref="LeaseMachine"/>: a queue of events, one reader, requests that come back as events, one timer.</summary>
/// <remarks>Everything happens on pool threads, no thread waits. Callbacks of the user run apart: a slow one delays no renewal.</remarks>
internal sealed class LeaseRunner
{
    private readonly LeaseMachine _machine;
    private readonly LeaseStore _store;
    private readonly LeaseClock _clock;
    private readonly ILoggingAdapter _log;
    private readonly string _name;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<bool>> _waiting = new();
    private readonly ConcurrentDictionary<long, Action<Exception?>> _offeredCallbacks = new();
    private readonly Channel<LeaseEvent> _events = Channel.CreateUnbounded<LeaseEvent>(new UnboundedChannelOptions { SingleReader = true });
    private long _lastId;

    /// <summary>Of the acquire that was answered last. Only the reader of the queue touches it.</summary>
    private Action<Exception?>? _lostCallback;

    public LeaseRunner(LeaseMachine machine, LeaseStore store, LeaseClock clock, TimeProvider timeProvider, ILoggingAdapter log, string name)
    {
        (_machine, _store, _clock, _log, _name) = (machine, store, clock, log, name);
        _timer = timeProvider.CreateTimer(_ => Tell(new LeaseEvent.Woken()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ = Task.Run(RunAsync);
    }

    /// <summary>The token of the ownership that holds at this moment; 0 when none does.</summary>
    public long Token
    {
        get
        {
            if (_machine.Term is not { } term || _stop.IsCancellationRequested)
            {
                return 0;
            }

            if (term.IsHeld(_clock.Now))
            {
                return term.Token;
            }

            // Whoever notices first wakes the machine, whose timer may be late after a pause.
            Tell(new LeaseEvent.Woken());
            return 0;
        }
    }

    /// <summary>Until when the ownership won last holds unless it is renewed, on <see cref="LeaseClock"/>.</summary>
    public TimeSpan HeldUntil => _machine.Term?.Deadline ?? TimeSpan.MinValue;

    public Task<bool> AcquireAsync(Action<Exception?>? lostCallback)
    {
        var id = Interlocked.Increment(ref _lastId);
        if (lostCallback is not null)
        {
            _offeredCallbacks[id] = lostCallback;
        }

        return AskMachine(id, new LeaseEvent.AcquireRequested(id));
    }

    public Task<bool> ReleaseAsync()
    {
        var id = Interlocked.Increment(ref _lastId);
        return AskMachine(id, new LeaseEvent.ReleaseRequested(id));
    }

    /// <summary>Holds nothing any more and renews nothing. Nothing is revoked: what is left in etcd runs out.</summary>
    public void Stop()
    {
        _stop.Cancel();
        _events.Writer.TryComplete();
        _timer.Dispose();
        foreach (var id in _waiting.Keys)
        {
            Answer(id, Stopped());
        }
    }

    private Task<bool> AskMachine(long id, LeaseEvent question)
    {
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        if (!_events.Writer.TryWrite(question))
        {
            Answer(id, Stopped());
        }

        return answer.Task;
    }

    private void Tell(LeaseEvent happened) => _events.Writer.TryWrite(happened);

    private async Task RunAsync()
    {
        try
        {
            await foreach (var happened in _events.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                foreach (var effect in _machine.Handle(happened, _clock.Now))
                {
                    Act(effect);
                }

                SetTimer();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
        catch (Exception e)
        {
            // A bug: better without a lease than with nobody who watches over it.
            _log.Error(e, "Lease {0} has failed; it is given up", _name);
            Stop();
        }
    }

    private void SetTimer()
    {
        // The timer may count whole milliseconds only: a little late rather than early, ownership does not depend on it.
        var wait = _machine.NextWake is { } wake
            ? TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, (wake - _clock.Now).TotalMilliseconds)))
            : Timeout.InfiniteTimeSpan;
        if (!_stop.IsCancellationRequested)
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private void Act(LeaseEffect effect)
    {
        switch (effect)
        {
            case LeaseEffect.AnswerAcquire e:
                AnswerAcquire(e);
                break;
            case LeaseEffect.AnswerRelease e:
                _lostCallback = null;
                foreach (var id in e.Ids)
                {
                    Answer(id, e.IsReleased);
                }

                break;
            case LeaseEffect.TellUnleased:
                _log.Warning("Lease {0}: the key {1} in etcd has no lease, so nobody alive holds it; the key is taken over", _name, _store.Key);
                break;
            case LeaseEffect.TellLonger e:
                _log.Warning(
                    "Lease {0}: etcd grants {1} s where heartbeat-timeout is {2} s, because its --election-timeout is long: after a crash nobody "
                        + "else gets it for so long",
                    _name,
                    e.Granted.TotalSeconds,
                    e.Asked.TotalSeconds);
                break;
            case LeaseEffect.TellLost e:
                TellLost(e.Reason);
                break;
            case LeaseEffect.Abandon e:
                _ = AbandonAsync(e.LeaseId);
                break;
            case LeaseEffect.Request e:
                _ = RequestAsync(e);
                break;
        }
    }

    private void AnswerAcquire(LeaseEffect.AnswerAcquire answer)
    {
        foreach (var id in answer.Ids)
        {
            _offeredCallbacks.TryRemove(id, out var callback);
            switch (answer.Outcome)
            {
                case AcquireOutcome.Acquired e:
                    _lostCallback = callback ?? _lostCallback;
                    _log.Debug("Lease {0}: ours, token {1}", _name, e.Token);
                    Answer(id, true);
                    break;
                case AcquireOutcome.Refused e:
                    _log.Debug("Lease {0}: not acquired, {1}", _name, e.Reason);
                    Answer(id, false);
                    break;
                case AcquireOutcome.Undecided { IsTimeout: true } e:
                    Answer(id, new LeaseTimeoutException($"Lease '{_name}' could not be acquired: {e.Reason}"));
                    break;
                case AcquireOutcome.Undecided e:
                    Answer(id, new LeaseException($"Lease '{_name}' could not be acquired: {e.Reason}"));
                    break;
            }
        }
    }

    private void TellLost(string reason)
    {
        _log.Warning("Lease {0} is lost: {1}", _name, reason);
        if (Interlocked.Exchange(ref _lostCallback, null) is not { } callback)
        {
            return;
        }

        _ = Task.Run(() =>
        {
            try
            {
                callback(new LeaseException($"Lease '{_name}' is lost: {reason}"));
            }
            catch (Exception e)
            {
                _log.Error(e, "The lost-callback of lease {0} failed", _name);
            }
        });
    }

    private async Task RequestAsync(LeaseEffect.Request request)
    {
        try
        {
            Tell(await _store.AskAsync(request, _stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped: nobody waits for the answer.
        }
        catch (Exception e)
        {
            // Not foreseen, and no reason to wait for ever.
            _log.Error(e, "Lease {0}: a request to etcd failed", _name);
            Tell(new LeaseEvent.Failed(request.Number, e.Message, IsFinal: false));
        }
    }

    private async Task AbandonAsync(long leaseId)
    {
        try
        {
            await _store.AbandonAsync(leaseId, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped: it runs out.
        }
    }

    private void Answer(long id, bool value)
    {
        if (_waiting.TryRemove(id, out var answer))
        {
            answer.TrySetResult(value);
        }
    }

    private void Answer(long id, Exception fault)
    {
        _offeredCallbacks.TryRemove(id, out _);
        if (_waiting.TryRemove(id, out var answer))
        {
            answer.TrySetException(fault);
        }
    }

    private LeaseException Stopped() => new($"Lease '{_name}' is not available any more: its actor system has terminated, or it failed");
}
