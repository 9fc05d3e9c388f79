using System.Globalization;
using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Registration;

/// <summary>The life of a registration: register, renew, register again after a lost lease, say whether the worker can work, leave.</summary>
/// <remarks>
/// One request is under way at a time, except that leaving and writing a changed record do not wait for a renewal.
/// A lease counts as lost when the registry says so, or when its TTL has passed since the last successful renewal was <em>sent</em>, on the
/// worker's monotonic clock. A lease can outlive its entry, which anybody may delete or write over: once a TTL, after a renewal, it looks at that
/// too, see <see cref="EntryRule"/>. The process keeps its incarnation when it registers again; if another process has taken the id by then, it
/// gives up. A worker that cannot work stays registered as draining with a reason, until it can again or has been unable for too long. A worker
/// that drains or leaves is on its way out: it is not registered any more, nor does it give up.
/// </remarks>
public sealed class RegistrationCore(WorkerRecord worker, RegistrationSettings settings, Random random) : IMachine<RegistrationEffect>
{
    /// <summary>So many different problems are told while one trouble lasts.</summary>
    private const int ToldMax = 10;

    /// <summary>Registering again, or renewing, does not succeed.</summary>
    private readonly Trouble _trouble = new(ToldMax);

    private readonly Trouble _lookTrouble = new();
    private readonly Trouble _updateTrouble = new(ToldMax);
    private List<RegistrationEffect> _outbox = [];
    private WorkerRecord _worker = worker;

    /// <summary>What the request that is under way, or was last, said of the worker.</summary>
    private WorkerRecord _sent = worker;

    private Phase _phase = Phase.New;
    private bool _isUnderWay;
    private bool _wasReady;
    private bool _isDraining;
    private bool _isLeaving;
    private bool _hasGivenUp;
    private bool _isUpdating;
    private bool _isUntold;
    private bool _isOusted;
    private bool _isDrainUnanswered;
    private bool _isLeaveUnanswered;
    private int _retries;
    private long _leaseId;
    private TimeSpan _startedAt;
    private TimeSpan _sentAt;
    private TimeSpan _leaseUntil;
    private TimeSpan _lookDue;
    private TimeSpan _reminderDue;
    private TimeSpan _grantedTtl = settings.Ttl;
    private TimeSpan? _requestDue;
    private TimeSpan? _idInUseSince;
    private TimeSpan? _unableSince;
    private TimeSpan? _unregisteredSince;
    private string _lastProblem = "no answer";

    private enum Phase
    {
        New,
        Registering,
        Held,
        Ended,
    }

    /// <inheritdoc/>
    public TimeSpan? NextDue => _phase == Phase.Ended || _isLeaving
        ? null
        : Earlier(Earlier(_requestDue, UnableUntil), Earlier(UnregisteredUntil, ReminderDue));

    public bool IsRegistered => _phase == Phase.Held;

    private bool IsOnItsWayOut => _isLeaving || _isDraining;

    private TimeSpan? UnableUntil => IsOnItsWayOut || _hasGivenUp ? null : Until(_unableSince, settings.UnableTimeout);

    /// <summary>Why a worker that was registered is not at the moment; null: it is, or has not been yet.</summary>
    public string? Trouble => _unregisteredSince is null ? null : $"it is not registered: {_lastProblem}";

    private TimeSpan? UnregisteredUntil => Until(_unregisteredSince, settings.UnregisteredTimeout);

