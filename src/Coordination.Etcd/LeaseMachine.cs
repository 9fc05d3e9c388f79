using System.Globalization;
using AkkaLb.Endpoints;

namespace AkkaLb.Coordination.Etcd;

/// <summary>Decides about one lease of one owner instance: events and the time in, effects out. No I/O, no clock, no randomness.</summary>
/// <remarks>
/// <para>Acquiring looks first, so that waiting for another's lease writes nothing; then grants an etcd lease and claims the key under it. The
/// key's create revision is the fencing token. A term that ended is never taken up again: a new one has a new lease and a new key, an old key of
/// ours is revoked first.</para>
/// <para>One request is under way at a time. Not thread-safe, except for <see cref="Term"/>.</para>
/// </remarks>
/// <param name="instance">This owner instance's random name: tells our own earlier success, whose answer was lost, from anybody else's.</param>
internal sealed class LeaseMachine(LeaseTimings timings, string instance)
{
    private readonly List<long> _acquirers = [];
    private readonly List<long> _releasers = [];
    private List<LeaseEffect> _effects = [];
    private State _state = State.Idle;
    private volatile OwnershipTerm? _term;

    /// <summary>The request under way, 0 when there is none.</summary>
    private long _request;
    private long _lastRequest;

    /// <summary>When to do the next step: a retry, or a renewal. Null while a request is under way.</summary>
    private TimeSpan? _nextStepAt;

    /// <summary>When the acquiring or releasing is given up.</summary>
    private TimeSpan _giveUpAt;

    /// <summary>The lease the current state is about; 0 while acquiring has none yet.</summary>
    private long _leaseId;
    private TimeSpan _ttl;
    private TimeSpan _grantSentAt;

    /// <summary>A lease of ours that may still hold the key, though nobody here owns anything; 0 when there is none.</summary>
    private long _leftover;

    /// <summary>Revision of the key without a lease that was seen last; 0: what was seen last had one, or there was none.</summary>
    private long _unleased;
    private string _lastFailure = "";

    private enum State
    {
        Idle,
        Looking,
        Clearing,
        Granting,
        Claiming,
        Held,
        Releasing,
    }

    /// <summary>The ownership won last, null before the first. Whether it holds is its own question.</summary>
    public OwnershipTerm? Term => _term;

    /// <summary>When <see cref="LeaseEvent.Woken"/> is wanted; null when it is not.</summary>
    public TimeSpan? NextWake
    {
        get
        {
            TimeSpan? bound = _state switch
            {
                State.Idle => null,
                State.Held => _term!.Deadline,
                State.Looking or State.Clearing or State.Granting or State.Claiming or State.Releasing => _giveUpAt,
            };
            return _nextStepAt is { } step && bound is { } b && step < b ? step : bound;
        }
    }

    private bool IsAcquiring => _state is State.Looking or State.Clearing or State.Granting or State.Claiming;

    public IReadOnlyList<LeaseEffect> Handle(LeaseEvent happened, TimeSpan now)
    {
        _effects = [];
        LoseIfOver(now);
        switch (happened)
        {
            case LeaseEvent.AcquireRequested e:
                OnAcquire(e.Id, now);
                break;
            case LeaseEvent.ReleaseRequested e:
                OnRelease(e.Id, now);
                break;
            case LeaseEvent.Woken:
                OnWoken(now);
                break;
            case LeaseEvent.Looked e when IsAwaited(e.Request):
                OnLooked(e.Holder);
                break;
            case LeaseEvent.Granted e:
                OnGranted(e);
                break;
            case LeaseEvent.Claimed e when IsAwaited(e.Request):
                OnWon(e.CreateRevision, now);
                break;
            case LeaseEvent.Occupied e when IsAwaited(e.Request):
                OnOccupied(e, now);
                break;
            case LeaseEvent.Renewed e when IsAwaited(e.Request):
                OnRenewed(e, now);
                break;
            case LeaseEvent.Gone e when IsAwaited(e.Request):
                OnGone(e.Reason);
                break;
            case LeaseEvent.Revoked e when IsAwaited(e.Request):
                OnRevoked(now);
                break;
            case LeaseEvent.Failed e when IsAwaited(e.Request):
                OnFailed(e, now);
                break;
        }

        return _effects;
    }

    private void OnAcquire(long id, TimeSpan now)
    {
        if (_state == State.Held)
        {
            _effects.Add(new LeaseEffect.AnswerAcquire([id], new AcquireOutcome.Acquired(_term!.Token)));
            return;
        }

        // While releasing it waits until that is over; while acquiring it shares the outcome.
        _acquirers.Add(id);
        if (_state == State.Idle)
        {
            StartAcquiring(now);
        }
    }

