namespace AkkaLb.Core.Registration;

/// <summary>What the registration asks its shell to do.</summary>
public abstract record RegistrationEffect
{
    private RegistrationEffect() { }

    /// <summary>Register; answer with <see cref="RegistrationCore.Registered"/>, <see cref="RegistrationCore.IdInUse"/> or <see cref="RegistrationCore.RegisterFailed"/>.</summary>
    public sealed record Register(WorkerRecord Worker) : RegistrationEffect;

    /// <summary>Renew; answer with <see cref="RegistrationCore.Kept"/>, <see cref="RegistrationCore.LeaseLost"/> or <see cref="RegistrationCore.KeepAliveFailed"/>.</summary>
    public sealed record KeepAlive(long LeaseId) : RegistrationEffect;

    /// <summary>Write the changed record; answer with <see cref="RegistrationCore.UpdateFailed"/> when that fails.</summary>
    public sealed record Update(long LeaseId, WorkerRecord Worker) : RegistrationEffect;

    /// <summary>Look what the registry holds under the id; answer with <see cref="RegistrationCore.Looked"/> or <see cref="RegistrationCore.LookFailed"/>.</summary>
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
public sealed record RegistrationSettings(TimeSpan Ttl, TimeSpan KeepAliveInterval, TimeSpan Wait, BackOff BackOff)
{
    /// <summary>How much later than its TTL a registry may notice a lease's end: etcd looks every 500 ms, and has to commit.</summary>
    public static readonly TimeSpan ExpirySlack = TimeSpan.FromSeconds(1);
}

/// <summary>The life of a registration: register, renew, register anew after a lost lease, leave.</summary>
/// <remarks>
/// (event, now) in, effects out. One request is under way at a time, except that leaving does not wait for a renewal. A lease counts as lost when
/// the registry says so, or when its TTL has passed since the last successful renewal was <em>sent</em>, on the worker's monotonic clock.
/// A lease can outlive its entry, which anybody may delete or write over: once a TTL, after a renewal, it looks at that too, see <see cref="EntryRule"/>.
/// The process keeps its incarnation when it registers anew; if another process has taken the id by then, it gives up. A worker that drains
/// or leaves is on its way out: it is not registered any more, nor does it give up.
/// </remarks>
public sealed class RegistrationCore(WorkerRecord worker, RegistrationSettings settings, Random random)
{
    private readonly List<RegistrationEffect> _effects = [];
    private WorkerRecord _worker = worker;
    private Phase _phase = Phase.New;
    private bool _isUnderWay;
    private bool _wasReady;
    private bool _isLeaving;
    private bool _isDrainingUntold;
    private bool _isRenewalTroubled;
    private bool _isLookTroubled;
    private bool _isOusted;
    private int _retries;
    private long _leaseId;
    private TimeSpan _startedAt;
    private TimeSpan _sentAt;
    private TimeSpan _leaseUntil;
    private TimeSpan _lookDue;
    private TimeSpan? _idInUseSince;
    private string _lastProblem = "no answer";

    private enum Phase
    {
        New,
        Registering,
        Held,
        Ended,
    }

    /// <summary>When <see cref="Tick"/> wants to be called next; null while an answer is awaited or nothing is left to do.</summary>
    public TimeSpan? NextDue { get; private set; }

    public bool IsRegistered => _phase == Phase.Held;

    private bool IsOnItsWayOut => _isLeaving || _worker.State == WorkerState.Draining;

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

        (_leaseId, _leaseUntil, _retries, _idInUseSince) = (leaseId, _sentAt + ttl, 0, null);
        (_lookDue, _isRenewalTroubled, _isLookTroubled, _isOusted) = (_sentAt + settings.Ttl, false, false, false);
        _phase = Phase.Held;
        if (_wasReady)
        {
            _effects.Add(new RegistrationEffect.Note("registered again", IsTrouble: false));
        }
        else
        {
            _wasReady = true;
            _effects.Add(new RegistrationEffect.Ready());
        }

