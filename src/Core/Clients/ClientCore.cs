using System.Diagnostics;
using System.Globalization;

namespace AkkaLb.Core.Clients;

/// <summary>Everything a client decides: asking the balancer, sending, and what a failure means for each job.</summary>
/// <remarks>
/// (event, now) in, effects out, appended to <see cref="Effects"/>. Each job ends in exactly one <see cref="ClientEffect.Finish"/>.
/// A send whose message surely did not reach a worker that started it (dead letter, rejection) is tried again until the deadline, outside the
/// retry budget. A send of unknown outcome is tried again only if the job is idempotent, and within <see cref="ClientSettings.SendsMax"/> and the
/// budget. A job that found every worker full waits for a place, and no younger one overtakes it: see <see cref="WaitingJobs"/>. A gate that is
/// silent
/// is asked whether it is there: see <see cref="GateWatch"/>. Not thread-safe: the owning actor serializes calls.
/// </remarks>
public sealed class ClientCore(ClientSettings settings, long clientId, Random random)
{
    /// <summary>Bound of the protocol for the list of workers to leave out.</summary>
    private const int LeaveOutMax = 64;

    /// <summary>So many times the ruling's delay have jobs to come back from a connection that never stood.</summary>
    private const int UnsentFactor = 10;

    private readonly Dictionary<JobId, PendingJob> _jobs = [];
    private readonly Dictionary<long, PendingJob> _requests = [];
    private readonly GateWatch _gates = new(settings);
    private readonly WaitingJobs _waiting = new(random);
    private readonly HashSet<PendingJob> _called = [];
    private readonly LeftOutWorkers _leftOut = new(settings.LeaveOutFor);
    private readonly RetryBudget _budget = new(settings.RetryBudget);
    private readonly WakeQueue _wake = new();
    private readonly List<Ruling> _rulings = [];
    private readonly HashSet<string> _connected = new(StringComparer.Ordinal);
    private long _jobSequence;
    private long _requestSequence;
    private bool _isLinked;
    private bool _isClosed;

    /// <summary>Somebody may have room whom we do not know as full: each waiting job that is given a worker calls the next one.</summary>
    private bool _isLookingForRoom;

    /// <summary>Places that became free while nobody waited but those that were called: at most one for each of these.</summary>
    private int _unusedPlaces;

    /// <summary>What is to be done, in order; the shell takes and clears it after each call.</summary>
    public List<ClientEffect> Effects { get; } = [];

    /// <summary>Jobs that have not ended.</summary>
    public int PendingCount => _jobs.Count;

    /// <summary>Nothing is remembered of any job: for tests.</summary>
    internal bool IsEmpty => _jobs.Count + _requests.Count + _gates.Count + _rulings.Count + _called.Count == 0 && _waiting.IsEmpty;

    /// <summary>When <see cref="Tick"/> wants to be called next; null: not before another event.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            var next = Sooner(Sooner(_wake.NextDue, _gates.NextDue), _waiting.NextDue);
            foreach (var ruling in _rulings)
            {
                next = Sooner(next, ruling.DueAt);
            }