    private void OnRelease(long id, TimeSpan now)
    {
        // The last word counts: whoever asked for it before does not get it, also when that one still waits for another release.
        AnswerAcquirers(new AcquireOutcome.Refused("it was released while it was being acquired"));
        _releasers.Add(id);
        if (_state == State.Releasing)
        {
            return;
        }

        // Only these three can have a key in etcd: whatever else was under way has none, and a grant that is answered later is abandoned then.
        var leaseId = _state is State.Held or State.Clearing or State.Claiming ? _leaseId : _leftover;
        if (_state == State.Held)
        {
            _term!.End();
        }

        Become(State.Idle, leaseId: 0);
        if (leaseId == 0)
        {
            AnswerReleasers(isReleased: true);
            return;
        }

        // Until etcd confirms it.
        _leftover = leaseId;
        _giveUpAt = now + timings.OperationTimeout;
        Become(State.Releasing, leaseId);
    }

    private void OnWoken(TimeSpan now)
    {
        if ((IsAcquiring || _state == State.Releasing) && now >= _giveUpAt)
        {
            GiveUp(now);
        }
        else if (_request == 0 && _nextStepAt is { } at && now >= at)
        {
            Ask();
        }
    }

    private void OnLooked(LeaseHolder? holder)
    {
        if (holder is null || holder.LeaseId == 0)
        {
            NoteUnleased(holder?.Revision ?? 0);
            Become(State.Granting, leaseId: 0);
        }
        else if (holder.Instance == instance)
        {
            Become(State.Clearing, holder.LeaseId);
        }
        else
        {
            RefuseAcquirers(holder);
        }
    }

    private void NoteUnleased(long revision)
    {
        if (revision != 0 && revision != _unleased)
        {
            _effects.Add(new LeaseEffect.TellUnleased());
        }

        _unleased = revision;
    }

    private void OnGranted(LeaseEvent.Granted granted)
    {
        if (!IsAwaited(granted.Request))
        {
            _effects.Add(new LeaseEffect.Abandon(granted.LeaseId));
            return;
        }

        if (granted.Ttl > timings.Ttl && granted.Ttl > _ttl)
        {
            _effects.Add(new LeaseEffect.TellLonger(timings.Ttl, granted.Ttl));
        }

        (_ttl, _grantSentAt) = (granted.Ttl, granted.SentAt);
        Become(State.Claiming, granted.LeaseId);
    }

    private void OnOccupied(LeaseEvent.Occupied occupied, TimeSpan now)
    {
        if (occupied.Holder.Instance == instance && occupied.Holder.LeaseId == _leaseId)
        {
            OnWon(occupied.CreateRevision, now);
            return;
        }

        // Either somebody else was faster, or an old claim of ours was done late. Then it goes first, and this lease with it: the next one has
        // its full time.
        _effects.Add(new LeaseEffect.Abandon(_leaseId));
        OnLooked(occupied.Holder);
    }

    private void OnWon(long createRevision, TimeSpan now)
    {
        var deadline = _grantSentAt + _ttl - timings.SafetyMargin;
        if (now >= deadline)
        {
            _leftover = _leaseId;
            _effects.Add(new LeaseEffect.Abandon(_leaseId));
            EndAcquiring(new AcquireOutcome.Undecided("the lease was won so late that its time was over again", IsTimeout: true));
            return;
        }

        _leftover = 0;
        _term = new OwnershipTerm(createRevision, deadline);
        Become(State.Held, _leaseId, nextStepAt: _grantSentAt + timings.RenewInterval);
        AnswerAcquirers(new AcquireOutcome.Acquired(createRevision));
    }

    private void OnRenewed(LeaseEvent.Renewed renewed, TimeSpan now)
    {
        if (_term!.TryExtend(now, renewed.SentAt + renewed.Ttl - timings.SafetyMargin))
        {
            (_request, _lastFailure) = (0, "");
            _nextStepAt = renewed.SentAt + timings.RenewInterval;
        }
        else
        {
            LoseIfOver(now);
        }
    }

    private void OnGone(string reason)
    {
        if (_state == State.Held)
        {
            // The key may be gone without the lease.
            _effects.Add(new LeaseEffect.Abandon(_leaseId));
            Lose(reason);
        }
        else
        {
            // A claim under a lease that is gone wrote nothing: a new lease is wanted.
            Become(State.Looking, leaseId: 0);
        }
    }

