using System.Globalization;

namespace AkkaLb.Core.Registration;

/// <summary>What the registration asks its shell to do.</summary>
public abstract record RegistrationEffect
{
    private RegistrationEffect() { }

    /// <summary>Register; answer with <see cref="RegistrationCore.Registered"/>, <see cref="RegistrationCore.IdInUse"/> or
    /// <see cref="RegistrationCore.RegisterFailed"/>.</summary>
    public sealed record Register(WorkerRecord Worker) : RegistrationEffect;

    /// <summary>Renew; answer with <see cref="RegistrationCore.Kept"/>, <see cref="RegistrationCore.LeaseLost"/> or
    /// <see cref="RegistrationCore.KeepAliveFailed"/>.</summary>
    public sealed record KeepAlive(long LeaseId) : RegistrationEffect;

    /// <summary>Write the changed record; answer with <see cref="RegistrationCore.Updated"/> or
    /// <see cref="RegistrationCore.UpdateFailed"/>.</summary>
    public sealed record Update(long LeaseId, WorkerRecord Worker) : RegistrationEffect;

    /// <summary>Look what the registry holds under the id; answer with <see cref="RegistrationCore.Looked"/> or
    /// <see cref="RegistrationCore.LookFailed"/>.</summary>
    public sealed record Look(long LeaseId, WorkerRecord Worker) : RegistrationEffect;

    /// <summary>Put the entry under the lease if what is there is still at <paramref name="Revision"/> (zero: if nothing is there); answer with
    /// <see cref="RegistrationCore.PutBack"/> or <see cref="RegistrationCore.LookFailed"/>.</summary>
    public sealed record PutBack(long LeaseId, WorkerRecord Worker, long Revision) : RegistrationEffect;

    /// <summary>Give the lease back.</summary>
    public sealed record Deregister(long LeaseId) : RegistrationEffect;

    /// <summary>The worker is registered for the first time.</summary>
    public sealed record Ready : RegistrationEffect;

    /// <summary>Something to tell the operator; <paramref name="IsTrouble"/> as a warning.</summary>
    public sealed record Note(string Text, bool IsTrouble) : RegistrationEffect;

    /// <summary>There is no way on: drain what runs and end, with this sentence.</summary>
    public sealed record GiveUp(string Sentence) : RegistrationEffect;
}

/// <summary>Times of a registration.</summary>
/// <param name="Ttl">Lease time to live asked for; 1 s or more.</param>
/// <param name="KeepAliveInterval">Time between renewals; at most a third of the TTL, so that two may fail.</param>
/// <param name="Wait">How long a first registration may take before giving up.</param>
/// <param name="BackOff">Between tries to register.</param>
/// <param name="UnableTimeout">How long the worker may be unable to do jobs before it ends; zero: for ever.</param>
/// <param name="UnregisteredTimeout">How long a worker that was registered may be without a registration before it ends; zero: for ever.</param>
public sealed record RegistrationSettings(
    TimeSpan Ttl, TimeSpan KeepAliveInterval, TimeSpan Wait, BackOff BackOff, TimeSpan UnableTimeout = default,
    TimeSpan UnregisteredTimeout = default)
{
    /// <summary>How often a worker without a registration says so.</summary>
    public static readonly TimeSpan ReminderInterval = TimeSpan.FromMinutes(1);

    /// <summary>How much later than its TTL a lease's end may be noticed: etcd looks every 500 ms, and has to commit. One that was restarted, or
    /// has a new leader, also gives each lease its election timeout on top, 1 s by default (seen: 6.4 s for a lease of 5 s).</summary>
    public static readonly TimeSpan ExpirySlack = TimeSpan.FromSeconds(2);
}

/// <summary>The life of a registration: register, renew, register again after a lost lease, say whether the worker can work, leave.</summary>
/// <remarks>
/// (event, now) in, effects out. One request is under way at a time, except that leaving and writing a changed record do not wait for a renewal.
/// A lease counts as lost when the registry says so, or when its TTL has passed since the last successful renewal was <em>sent</em>, on the
/// worker's monotonic clock. A lease can outlive its entry, which anybody may delete or write over: once a TTL, after a renewal, it looks at that
/// too, see <see cref="EntryRule"/>. The process keeps its incarnation when it registers again; if another process has taken the id by then, it
/// gives up. A worker that cannot work stays registered as draining with a reason, until it can again or has been unable for too long. A worker
/// that drains or leaves is on its way out: it is not registered any more, nor does it give up.
/// </remarks>
public sealed class RegistrationCore(WorkerRecord worker, RegistrationSettings settings, Random random)
{
    /// <summary>So many different problems are told while one trouble lasts.</summary>
    private const int ToldMax = 10;

    private readonly List<RegistrationEffect> _effects = [];
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
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
    private bool _isRenewalTroubled;
    private bool _isLookTroubled;
    private bool _isOusted;
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