        NextDue = Later(now, _sentAt + settings.KeepAliveInterval);
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
                _isOusted ? $"the id \"{_worker.Id}\" was taken by another worker process (incarnation {holderIncarnation}) while this one was registered"
                : _wasReady ? $"the id \"{_worker.Id}\" was taken by another worker process while this one had lost its lease"
                : $"the id \"{_worker.Id}\" is in use by another worker process (incarnation {holderIncarnation}): choose another --id, or stop that one");
            return;
        }

        _lastProblem = $"the id \"{_worker.Id}\" is in use";
        NextDue = now + (settings.Ttl / 10);
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
            GiveUp($"could not register within {settings.Wait.TotalSeconds:0.#} s: {problem}");
            return;
        }

        NextDue = now + settings.BackOff.Delay(_retries++, random);
    });

    public IReadOnlyList<RegistrationEffect> Kept(TimeSpan ttl, TimeSpan now) => Run(() =>
    {
        _isUnderWay = false;
        if (_phase == Phase.Held)
        {
            _retries = 0;
            _leaseUntil = _sentAt + ttl;
            NextDue = Later(now, _sentAt + settings.KeepAliveInterval);
            if (_isRenewalTroubled)
            {
                _isRenewalTroubled = false;
                _effects.Add(new RegistrationEffect.Note("the lease is renewed again", IsTrouble: false));
            }

            if (_isDrainingUntold && !_isLeaving)
            {
                // The registry is there again.
                _isDrainingUntold = false;
                _effects.Add(new RegistrationEffect.Update(_leaseId, _worker));
            }

            if (!IsOnItsWayOut && now >= _lookDue)
            {
                _lookDue = now + settings.Ttl;
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
            _effects.Add(new RegistrationEffect.Note("this worker's entry in the registry is checked again", IsTrouble: false));
        }

        switch (EntryRule.Decide(sight, _leaseId, _worker))
        {
            case EntryStep.PutBack step:
                var what = sight is EntrySight.Missing ? "is gone from the registry" : "was written over in the registry";
                _effects.Add(new RegistrationEffect.Note($"this worker's entry {what}; putting it back", IsTrouble: true));
                Await(new RegistrationEffect.PutBack(_leaseId, _worker, step.Revision));
                break;
            case EntryStep.Taken step:
                _isOusted = true;
                _effects.Add(new RegistrationEffect.Deregister(_leaseId));
                RegisterAnew($"another worker process (incarnation {step.Incarnation}) has this one's id in the registry", now);
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
            _effects.Add(new RegistrationEffect.Note("registered again", IsTrouble: false));
            if (IsOnItsWayOut)
            {
                // The entry may have been put back as it was before, behind what said draining.
                _effects.Add(new RegistrationEffect.Update(_leaseId, _worker));
            }
        }
    });

    /// <summary>The look, or the putting back, failed: it is tried again a TTL later. Meanwhile the lease is renewed on.</summary>
    public IReadOnlyList<RegistrationEffect> LookFailed(string problem, TimeSpan now) => Run(() =>
    {
        GoOnRenewing(now);
        if (_phase == Phase.Held && !IsOnItsWayOut && !_isLookTroubled)
        {
            _isLookTroubled = true;
            _effects.Add(new RegistrationEffect.Note($"this worker's entry in the registry could not be checked, trying on: {problem}", IsTrouble: true));
        }
    });

    public IReadOnlyList<RegistrationEffect> LeaseLost(TimeSpan now) => Run(() =>
    {
        _isUnderWay = false;
        if (_phase == Phase.Held)
        {
            RegisterAnew("the registry ended the lease", now);
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
        if (_retries++ == 0)
        {
            _isRenewalTroubled = true;
            _effects.Add(new RegistrationEffect.Note($"renewing the lease failed, trying on: {problem}", IsTrouble: true));
        }

        NextDue = Later(now, _sentAt + settings.KeepAliveInterval);
    });

    /// <summary>The registry will not do it, and asking again will not help by itself: at the start this ends the worker. Later an operator may mend what
    /// is wrong, a password or a role, while the worker goes on with its jobs: it is tried on.</summary>
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
        if (_retries++ == 0)
        {
            _isRenewalTroubled = true;
            _effects.Add(new RegistrationEffect.Note($"the registry refuses, trying on: {problem}", IsTrouble: true));
        }

        NextDue = Later(now, _sentAt + settings.KeepAliveInterval);
    });

    /// <summary>Says draining in the registry; the lease is renewed on while jobs finish.</summary>
    public IReadOnlyList<RegistrationEffect> Drain() => Run(() =>
    {
        if (_worker.State == WorkerState.Draining)
        {
            return;
        }

        _worker = _worker with { State = WorkerState.Draining };
        if (_phase == Phase.Held)
        {
            _effects.Add(new RegistrationEffect.Update(_leaseId, _worker));
        }
        else if (!_isUnderWay)
        {
            EndsOnItsWayOut();
        }
    });

    /// <summary>An <see cref="RegistrationEffect.Update"/> failed, or nobody knows how it ended: it is written again after the next renewal. Writing it
    /// twice does no harm.</summary>
    public IReadOnlyList<RegistrationEffect> UpdateFailed(string problem) => Run(() =>
    {
        _isDrainingUntold = _phase == Phase.Held;
        _effects.Add(new RegistrationEffect.Note($"the registry could not be told of the draining, trying on: {problem}", IsTrouble: true));
    });

    /// <summary>Leaves the registry for good.</summary>
    public IReadOnlyList<RegistrationEffect> Leave() => Run(() =>
    {
        _isLeaving = true;
        NextDue = null;
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
        if (_isUnderWay || NextDue is null || now < NextDue)
        {
            return;
        }

        if (_phase == Phase.Held && now >= _leaseUntil)
        {
            RegisterAnew($"the lease could not be renewed in time ({_lastProblem})", now);
        }
        else
        {
            Send(now);
        }
    });

    private void RegisterAnew(string why, TimeSpan now)
    {
        if (_worker.State == WorkerState.Draining)
        {
            // On its way out: nobody should be told of it again.
            _effects.Add(new RegistrationEffect.Note($"{why}; draining, so it is not taken anew", IsTrouble: true));
            (_phase, NextDue) = (Phase.Ended, null);
            return;
        }

        _effects.Add(new RegistrationEffect.Note($"{why}; registering again", IsTrouble: true));
        (_phase, _retries) = (Phase.Registering, 0);
        Send(now);
    }

    private void Send(TimeSpan now)
    {
        NextDue = null;
        _isUnderWay = true;
        _sentAt = now;
        _effects.Add(_phase == Phase.Held ? new RegistrationEffect.KeepAlive(_leaseId) : new RegistrationEffect.Register(_worker));
    }

    /// <summary>A request beside the renewals; those wait for its answer.</summary>
    private void Await(RegistrationEffect request)
    {
        NextDue = null;
        _isUnderWay = true;
        _effects.Add(request);
    }

    private void GoOnRenewing(TimeSpan now)
    {
        _isUnderWay = false;
        if (_phase == Phase.Held)
        {
            NextDue = Later(now, _sentAt + settings.KeepAliveInterval);
        }
    }

    /// <summary>Ends the tries to register of a worker that is on its way out: nobody should be told of it any more.</summary>
    private bool EndsOnItsWayOut()
    {
        if (IsOnItsWayOut)
        {
            (_phase, NextDue) = (Phase.Ended, null);
        }

        return IsOnItsWayOut;
    }

    private void GiveUp(string sentence)
    {
        (_phase, NextDue) = (Phase.Ended, null);
        _effects.Add(new RegistrationEffect.GiveUp(sentence));
    }

    private IReadOnlyList<RegistrationEffect> Run(Action step)
    {
        _effects.Clear();
        step();
        return _effects.Count == 0 ? [] : [.. _effects];
    }

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