    private void OnRevoked(TimeSpan now)
    {
        if (_leaseId == _leftover)
        {
            _leftover = 0;
        }

        if (_state == State.Clearing)
        {
            Become(State.Looking, leaseId: 0);
            return;
        }

        EndReleasing(isReleased: true, now);
    }

    private void OnFailed(LeaseEvent.Failed failed, TimeSpan now)
    {
        (_request, _lastFailure) = (0, failed.Reason);
        if (failed.IsFinal && _state != State.Held)
        {
            GiveUp(now, isTimeout: false);
            return;
        }

        // A holder continues to the end of its time, whatever the trouble is: it has nothing to win by giving up early.
        _nextStepAt = now + timings.RetryDelay;
    }

    private void GiveUp(TimeSpan now, bool isTimeout = true)
    {
        if (_state == State.Releasing)
        {
            EndReleasing(isReleased: false, now);
            return;
        }

        if (_state is State.Claiming or State.Clearing)
        {
            _leftover = _leaseId;
            _effects.Add(new LeaseEffect.Abandon(_leaseId));
        }

        var within = string.Create(CultureInfo.InvariantCulture, $"no outcome within {timings.OperationTimeout.TotalSeconds:0.###} s");
        var reason = !isTimeout ? _lastFailure : _lastFailure.Length == 0 ? within : $"{within}: {_lastFailure}";
        EndAcquiring(new AcquireOutcome.Undecided(reason, isTimeout));
    }

    /// <summary>Every event passes here first: after a pause the ownership is gone before anything else is looked at.</summary>
    private void LoseIfOver(TimeSpan now)
    {
        if (_state == State.Held && !_term!.IsHeld(now))
        {
            _leftover = _leaseId;
            _effects.Add(new LeaseEffect.Abandon(_leaseId));
            Lose(_lastFailure.Length == 0
                ? "no renewal was confirmed in time: this process stood still, or etcd did not answer"
                : $"no renewal was confirmed in time: {_lastFailure}");
        }
    }

    private void Lose(string reason)
    {
        _term!.End();
        Become(State.Idle, leaseId: 0);
        _effects.Add(new LeaseEffect.TellLost(reason));
    }

    private void StartAcquiring(TimeSpan now)
    {
        _giveUpAt = now + timings.OperationTimeout;
        Become(State.Looking, leaseId: 0);
    }

    private void RefuseAcquirers(LeaseHolder holder) =>
        EndAcquiring(new AcquireOutcome.Refused($"'{(holder.Owner.Length > 0 ? LogText.Of(holder.Owner) : "somebody unknown")}' holds it"));

    private void EndAcquiring(AcquireOutcome outcome)
    {
        Become(State.Idle, leaseId: 0);
        AnswerAcquirers(outcome);
    }

    private void EndReleasing(bool isReleased, TimeSpan now)
    {
        Become(State.Idle, leaseId: 0);
        AnswerReleasers(isReleased);
        if (_acquirers.Count > 0)
        {
            StartAcquiring(now);
        }
    }

    private void AnswerAcquirers(AcquireOutcome outcome)
    {
        if (_acquirers.Count > 0)
        {
            _effects.Add(new LeaseEffect.AnswerAcquire([.. _acquirers], outcome));
            _acquirers.Clear();
        }
    }

    private void AnswerReleasers(bool isReleased)
    {
        _effects.Add(new LeaseEffect.AnswerRelease([.. _releasers], isReleased));
        _releasers.Clear();
    }

    /// <summary>Enters a state and asks what it asks, at once unless a time is given.</summary>
    private void Become(State state, long leaseId, TimeSpan? nextStepAt = null)
    {
        (_state, _leaseId, _nextStepAt) = (state, leaseId, nextStepAt);
        // Whatever was under way no longer counts.
        (_request, _lastFailure) = (0, IsAcquiring || state == State.Releasing ? _lastFailure : "");
        if (nextStepAt is null && state != State.Idle)
        {
            Ask();
        }
    }

    private void Ask()
    {
        _nextStepAt = null;
        _request = ++_lastRequest;
        _effects.Add(_state switch
        {
            State.Looking => new LeaseEffect.Look(_request),
            State.Clearing or State.Releasing => new LeaseEffect.Revoke(_request, _leaseId),
            State.Granting => new LeaseEffect.Grant(_request),
            State.Claiming => new LeaseEffect.Claim(_request, _leaseId, _unleased),
            State.Held => new LeaseEffect.Renew(_request, _leaseId, _term!.Token),
            State.Idle => throw new InvalidOperationException("Nothing to ask for."),
        });
    }

    private bool IsAwaited(long request) => request == _request && request != 0;
}