    /// <summary>When <see cref="Tick"/> wants to be called next; null while an answer is awaited or nothing is left to do.</summary>
    public TimeSpan? NextDue => _phase == Phase.Ended || _isLeaving
        ? null
        : Earlier(Earlier(_requestDue, UnableUntil), Earlier(UnregisteredUntil, ReminderDue));

    public bool IsRegistered => _phase == Phase.Held;

    private bool IsOnItsWayOut => _isLeaving || _isDraining;

    private TimeSpan? UnableUntil => IsOnItsWayOut || _hasGivenUp ? null : Until(_unableSince, settings.UnableTimeout);

    private TimeSpan? UnregisteredUntil => Until(_unregisteredSince, settings.UnregisteredTimeout);

    private TimeSpan? ReminderDue => _unregisteredSince is null ? null : _reminderDue;

    public IReadOnlyList<RegistrationEffect> Start(TimeSpan now)
    {
        _startedAt = now;
        _phase = Phase.Registering;
        return Run(() => Send(now));
    }

    public IReadOnlyList<RegistrationEffect> Registered(long leaseId, TimeSpan ttl, TimeSpan now) => Run(() =>
    {
        _isUnderWay = false;
        if (_phase == Phase.Ended || IsOnItsWayOut)
        {
            _phase = Phase.Ended;
            _effects.Add(new RegistrationEffect.Deregister(leaseId));
            return;
        }

        (_leaseId, _leaseUntil, _retries, _idInUseSince, _unregisteredSince) = (leaseId, _sentAt + ttl, 0, null, null);
        (_lookDue, _isRenewalTroubled, _isLookTroubled, _isOusted) = (_sentAt + settings.Ttl, false, false, false);
        _phase = Phase.Held;
        _told.Clear();
        if (_wasReady)
        {
            Note("this worker has registered again");
        }
        else
        {
            _wasReady = true;
            _effects.Add(new RegistrationEffect.Ready());
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
    });

    /// <param name="ttl">What the registry would have granted.</param>
    public IReadOnlyList<RegistrationEffect> IdInUse(long holderIncarnation, TimeSpan ttl, TimeSpan now) => Run(() =>
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
                : $"the id \"{_worker.Id}\" is in use by another worker process (incarnation {holderIncarnation}): choose another --id, or stop "
                    + $"that one");
            return;
        }

        _lastProblem = $"the id \"{_worker.Id}\" is in use by another worker process (incarnation {holderIncarnation})";
        if (_wasReady && IsNews(_lastProblem))
        {
            Note($"{_lastProblem}; retrying", isTrouble: true);
        }