            return next;
        }
    }

    /// <summary>Jobs sent to a worker and not yet answered, by worker.</summary>
    public IReadOnlyDictionary<WorkerKey, int> InFlight => _gates.Gates.Where(g => g.Jobs.Count > 0)
        .GroupBy(g => g.Worker).ToDictionary(g => g.Key, g => g.Sum(gate => gate.Jobs.Count));

    // ---- submitting

    /// <summary>Takes a job.</summary>
    /// <param name="ticket">Comes back with the job's end.</param>
    /// <param name="message">Comes back with each sending.</param>
    /// <param name="timeout">Until its deadline; above zero.</param>
    public JobId Submit(object ticket, object message, bool isIdempotent, TimeSpan timeout, TimeSpan now)
    {
        _budget.Deposit(now);
        return Add(ticket, message, isIdempotent, 1, timeout, now);
    }

    /// <summary>Takes a wish for workers without a job.</summary>
    /// <param name="ticket">Comes back with the end.</param>
    /// <param name="count">How many picks in one request.</param>
    public JobId SubmitAssign(object ticket, int count, TimeSpan timeout, TimeSpan now) =>
        Add(ticket, null, isIdempotent: true, count, timeout, now);

    /// <summary>No more jobs are taken; what has not been sent to a worker ends as <see cref="JobError.Closed"/>, what is in flight may
    /// finish.</summary>
    public void StopSending(TimeSpan now)
    {
        _isClosed = true;
        foreach (var job in _jobs.Values.Where(j => j.State != PendingState.InFlight).ToList())
        {
            var again = job.Sends == 0 ? "" : $" again: {job.LastTrouble}";
            Fail(job, JobError.Closed, job.Target?.Worker, $"the client stopped before it was sent{again}", now);
        }
    }

    /// <summary>Ends whatever is left.</summary>
    public void Close(TimeSpan now)
    {
        StopSending(now);
        foreach (var job in _jobs.Values.ToList())
        {
            Fail(job, JobError.Closed, job.Target?.Worker, "the client stopped while it was in flight", now);
        }

        _gates.Close();
    }

    // ---- the balancer

    /// <summary>A balancer can be asked from now on.</summary>
    public void BalancerFound(TimeSpan now)
    {
        _isLinked = true;
        foreach (var job in _jobs.Values.Where(j => j.State == PendingState.NeedsBalancer).OrderBy(j => j.Id.Sequence).ToList())
        {
            Ask(job, now);
        }

        LookForRoom(now);
    }

    /// <summary>The balancer cannot be asked any more; requests that are out will be asked again of the next.</summary>
    public void BalancerLost(TimeSpan now)
    {
        _isLinked = false;
        foreach (var job in _requests.Values.ToList())
        {
            Ask(job, now);
        }
    }

    /// <summary>The balancer's answer.</summary>
    public void Assigned(long requestId, IReadOnlyList<AssignedWorker> workers, string policy, TimeSpan now)
    {
        if (!_requests.Remove(requestId, out var job))
        {
            return;
        }

        job.AssignTime = now - job.FirstAskedAt!.Value;
        if (job.Message is null)
        {
            End(job, new JobOutcome.Picked(workers, policy, job.Sends, job.AssignTime, now - job.SubmittedAt), now);
            return;
        }

        if (now >= job.Deadline)
        {
            // The clock's own event is late. It is not sent any more: nobody could say what became of it.
            job.LastTrouble = "the balancer answered after the deadline";
            FailAtDeadline(job, now);
            return;
        }

        var target = workers[0];
        job.LastNamed = target.Worker;
        if (_gates.IsSilent(target) || (!job.TakesAnyone && _leftOut.Contains(target.Worker, now)))
        {
            // Asked before we knew better. Sending would only make a dead letter.
            TryLater(job, $"worker {target.Worker.Id} has just been lost", now);
            return;
        }

        if (_gates.TryGet(target, out var gate) && _waiting.IsFull(gate))
        {
            // Asked for before we knew. A job that was called has a place somewhere else.
            if (_called.Contains(job))
            {
                Ask(job, now);
            }
            else
            {
                WaitForPlace(job, now);
            }

            return;
        }

        var goesOn = _called.Contains(job) && _isLookingForRoom;
        Send(job, target, now);
        if (goesOn)
        {
            CallOldest(now);
        }
    }

    /// <summary>The balancer's no.</summary>
    public void AssignRejected(long requestId, AssignRejectReason reason, string sentence, TimeSpan retryAfter, TimeSpan now)
    {
        if (!_requests.Remove(requestId, out var job))
        {
            return;
        }

        _isLookingForRoom &= !_called.Contains(job);
        if (reason == AssignRejectReason.AllExcluded && job.LeavesOutFull)
        {
            WaitForPlace(job, now);
            return;
        }

        (job.LastRejection, job.LastTrouble) = (reason, sentence);
        if (reason == AssignRejectReason.AllExcluded)
        {
            if (job.Incapable is not null && !job.LeavesOutOthers)
            {
                FailUnsupported(job, now);
                return;
            }

            // Whoever there is, then: a worker that refused or was lost a moment ago may be back.
            (job.TakesAnyone, job.Refused) = (true, null);
        }

        var waits = reason is AssignRejectReason.NotReady or AssignRejectReason.Stopping or AssignRejectReason.AllExcluded;
        if (job.Message is null && !waits)
        {
            Fail(job, JobError.NoWorker, null, sentence, now);
            return;
        }

        // At most what the balancer hints at: half of it for sure, the rest by chance, so that clients do not come back together.
        BackOffUntil(job, now + (retryAfter / 2) + (retryAfter / 2 * random.NextDouble()), now);
    }

    // ---- the workers

    /// <summary>Some gate is silent, so <see cref="Heard(string, TimeSpan)"/> is worth calling.</summary>
    public bool HasSilentGates => _gates.Silent.Count > 0;

    /// <summary>Somebody at this address said something, whatever it was: a gate there that was given up is back in use.</summary>
    public void Heard(string address, TimeSpan now)
    {
        foreach (var gate in _gates.Silent.Where(g => g.Target.Address == address).ToList())
        {
            Heard(gate, now);
        }
    }

    /// <summary>The answer to <see cref="ClientEffect.AskGate"/>.</summary>
    /// <param name="isThere">False: there is no such gate any more. Jobs that were sent before the question have an unknown outcome; for those sent
    /// later that process answers by itself.</param>
    /// <param name="from">The address of who answered. Our own dead letters say "not there" of a gate that cannot be reached; that means
    /// nothing.</param>
    public void GateAnswered(long number, bool isThere, string from, TimeSpan now)
    {
        if (!_gates.TryGet(number, out var gate) || !(isThere || from == gate.Target.Address))
        {
            return;
        }

        var askedAt = gate.AskedAt;
        Heard(gate, now);
        if (!isThere)
        {
            LeaveOut(gate.Worker, "it is not there any more", now);
            RuleUnknown(gate.Jobs.Where(j => j.SentAt <= askedAt), "the worker is not there any more", now);
        }
    }

    /// <summary>A worker's result. The first one counts, whichever send it belongs to.</summary>
    public void JobDone(JobId id, int attempt, object reply, TimeSpan now)
    {
        if (_jobs.TryGetValue(id, out var job) && WorkerOf(job, attempt) is { } worker)
        {
            if (attempt == job.Sends && job.Gate is { } gate)
            {
                Heard(gate, now);
            }

            End(job, new JobOutcome.Done(worker, reply, job.Sends, job.AssignTime, now - job.SubmittedAt), now);
        }
    }

    /// <summary>The worker has it and there is no result.</summary>
    public void JobFailed(JobId id, int attempt, JobFailureReason reason, string cause, TimeSpan now)
    {
        if (!TryGetInFlight(id, attempt, out var job))
        {
            return;
        }

        Heard(job.Gate!, now);
        if (reason == JobFailureReason.Drained)
        {
            RuleUnknown(job, cause, now, reason);
            return;
        }

        var error = reason == JobFailureReason.DeadlineExceeded ? JobError.DeadlineExceeded : JobError.WorkerFailed;
        Fail(job, error, job.Target!.Worker, cause, now, reason);
    }

    /// <summary>The worker did not start it.</summary>
    /// <param name="text">The reason in words; may be empty.</param>
    /// <param name="retryAfter">Of one that is at its capacity: when to come again; zero: no hint.</param>
    public void JobRejected(JobId id, int attempt, JobRejectReason reason, string text, TimeSpan retryAfter, TimeSpan now)
    {
        if (!TryGetInFlight(id, attempt, out var job))
        {
            return;
        }

        Heard(job.Gate!, now);
        var worker = job.Target!.Worker;
        job.LastTrouble = $"worker {worker.Id} did not start it ({reason}){(text.Length > 0 ? ": " + text : "")}";
        switch (reason)
        {
            case JobRejectReason.OverCapacity:
                var gate = job.Gate!;
                LeaveGate(job);
                var isNews = _waiting.Refused(gate, retryAfter, now);
                WaitForPlace(job, now);
                if (isNews)
                {
                    LookForRoom(now);
                }

                return;
            case JobRejectReason.Unreadable or JobRejectReason.Unhandled:
                (job.Incapable ??= []).Add(worker);
                job.LastInability = job.LastTrouble;
                if (job.Incapable.Count >= LeaveOutMax)
                {
                    FailUnsupported(job, now);
                    return;
                }

                break;
            case JobRejectReason.NotHere:
                LeaveOut(worker, "it is not there any more", now);
                break;
            case JobRejectReason.Draining or JobRejectReason.Unable:
                _leftOut.Add(worker, now);
                break;
            default:
                (job.Refused ??= []).Add(worker);
                break;
        }

        TryLater(job, job.LastTrouble, now);
    }

    /// <summary>The job never left this process: its connection was closed.</summary>
    public void DeadLettered(JobId id, int attempt, TimeSpan now)
    {
        if (TryGetInFlight(id, attempt, out var job))
        {
            var worker = job.Target!.Worker;
            LeaveOut(worker, "no connection", now);
            TryLater(job, $"worker {worker.Id} could not be reached", now);
        }
    }

    /// <summary>A connection stands.</summary>
    public void Connected(string address) => _connected.Add(address);

    /// <summary>A connection broke, or could not be made.</summary>
    /// <remarks>
    /// The event comes a few milliseconds before the dead letters of what was never sent, so jobs on that connection are judged only
    /// <see cref="ClientSettings.RulingDelay"/> later: those that have not come back as dead letters by then have an unknown outcome. Jobs sent
    /// within half of that time are judged too, because nothing gets through in the moments after a loss; what is sent later has time of its own
    /// to come back. Where no connection stood, nothing was sent: all of it comes back, and a busy machine gets ten times as long for it. Events
    /// repeat; each one judges what it finds.
    /// </remarks>
    public void ConnectionLost(string address, string seen, TimeSpan now)
    {
        var stood = _connected.Remove(address);
        var hasJobs = false;
        foreach (var gate in _gates.At(address))
        {
            if (gate.Jobs.Count > 0)
            {
                hasJobs = true;
                LeaveOut(gate.Worker, seen, now);
            }
        }

        var (coversUntil, dueAt) = stood
            ? (now + (settings.RulingDelay / 2), now + settings.RulingDelay)
            : (now, now + (settings.RulingDelay * UnsentFactor));
        if (hasJobs && !_rulings.Exists(r => r.Address == address && r.DueAt == dueAt))
        {
            _rulings.Add(new Ruling(address, seen, coversUntil, dueAt));
        }
    }

    /// <summary>Time has passed.</summary>
    public void Tick(TimeSpan now)
    {
        for (var i = 0; i < _rulings.Count;)
        {
            var ruling = _rulings[i];
            if (ruling.DueAt > now)
            {
                i++;
                continue;
            }

            _rulings.RemoveAt(i);
            Judge(ruling, now);
        }

        while (_wake.TryTakeDue(now, out var job))
        {
            Wake(job, now);
        }

        while (_gates.TryTakeDue(now, out var gate, out var verdict))
        {
            Ask(gate, verdict, now);
        }

        if (_waiting.TryRetry(now))
        {
            LookForRoom(now);
        }
    }

    // ---- inside

    private JobId Add(object ticket, object? message, bool isIdempotent, int count, TimeSpan timeout, TimeSpan now)
    {
        Debug.Assert(timeout > TimeSpan.Zero, "checked where it is given");
        var job = new PendingJob
        {
            Id = new JobId(clientId, ++_jobSequence),
            Ticket = ticket,
            Message = message,
            IsIdempotent = isIdempotent,
            Count = count,
            SubmittedAt = now,
            Deadline = now + timeout,
        };
        if (_isClosed || _jobs.Count >= settings.JobsMax)
        {
            _jobs.Add(job.Id, job);
            Fail(
                job,
                _isClosed ? JobError.Closed : JobError.TooManyJobs,
                null,
                _isClosed ? "the client is closed" : $"{settings.JobsMax} jobs are pending already (akkalb.client.jobs-max)",
                now);
            return job.Id;
        }

        _jobs.Add(job.Id, job);
        if (message is not null && (!_waiting.IsEmpty || _called.Count > 0))
        {
            WaitForPlace(job, now);
        }
        else
        {
            Ask(job, now);
        }

        return job.Id;
    }

    private void Ask(PendingJob job, TimeSpan now)
    {
        _requests.Remove(job.RequestId);
        if (now >= job.Deadline)
        {
            FailAtDeadline(job, now);
            return;
        }

        if (!_isLinked)
        {
            job.State = PendingState.NeedsBalancer;
            WakeAt(job, job.Deadline);
            return;
        }

        job.State = PendingState.Assigning;
        job.RequestId = ++_requestSequence;
        job.FirstAskedAt ??= now;
        _requests.Add(job.RequestId, job);
        WakeAt(job, Earlier(job.Deadline, now + settings.AssignTimeout));
        Effects.Add(new ClientEffect.SendAssign(job.RequestId, job.Count, ToLeaveOut(job, now), job.Deadline - now));
    }

    private IReadOnlyList<WorkerKey> ToLeaveOut(PendingJob job, TimeSpan now)
    {
        var full = job.Message is null ? [] : _waiting.Full;
        job.LeavesOutFull = full.Count > 0;
        List<WorkerKey> always = [];
        if (job.Incapable is not null || full.Count > 0 || _gates.Silent.Count > 0)
        {
            always = [.. job.Incapable ?? [], .. full, .. _gates.Silent.Select(g => g.Worker).Take(LeaveOutMax)];
        }

        if (job is { TakesAnyone: false, Refused: not null })
        {
            always.AddRange(job.Refused);
        }

        var leaveOut = job.TakesAnyone ? [.. always.Distinct().Take(LeaveOutMax)] : _leftOut.Current(always, LeaveOutMax, now);
        job.LeavesOutOthers = leaveOut.Count > (job.Incapable?.Count ?? 0);
        return leaveOut;
    }

    /// <summary>Every worker is full, or older jobs wait already.</summary>
    private void WaitForPlace(PendingJob job, TimeSpan now)
    {
        _called.Remove(job);
        if (job.LeavesOutFull && job.State == PendingState.Assigning && _unusedPlaces > 0)
        {
            // A place became free while the balancer was asked for others, and nobody else waited for it.
            _unusedPlaces--;
            _called.Add(job);
            Ask(job, now);
            return;
        }

        LeaveGate(job);
        if (_isClosed)
        {
            FailClosed(job, now);
            return;
        }

        (job.State, job.HasWaited, job.LastRejection) = (PendingState.Waiting, true, null);
        if (job.LastTrouble.Length == 0)
        {
            job.LastTrouble = "every worker is at its capacity, and older jobs wait too";
        }

        _waiting.Add(job, now);
        WakeAt(job, job.Deadline);
    }

    private void LookForRoom(TimeSpan now)
    {
        _isLookingForRoom = true;
        CallOldest(now);
    }

    private bool CallOldest(TimeSpan now)
    {
        if (_isLinked && !_isClosed && _waiting.TakeOldest() is { } job)
        {
            _called.Add(job);
            Ask(job, now);
        }
        else
        {
            _isLookingForRoom = false;
            return false;
        }

        return true;
    }

    private void Ask(GateSight gate, GateWatch.Verdict verdict, TimeSpan now)
    {
        Effects.Add(new ClientEffect.AskGate(gate.Number, gate.Target));
        var silence = string.Create(CultureInfo.InvariantCulture, $"it has been silent for {(now - gate.HeardAt).TotalSeconds:0} s");
        if (verdict == GateWatch.Verdict.AskAgain && gate.SilentSince is null)
        {
            LeaveOut(gate.Worker, silence, now);
        }
        else if (verdict == GateWatch.Verdict.GiveUp)
        {
            LeaveOut(gate.Worker, silence, now);
            RuleUnknown(gate.Jobs, silence, now);
        }
    }

    private void Heard(GateSight gate, TimeSpan now)
    {
        if (_gates.Heard(gate, now))
        {
            _leftOut.Remove(gate.Worker);
        }
    }

    private void Send(PendingJob job, AssignedWorker target, TimeSpan now)
    {
        if (job.Target is { } earlier)
        {
            (job.EarlierWorkers ??= []).Add(earlier.Worker);
        }

        _called.Remove(job);
        job.State = PendingState.InFlight;
        (job.Target, job.SentAt, job.TakesAnyone, job.LastRejection) = (target, now, false, null);
        job.Sends++;
        job.Gate = _gates.Sent(job, target, now);
        WakeAt(job, job.Deadline);
        Effects.Add(new ClientEffect.SendJob(
            job.Id, job.Sends, target, job.Deadline - now, now - job.SubmittedAt, job.IsIdempotent, job.Message!));
    }

    private void Wake(PendingJob job, TimeSpan now)
    {
        if (now >= job.Deadline)
        {
            FailAtDeadline(job, now);
            return;
        }

        if (job.State == PendingState.Assigning)
        {
            job.LastTrouble = "the balancer did not answer";
            Effects.Add(new ClientEffect.AssignUnanswered());
        }

        Ask(job, now);
    }

    private void FailAtDeadline(PendingJob job, TimeSpan now)
    {
        if (job.State == PendingState.InFlight)
        {
            Fail(job, JobError.DeadlineExceeded, job.Target!.Worker, "no answer before the deadline", now);
        }
        else if (job.MayHaveRunAt is { } worker)
        {
            Fail(job, JobError.DeadlineExceeded, worker, $"no answer before the deadline; {job.LastTrouble}", now);
        }
        else if (job.LastRejection is not null)
        {
            Fail(job, JobError.NoWorker, null, job.LastTrouble, now);
        }
        else if (job.LastNamed is { } named)
        {
            Fail(job, JobError.NotStarted, named, job.LastTrouble, now);
        }
        else if (job.HasWaited && _isLinked)
        {
            Fail(job, JobError.NotStarted, null, job.LastTrouble, now);
        }
        else
        {
            Fail(job, JobError.NoBalancer, null, job.LastTrouble.Length > 0 ? job.LastTrouble : "no balancer answers", now);
        }
    }

    private void Judge(Ruling ruling, TimeSpan now)
    {
        foreach (var gate in _gates.At(ruling.Address))
        {
            RuleUnknown(gate.Jobs.Where(j => j.SentAt <= ruling.CoversUntil), ruling.Seen, now);
        }
    }

    private void RuleUnknown(IEnumerable<PendingJob> jobs, string seen, TimeSpan now)
    {
        foreach (var job in jobs.OrderBy(j => j.Id.Sequence).ToList())
        {
            RuleUnknown(job, seen, now);
        }
    }

    /// <summary>It was sent, and nobody can say what became of it.</summary>
    private void RuleUnknown(PendingJob job, string seen, TimeSpan now, JobFailureReason? failure = null)
    {
        var worker = job.Target!.Worker;
        if (!job.IsIdempotent)
        {
            Fail(job, JobError.WorkerLost, worker, seen, now, failure);
        }
        else if (++job.UnknownOutcomes >= settings.SendsMax)
        {
            Fail(job, JobError.RetriesExhausted, worker, $"{seen}; lost {job.UnknownOutcomes} times", now, failure);
        }
        else if (!_budget.TryWithdraw(now))
        {
            Fail(job, JobError.RetriesExhausted, worker, $"{seen}; the retry budget is used up", now, failure);
        }
        else
        {
            job.MayHaveRunAt = worker;
            TryLater(job, seen, now);
        }
    }

    private void TryLater(PendingJob job, string trouble, TimeSpan now)
    {
        job.LastTrouble = trouble;
        BackOffUntil(job, now + settings.BackOff.Delay(job.Retries++, random), now);
    }

    private void BackOffUntil(PendingJob job, TimeSpan until, TimeSpan now)
    {
        _called.Remove(job);
        LeaveGate(job);
        if (_isClosed)
        {
            FailClosed(job, now);
            return;
        }

        job.State = PendingState.BackingOff;
        WakeAt(job, Earlier(job.Deadline, until));
    }

    private void FailClosed(PendingJob job, TimeSpan now) =>
        Fail(job, JobError.Closed, job.Target?.Worker, $"the client stopped before it was sent again: {job.LastTrouble}", now);

    /// <summary>Nobody can do it, now or later.</summary>
    private void FailUnsupported(PendingJob job, TimeSpan now)
    {
        job.LastRejection = null;
        if (job.MayHaveRunAt is { } worker)
        {
            Fail(job, JobError.RetriesExhausted, worker, $"it may have run there, and nobody else can do it: {job.LastInability}", now);
        }
        else
        {
            Fail(job, JobError.Unsupported, job.LastNamed, job.LastInability, now);
        }
    }

    private void LeaveOut(WorkerKey worker, string seen, TimeSpan now)
    {
        if (_leftOut.Add(worker, now))
        {
            Effects.Add(new ClientEffect.TellUnreachable(worker, seen));
        }
    }

    private bool TryGetInFlight(JobId id, int attempt, out PendingJob job) =>
        _jobs.TryGetValue(id, out job!) && job.State == PendingState.InFlight && job.Sends == attempt;

    private static WorkerKey? WorkerOf(PendingJob job, int attempt)
    {
        if (attempt == job.Sends)
        {
            return job.Target?.Worker;
        }

        return attempt >= 1 && attempt < job.Sends ? job.EarlierWorkers![attempt - 1] : null;
    }

    private void Fail(PendingJob job, JobError error, WorkerKey? worker, string cause, TimeSpan now, JobFailureReason? failure = null) =>
        End(job, new JobOutcome.Failed(error, worker, cause, job.LastRejection, failure, job.Sends, job.AssignTime, now - job.SubmittedAt), now);

    private void End(PendingJob job, JobOutcome outcome, TimeSpan now)
    {
        Debug.Assert(!job.IsOver, "a job ends once");
        var freesPlace = job.Gate is not null;
        LeaveGate(job);
        _jobs.Remove(job.Id);
        _requests.Remove(job.RequestId);
        _waiting.Remove(job);
        _called.Remove(job);
        Effects.Add(new ClientEffect.Finish(job.Id, job.Ticket, outcome));
        job.End();
        if (freesPlace)
        {
            _unusedPlaces = CallOldest(now) ? _unusedPlaces : Math.Min(_unusedPlaces + 1, _called.Count);
        }
    }

    private static void LeaveGate(PendingJob job)
    {
        job.Gate?.Jobs.Remove(job);
        job.Gate = null;
    }

    private void WakeAt(PendingJob job, TimeSpan at) => _wake.Set(job, at, _jobs.Count);

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b : a;

    /// <summary>A judgement to come: who is on the address and was sent by then has an unknown outcome.</summary>
    private sealed record Ruling(string Address, string Seen, TimeSpan CoversUntil, TimeSpan DueAt);
}