    private TimeSpan? ReminderDue => _unregisteredSince is null ? null : _reminderDue;

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<RegistrationEffect> outbox)
    {
        _outbox = outbox;
        switch (input)
        {
            case Tick:
                OnTick(now);
                break;
            case RegistrationInput.Start:
                OnStart(now);
                break;
            case RegisterOutcome.Registered m:
                OnRegistered(m.LeaseId, m.Ttl, now);
                break;
            case RegisterOutcome.IdInUse m:
                OnIdInUse(m.HolderIncarnation, m.Ttl, now);
                break;
            case RegistrationInput.RegisterFailed m:
                OnRegisterFailed(m.Problem, now);
                break;
            case KeepAliveOutcome.Kept m:
                OnKept(m.Ttl, now);
                break;
            case KeepAliveOutcome.LeaseLost:
                OnLeaseLost(now);
                break;
            case RegistrationInput.KeepAliveFailed m:
                OnKeepAliveFailed(m.Problem, now);
                break;
            case RegistrationInput.Refused m:
                OnRefused(m.Problem, now);
                break;
            case EntrySight sight:
                OnLooked(sight, now);
                break;
            case RegistrationInput.PutBack m:
                OnPutBack(m.IsWritten, now);
                break;
            case RegistrationInput.LookFailed m:
                OnLookFailed(m.Problem, now);
                break;
            case RegistrationInput.Ability m:
                OnAbility(m.Trouble, now);
                break;
            case RegistrationInput.Drain:
                OnDrain();
                break;
            case RegistrationInput.Updated:
                OnUpdated();
                break;
            case RegistrationInput.UpdateFailed m:
                OnUpdateFailed(m.Problem);
                break;
            case RegistrationInput.Leave:
                OnLeave();
                break;
            case RegistrationInput.Deregistered m:
                OnDeregistered(m.LeaseId, m.Problem);
                break;
            default:
                throw Inputs.Unknown(input, "a registration");
        }
    }

    private void OnStart(TimeSpan now)
    {
        _startedAt = now;
        _phase = Phase.Registering;
        Send(now);
    }

    private void OnRegistered(long leaseId, TimeSpan ttl, TimeSpan now)
    {
        _isUnderWay = false;
        if (_phase == Phase.Ended || IsOnItsWayOut)
        {
            _phase = Phase.Ended;
            _outbox.Add(new RegistrationEffect.Deregister(leaseId));
            return;
        }

        (_leaseId, _leaseUntil, _retries, _idInUseSince, _unregisteredSince) = (leaseId, _sentAt + ttl, 0, null, null);
        (_lookDue, _isOusted) = (_sentAt + settings.Ttl, false);
        _phase = Phase.Held;
        _trouble.End();
        _lookTrouble.End();
        _updateTrouble.End();
        if (_wasReady)
        {
            Note("this worker has registered again");
        }
        else
        {
            _wasReady = true;
            _outbox.Add(new RegistrationEffect.Ready());
        }

        if (ttl > _grantedTtl)
        {
            Note(
                $"the registry grants leases of {Seconds(ttl)} where {Seconds(settings.Ttl)} were asked for: a worker that dies is noticed so much "
                    + $"later",
                isTrouble: true);
        }

        _grantedTtl = ttl;
        if (_worker != _sent)
        {
            Announce();
        }

        _requestDue = Later(now, _sentAt + settings.KeepAliveInterval);
    }

    /// <param name="ttl">What the registry would have granted.</param>
    private void OnIdInUse(long holderIncarnation, TimeSpan ttl, TimeSpan now)
    {
        _isUnderWay = false;
        if (_phase != Phase.Registering || EndsOnItsWayOut())
        {
            return;
        }

        // The holder may be a process that crashed, or an entry that the registry has back from a backup: its lease then ends within one TTL,
        // of those that the registry grants: etcd gives more than it was asked for when its election timeout is long.
        _idInUseSince ??= now;
        if (now - _idInUseSince >= Later(settings.Ttl, ttl) + RegistrationSettings.ExpirySlack)
        {
            GiveUp(
                _isOusted ? $"the id \"{_worker.Id}\" was taken by another worker process (incarnation {holderIncarnation}) while this one was "
                    + $"registered"
                : _wasReady ? $"the id \"{_worker.Id}\" was taken by another worker process while this one had lost its lease"
                : $"the id \"{_worker.Id}\" is in use by another worker process (incarnation {holderIncarnation}): choose another id, or stop "
                    + $"that one");
            return;
        }

        _lastProblem = $"the id \"{_worker.Id}\" is in use by another worker process (incarnation {holderIncarnation})";
        if (_wasReady && _trouble.Meet(_lastProblem))
        {
            Note($"{_lastProblem}; retrying", isTrouble: true);
        }

        _requestDue = now + (settings.Ttl / 10);
    }

    private void OnRegisterFailed(string problem, TimeSpan now)
    {
        _isUnderWay = false;

        // A registry that was away may have given a dead holder's lease its whole time again.
        _idInUseSince = null;
        _lastProblem = problem;
        if (_phase != Phase.Registering || EndsOnItsWayOut())
        {
            return;
        }

        if (!_wasReady && now - _startedAt >= settings.Wait)
        {
            GiveUp($"this worker could not register within {Seconds(settings.Wait)}: {problem}");
            return;
        }

        if (_wasReady && _trouble.Meet(problem))
        {
            Note($"this worker could not register again; retrying: {problem}", isTrouble: true);
        }

        _requestDue = now + settings.BackOff.Delay(_retries++, random);
    }

    private void OnKept(TimeSpan ttl, TimeSpan now)
    {
        _isUnderWay = false;
        if (_phase == Phase.Held)
        {
            _retries = 0;
            _leaseUntil = _sentAt + ttl;
            _requestDue = Later(now, _sentAt + settings.KeepAliveInterval);
            if (_trouble.End())
            {
                Note("the lease is renewed again");
            }

            if (_isUntold && !_isLeaving)
            {
                // The registry is there again.
                Announce();
            }

            if (!IsOnItsWayOut && now >= _lookDue)
            {
                _lookDue = now + settings.Ttl;
                _sent = _worker;
                Await(new RegistrationEffect.Look(_leaseId, _worker));
            }
        }
    }

    /// <summary>What the registry holds under the id.</summary>
    private void OnLooked(EntrySight sight, TimeSpan now)
    {
        GoOnRenewing(now);
        if (_phase != Phase.Held || IsOnItsWayOut)
        {
            return;
        }

        if (_lookTrouble.End())
        {
            Note("this worker's entry in the registry is checked again");
        }

        if (sight is EntrySight.Found found && found.LeaseId == _leaseId && found.Worker == _sent)
        {
            // What has changed in this worker since it looked is told by a request of its own.
            return;
        }

        switch (EntryRule.Decide(sight, _leaseId, _worker))
        {
            case EntryStep.PutBack step:
                var what = sight is EntrySight.Missing ? "is gone from the registry" : "was written over in the registry";
                Note($"this worker's entry {what}; putting it back", isTrouble: true);
                _sent = _worker;
                Await(new RegistrationEffect.PutBack(_leaseId, _worker, step.Revision));
                break;
            case EntryStep.Taken step:
                _isOusted = true;
                _outbox.Add(new RegistrationEffect.Deregister(_leaseId));
                RegisterAgain($"another worker process (incarnation {step.Incarnation}) has this one's id in the registry", now);
                break;
            default:
                break;
        }
    }

    /// <param name="isWritten">False: something changed meanwhile, and nothing was written. The next look tells what.</param>
    private void OnPutBack(bool isWritten, TimeSpan now)
    {
        GoOnRenewing(now);
        if (_phase == Phase.Held && isWritten)
        {
            Note("this worker has registered again");
            if (_worker != _sent)
            {
                // The entry may have been put back as it was before, behind what said draining.
                Announce();
            }
        }
    }

    /// <summary>The look, or the putting back, failed: it is tried again a TTL later. The lease is renewed meanwhile.</summary>
    private void OnLookFailed(string problem, TimeSpan now)
    {
        GoOnRenewing(now);
        if (_phase == Phase.Held && !IsOnItsWayOut && _lookTrouble.Meet(problem))
        {
            Note($"this worker's entry in the registry could not be checked; retrying: {problem}", isTrouble: true);
        }
    }

    private void OnLeaseLost(TimeSpan now)
    {
        _isUnderWay = false;
        if (_phase == Phase.Held)
        {
            RegisterAgain("the registry ended the lease", now);
        }
    }

    private void OnKeepAliveFailed(string problem, TimeSpan now)
    {
        _isUnderWay = false;
        if (_phase != Phase.Held)
        {
            return;
        }

        _lastProblem = problem;
        if (_trouble.Meet(problem))
        {
            Note($"renewing the lease failed; retrying: {problem}", isTrouble: true);
        }

        _requestDue = Later(now, _sentAt + settings.KeepAliveInterval);
    }

    /// <summary>The registry will not do it, and asking again will not help by itself: at the start this ends the worker. Later an operator may
    /// mend what is wrong, a password or a role, while the worker continues with its jobs: it is tried again.</summary>
    private void OnRefused(string problem, TimeSpan now)
    {
        _isUnderWay = false;

        // As when it was away: until this is mended nobody knows how long a holder of the id lives.
        _idInUseSince = null;
        if (_phase == Phase.Ended || EndsOnItsWayOut())
        {
            return;
        }

        if (!_wasReady)
        {
            GiveUp(problem);
            return;
        }

        _lastProblem = problem;
        if (_trouble.Meet(problem))
        {
            Note($"the registry refuses; retrying: {problem}", isTrouble: true);
        }

        _requestDue = Later(now, _sentAt + settings.KeepAliveInterval);
    }

    /// <summary>Whether the worker can do jobs. One that cannot stays registered, as draining with the reason, so that it gets none.</summary>
    /// <param name="trouble">Why it cannot; null: it can.</param>
    private void OnAbility(string? trouble, TimeSpan now)
    {
        // As the registry holds it: what is read back has to be equal.
        var reason = trouble is null ? "" : OneLine.Of(trouble, WorkerRecord.ReasonLengthMax);
        if (IsOnItsWayOut || reason == _worker.Reason)
        {
            return;
        }

        var isAble = reason.Length == 0;
        _unableSince = isAble ? null : _unableSince ?? now;
        _worker = _worker with { State = isAble ? WorkerState.Up : WorkerState.Draining, Reason = reason };
        if (_phase == Phase.Held)
        {
            Announce();
        }
    }

    /// <summary>Says draining in the registry; the lease is renewed while jobs finish.</summary>
    private void OnDrain()
    {
        _isDrainUnanswered = true;
        if (!_isDraining)
        {
            _isDraining = true;
            _worker = _worker with { State = WorkerState.Draining, Reason = "" };
            if (_phase == Phase.Held)
            {
                Announce();
            }
            else if (!_isUnderWay)
            {
                EndsOnItsWayOut();
            }
        }

        AnswerDrain();
    }

    /// <summary>An <see cref="RegistrationEffect.Update"/> is done.</summary>
    private void OnUpdated()
    {
        _isUpdating = false;
        if (_updateTrouble.End())
        {
            Note("the registry has been told whether this worker takes jobs");
        }

        if (_isUntold && _phase == Phase.Held && !_isLeaving)
        {
            Announce();
        }

        AnswerDrain();
    }

    /// <summary>An <see cref="RegistrationEffect.Update"/> failed, or nobody knows how it ended: it is written again after the next renewal.
    /// Writing it twice does no harm.</summary>
    private void OnUpdateFailed(string problem)
    {
        _isUpdating = false;
        _isUntold = _phase == Phase.Held;
        if (_updateTrouble.Meet(problem))
        {
            Note($"the registry could not be told whether this worker takes jobs; retrying: {problem}", isTrouble: true);
        }

        AnswerDrain();
    }

    /// <summary>Leaves the registry for good.</summary>
    private void OnLeave()
    {
        (_isLeaving, _isLeaveUnanswered) = (true, true);
        if (_phase == Phase.Held)
        {
            _outbox.Add(new RegistrationEffect.Deregister(_leaseId));
        }
        else
        {
            AnswerLeave();
        }

        // A registration under way is given back when its answer comes; see Registered.
        if (_phase != Phase.Registering || !_isUnderWay)
        {
            _phase = Phase.Ended;
        }
    }

    private void OnDeregistered(long leaseId, string? problem)
    {
        if (problem is not null)
        {
            Note($"the lease could not be given back; it will run out: {problem}", isTrouble: true);
        }

        if (leaseId == _leaseId)
        {
            AnswerLeave();
        }
    }

    private void OnTick(TimeSpan now)
    {
        if (NextDue is null)
        {
            return;
        }

        if (now >= UnableUntil)
        {
            // The lease is renewed until the program leaves.
            _hasGivenUp = true;
            _outbox.Add(new RegistrationEffect.GiveUp($"this worker could not do jobs for {Seconds(now - _unableSince!.Value)}: {_worker.Reason}"));
        }

        if (now >= UnregisteredUntil)
        {
            GiveUp($"this worker was not registered for {Seconds(now - _unregisteredSince!.Value)}: {_lastProblem}");
            return;
        }

        if (now >= ReminderDue)
        {
            _reminderDue = now + RegistrationSettings.ReminderInterval;
            Note($"this worker has not been registered for {Seconds(now - _unregisteredSince!.Value)}; retrying: {_lastProblem}", isTrouble: true);
        }

        if (_isUnderWay || _requestDue is null || now < _requestDue)
        {
            return;
        }

        if (_phase == Phase.Held && now >= _leaseUntil)
        {
            RegisterAgain($"the lease could not be renewed in time ({_lastProblem})", now);
        }
        else
        {
            Send(now);
        }
    }

    private void RegisterAgain(string why, TimeSpan now)
    {
        if (_isDraining)
        {
            // On its way out: nobody should be told of it again.
            Note($"{why}; this worker drains, so it does not register again", isTrouble: true);
            End();
            return;
        }

        Note($"{why}; registering again", isTrouble: true);
        (_phase, _retries, _unregisteredSince, _reminderDue) = (Phase.Registering, 0, now, now + RegistrationSettings.ReminderInterval);
        _lastProblem = why;
        _trouble.End();
        Send(now);
    }

    private void Send(TimeSpan now)
    {
        _requestDue = null;
        _isUnderWay = true;
        (_sent, _sentAt) = (_phase == Phase.Held ? _sent : _worker, now);
        _outbox.Add(_phase == Phase.Held ? new RegistrationEffect.KeepAlive(_leaseId) : new RegistrationEffect.Register(_worker));
    }

    /// <summary>A request beside the renewals; those wait for its answer.</summary>
    private void Await(RegistrationEffect request)
    {
        _requestDue = null;
        _isUnderWay = true;
        _outbox.Add(request);
    }

    /// <summary>Writes the record as it is now. One writing is under way at a time, so that none overtakes another.</summary>
    private void Announce()
    {
        if (_isUpdating)
        {
            _isUntold = true;
            return;
        }

        (_isUpdating, _isUntold) = (true, false);
        _outbox.Add(new RegistrationEffect.Update(_leaseId, _worker));
    }

    /// <summary>When nothing is being written any more: the last writing said draining.</summary>
    private void AnswerDrain()
    {
        if (_isDrainUnanswered && !_isUpdating)
        {
            _isDrainUnanswered = false;
            _outbox.Add(new RegistrationEffect.DrainingAnnounced());
        }
    }

    private void AnswerLeave()
    {
        if (_isLeaveUnanswered)
        {
            _isLeaveUnanswered = false;
            _outbox.Add(new RegistrationEffect.RegistryLeft());
        }
    }

    private void GoOnRenewing(TimeSpan now)
    {
        _isUnderWay = false;
        if (_phase == Phase.Held)
        {
            _requestDue = Later(now, _sentAt + settings.KeepAliveInterval);
        }
    }

    /// <summary>Ends the tries to register of a worker that is on its way out: nobody should be told of it any more.</summary>
    private bool EndsOnItsWayOut()
    {
        if (IsOnItsWayOut)
        {
            End();
        }

        return IsOnItsWayOut;
    }

    private void End() => (_phase, _requestDue, _unregisteredSince) = (Phase.Ended, null, null);

    private void GiveUp(string sentence)
    {
        End();
        _outbox.Add(new RegistrationEffect.GiveUp(sentence));
    }

    private void Note(string text, bool isTrouble = false) => _outbox.Add(new RegistrationEffect.Note(text, isTrouble));

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    private static TimeSpan? Until(TimeSpan? since, TimeSpan limit) => limit > TimeSpan.Zero ? since + limit : null;

    private static TimeSpan? Earlier(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b : a;

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