        _requestDue = now + (settings.Ttl / 10);
    });

    public IReadOnlyList<RegistrationEffect> RegisterFailed(string problem, TimeSpan now) => Run(() =>
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

        if (_wasReady && IsNews(problem))
        {
            Note($"this worker could not register again; retrying: {problem}", isTrouble: true);
        }

        _requestDue = now + settings.BackOff.Delay(_retries++, random);
    });

    public IReadOnlyList<RegistrationEffect> Kept(TimeSpan ttl, TimeSpan now) => Run(() =>
    {
        _isUnderWay = false;
        if (_phase == Phase.Held)
        {
            _retries = 0;
            _leaseUntil = _sentAt + ttl;
            _told.Clear();
            _requestDue = Later(now, _sentAt + settings.KeepAliveInterval);
            if (_isRenewalTroubled)
            {
                _isRenewalTroubled = false;
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
    });

    /// <summary>What the registry holds under the id.</summary>
    public IReadOnlyList<RegistrationEffect> Looked(EntrySight sight, TimeSpan now) => Run(() =>
    {
        GoOnRenewing(now);
        if (_phase != Phase.Held || IsOnItsWayOut)
        {
            return;
        }

        if (_isLookTroubled)
        {
            _isLookTroubled = false;
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
                _effects.Add(new RegistrationEffect.Deregister(_leaseId));
                RegisterAgain($"another worker process (incarnation {step.Incarnation}) has this one's id in the registry", now);
                break;
            default:
                break;
        }
    });

    /// <param name="isWritten">False: something changed meanwhile, and nothing was written. The next look tells what.</param>
    public IReadOnlyList<RegistrationEffect> PutBack(bool isWritten, TimeSpan now) => Run(() =>
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
    });

    /// <summary>The look, or the putting back, failed: it is tried again a TTL later. The lease is renewed meanwhile.</summary>
    public IReadOnlyList<RegistrationEffect> LookFailed(string problem, TimeSpan now) => Run(() =>
    {
        GoOnRenewing(now);
        if (_phase == Phase.Held && !IsOnItsWayOut && !_isLookTroubled)
        {
            _isLookTroubled = true;
            Note($"this worker's entry in the registry could not be checked; retrying: {problem}", isTrouble: true);
        }
    });

    public IReadOnlyList<RegistrationEffect> LeaseLost(TimeSpan now) => Run(() =>
    {
        _isUnderWay = false;
        if (_phase == Phase.Held)
        {
            RegisterAgain("the registry ended the lease", now);
        }
    });

    public IReadOnlyList<RegistrationEffect> KeepAliveFailed(string problem, TimeSpan now) => Run(() =>
    {
        _isUnderWay = false;
        if (_phase != Phase.Held)
        {
            return;
        }

        _lastProblem = problem;
        if (IsNews(problem))
        {
            _isRenewalTroubled = true;
            Note($"renewing the lease failed; retrying: {problem}", isTrouble: true);
        }

        _requestDue = Later(now, _sentAt + settings.KeepAliveInterval);
    });

    /// <summary>The registry will not do it, and asking again will not help by itself: at the start this ends the worker. Later an operator may
    /// mend what is wrong, a password or a role, while the worker continues with its jobs: it is tried again.</summary>
    public IReadOnlyList<RegistrationEffect> Refused(string problem, TimeSpan now) => Run(() =>
    {
        _isUnderWay = false;
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
        if (IsNews(problem))
        {
            _isRenewalTroubled = true;
            Note($"the registry refuses; retrying: {problem}", isTrouble: true);
        }

        _requestDue = Later(now, _sentAt + settings.KeepAliveInterval);
    });

    /// <summary>Whether the worker can do jobs. One that cannot stays registered, as draining with the reason, so that it gets none.</summary>
    /// <param name="trouble">Why it cannot; null: it can.</param>
    public IReadOnlyList<RegistrationEffect> Ability(string? trouble, TimeSpan now) => Run(() =>
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
    });

    /// <summary>Says draining in the registry; the lease is renewed while jobs finish.</summary>
    public IReadOnlyList<RegistrationEffect> Drain() => Run(() =>
    {
        if (_isDraining)
        {
            return;
        }

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
    });

    /// <summary>An <see cref="RegistrationEffect.Update"/> is done.</summary>
    public IReadOnlyList<RegistrationEffect> Updated() => Run(() =>
    {
        _isUpdating = false;
        if (_isUntold && _phase == Phase.Held && !_isLeaving)
        {
            Announce();
        }
    });

    /// <summary>An <see cref="RegistrationEffect.Update"/> failed, or nobody knows how it ended: it is written again after the next renewal.
    /// Writing it twice does no harm.</summary>
    public IReadOnlyList<RegistrationEffect> UpdateFailed(string problem) => Run(() =>
    {
        _isUpdating = false;
        _isUntold = _phase == Phase.Held;
        Note($"the registry could not be told whether this worker takes jobs; retrying: {problem}", isTrouble: true);
    });

    /// <summary>Leaves the registry for good.</summary>
    public IReadOnlyList<RegistrationEffect> Leave() => Run(() =>
    {
        _isLeaving = true;
        if (_phase == Phase.Held)
        {
            _effects.Add(new RegistrationEffect.Deregister(_leaseId));
        }

        // A registration under way is given back when its answer comes; see Registered.
        if (_phase != Phase.Registering || !_isUnderWay)
        {
            _phase = Phase.Ended;
        }
    });

    public IReadOnlyList<RegistrationEffect> Tick(TimeSpan now) => Run(() =>
    {
        if (NextDue is null)
        {
            return;
        }

        if (now >= UnableUntil)
        {
            // The lease is renewed until the program leaves.
            _hasGivenUp = true;
            _effects.Add(new RegistrationEffect.GiveUp($"this worker could not do jobs for {Seconds(now - _unableSince!.Value)}: {_worker.Reason}"));
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
    });

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
        _told.Clear();
        Send(now);
    }

    private void Send(TimeSpan now)
    {
        _requestDue = null;
        _isUnderWay = true;
        (_sent, _sentAt) = (_phase == Phase.Held ? _sent : _worker, now);
        _effects.Add(_phase == Phase.Held ? new RegistrationEffect.KeepAlive(_leaseId) : new RegistrationEffect.Register(_worker));
    }

    /// <summary>A request beside the renewals; those wait for its answer.</summary>
    private void Await(RegistrationEffect request)
    {
        _requestDue = null;
        _isUnderWay = true;
        _effects.Add(request);
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
        _effects.Add(new RegistrationEffect.Update(_leaseId, _worker));
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
        _effects.Add(new RegistrationEffect.GiveUp(sentence));
    }

    /// <summary>Whether the problem has not been told yet since the trouble began: two answers in turn are told once each, and not for
    /// ever.</summary>
    private bool IsNews(string problem) => _told.Count < ToldMax && _told.Add(problem);

    private void Note(string text, bool isTrouble = false) => _effects.Add(new RegistrationEffect.Note(text, isTrouble));

    private IReadOnlyList<RegistrationEffect> Run(Action step)
    {
        _effects.Clear();
        step();
        return _effects.Count == 0 ? [] : [.. _effects];
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    private static TimeSpan? Until(TimeSpan? since, TimeSpan limit) => limit > TimeSpan.Zero ? since + limit : null;

    private static TimeSpan? Earlier(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b : a;

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
