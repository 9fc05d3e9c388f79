using System.Diagnostics;

namespace AkkaLb.Core.Clients;

/// <summary>Everything a client decides: asking the balancer, sending, and what a failure means for each job.</summary>
/// <remarks>
/// (event, now) in, effects out, appended to <see cref="Effects"/>. Each job ends in exactly one <see cref="ClientEffect.Finish"/>.
/// A send whose message surely did not reach a worker that started it (dead letter, rejection) is tried again until the deadline, outside the
/// retry budget. A send of unknown outcome is tried again only if the job is idempotent, and within <see cref="ClientSettings.SendsMax"/> and the
/// budget. Not thread-safe: the owning actor serializes calls.
/// </remarks>
public sealed class ClientCore(ClientSettings settings, long clientId, Random random)
{
    /// <summary>Bound of the protocol for the list of workers to leave out.</summary>
    private const int LeaveOutMax = 64;

    private readonly Dictionary<JobId, PendingJob> _jobs = [];
    private readonly Dictionary<long, PendingJob> _requests = [];
    private readonly Dictionary<string, HashSet<PendingJob>> _byAddress = new(StringComparer.Ordinal);
    private readonly LeftOutWorkers _leftOut = new(settings.LeaveOutFor);
    private readonly RetryBudget _budget = new(settings.RetryBudget);
    private readonly WakeQueue _wake = new();
    private readonly List<Ruling> _rulings = [];
    private long _jobSequence;
    private long _requestSequence;
    private bool _isLinked;
    private bool _isClosed;

    /// <summary>What is to be done, in order; the shell takes and clears it after each call.</summary>
    public List<ClientEffect> Effects { get; } = [];

    /// <summary>Jobs that have not ended.</summary>
    public int PendingCount => _jobs.Count;

    /// <summary>Nothing is remembered of any job: for tests.</summary>
    internal bool IsEmpty => _jobs.Count == 0 && _requests.Count == 0 && _byAddress.Count == 0 && _rulings.Count == 0;

    /// <summary>When <see cref="Tick"/> wants to be called next; null: not before another event.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            var next = _wake.NextDue;
            foreach (var ruling in _rulings)
            {
                next = next is null || ruling.DueAt < next ? ruling.DueAt : next;
            }

            return next;
        }
    }

    /// <summary>Jobs sent to a worker and not yet answered, by worker.</summary>
    public IReadOnlyDictionary<WorkerKey, int> InFlight => _byAddress.Values.SelectMany(jobs => jobs)
        .GroupBy(job => job.Target!.Worker).ToDictionary(g => g.Key, g => g.Count());

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

    /// <summary>No more jobs are taken; what has not been sent to a worker ends as <see cref="JobError.Closed"/>, what is in flight may finish.</summary>
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
    public void Assigned(long requestId, IReadOnlyList<WorkerTarget> workers, string policy, TimeSpan now)
    {
        if (!_requests.Remove(requestId, out var job))
        {
            return;
        }

        job.AssignTime = now - job.FirstAskedAt!.Value;
        if (job.Message is null)
        {
            End(job, new JobOutcome.Picked(workers, policy, job.Sends, job.AssignTime, now - job.SubmittedAt));
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
        if (!job.TakesAnyone && _leftOut.Contains(target.Worker, now))
        {
            // Asked before we knew better. Sending would only make a dead letter.
            TryLater(job, $"worker {target.Worker.Id} has just been lost", now);
            return;
        }

        Send(job, target, now);
    }

    /// <summary>The balancer's no.</summary>
    public void AssignRejected(long requestId, AssignRejectReason reason, string sentence, TimeSpan retryAfter, TimeSpan now)
    {
        if (!_requests.Remove(requestId, out var job))
        {
            return;
        }

        (job.LastRejection, job.LastTrouble) = (reason, sentence);
        if (reason == AssignRejectReason.AllExcluded)
        {
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

    /// <summary>A worker's result. The first one counts, whichever send it belongs to.</summary>
    public void JobDone(JobId id, int attempt, object reply, TimeSpan now)
    {
        if (_jobs.TryGetValue(id, out var job) && WorkerOf(job, attempt) is { } worker)
        {
            End(job, new JobOutcome.Done(worker, reply, job.Sends, job.AssignTime, now - job.SubmittedAt));
        }
    }

    /// <summary>The worker has it and there is no result.</summary>
    public void JobFailed(JobId id, int attempt, JobFailureReason reason, string cause, TimeSpan now)
    {
        if (!TryGetInFlight(id, attempt, out var job))
        {
            return;
        }

        if (reason == JobFailureReason.Drained)
        {
            RuleUnknown(job, cause, now, reason);
            return;
        }

        var error = reason == JobFailureReason.DeadlineExceeded ? JobError.DeadlineExceeded : JobError.WorkerFailed;
        Fail(job, error, job.Target!.Worker, cause, now, reason);
    }

    /// <summary>The worker did not start it.</summary>
    public void JobRejected(JobId id, int attempt, JobRejectReason reason, TimeSpan now)
    {
        if (!TryGetInFlight(id, attempt, out var job))
        {
            return;
        }

        var worker = job.Target!.Worker;
        (job.Refused ??= []).Add(worker);
        if (reason == JobRejectReason.Draining)
        {
            _leftOut.Add(worker, now);
        }

        TryLater(job, $"worker {worker.Id} did not start it ({reason})", now);
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

    /// <summary>A connection broke, or could not be made.</summary>
    /// <remarks>
    /// The event comes a few milliseconds before the dead letters of what was never sent, so jobs on that connection are judged only
    /// <see cref="ClientSettings.RulingDelay"/> later: those that have not come back as dead letters by then have an unknown outcome. Jobs sent
    /// within half of that time are judged too, because nothing gets through in the moments after a loss; what is sent later has time of its own
    /// to come back. Events repeat; each one judges what it finds.
    /// </remarks>
    public void ConnectionLost(string address, string seen, TimeSpan now)
    {
        if (!_byAddress.TryGetValue(address, out var jobs))
        {
            return;
        }

        foreach (var worker in jobs.Select(j => j.Target!.Worker).Distinct().ToList())
        {
            LeaveOut(worker, seen, now);
        }

        if (!_rulings.Exists(r => r.Address == address && r.DueAt == now + settings.RulingDelay))
        {
            _rulings.Add(new Ruling(address, seen, now + (settings.RulingDelay / 2), now + settings.RulingDelay));
        }
    }

    /// <summary>Death watch says that a worker is gone.</summary>
    public void WorkerTerminated(WorkerKey worker, string address, TimeSpan now)
    {
        LeaveOut(worker, "terminated", now);
        if (_byAddress.TryGetValue(address, out var jobs))
        {
            foreach (var job in jobs.Where(j => j.Target!.Worker == worker).ToList())
            {
                RuleUnknown(job, "the worker stopped, or was silent for too long", now);
            }
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
        Ask(job, now);
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
        var leaveOut = job.TakesAnyone ? [] : _leftOut.Current(job.Refused, LeaveOutMax, now);
        Effects.Add(new ClientEffect.SendAssign(job.RequestId, job.Count, leaveOut, job.Deadline - now));
    }

    private void Send(PendingJob job, WorkerTarget target, TimeSpan now)
    {
        if (job.Target is { } earlier)
        {
            (job.EarlierWorkers ??= []).Add(earlier.Worker);
        }

        job.State = PendingState.InFlight;
        (job.Target, job.SentAt, job.TakesAnyone, job.LastRejection) = (target, now, false, null);
        job.Sends++;
        if (!_byAddress.TryGetValue(target.Address, out var jobs))
        {
            _byAddress.Add(target.Address, jobs = []);
        }

        jobs.Add(job);
        WakeAt(job, job.Deadline);
        Effects.Add(new ClientEffect.SendJob(job.Id, job.Sends, target, job.Deadline - now, job.IsIdempotent, job.Message!));
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
        else
        {
            Fail(job, JobError.NoBalancer, null, job.LastTrouble.Length > 0 ? job.LastTrouble : "no balancer answers", now);
        }
    }

    private void Judge(Ruling ruling, TimeSpan now)
    {
        if (!_byAddress.TryGetValue(ruling.Address, out var jobs))
        {
            return;
        }

        foreach (var job in jobs.Where(j => j.SentAt <= ruling.CoversUntil).OrderBy(j => j.Id.Sequence).ToList())
        {
            RuleUnknown(job, ruling.Seen, now);
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
        LeaveAddress(job);
        if (_isClosed)
        {
            Fail(job, JobError.Closed, job.Target?.Worker, $"the client stopped before it was sent again: {job.LastTrouble}", now);
            return;
        }

        job.State = PendingState.BackingOff;
        WakeAt(job, Earlier(job.Deadline, until));
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
        End(job, new JobOutcome.Failed(error, worker, cause, job.LastRejection, failure, job.Sends, job.AssignTime, now - job.SubmittedAt));

    private void End(PendingJob job, JobOutcome outcome)
    {
        Debug.Assert(!job.IsOver, "a job ends once");
        LeaveAddress(job);
        _jobs.Remove(job.Id);
        _requests.Remove(job.RequestId);
        Effects.Add(new ClientEffect.Finish(job.Id, job.Ticket, outcome));
        job.End();
    }

    private void LeaveAddress(PendingJob job)
    {
        if (job.Target is { } target && _byAddress.TryGetValue(target.Address, out var jobs) && jobs.Remove(job) && jobs.Count == 0)
        {
            _byAddress.Remove(target.Address);
        }
    }

    private void WakeAt(PendingJob job, TimeSpan at) => _wake.Set(job, at, _jobs.Count);

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>A judgement to come: who is on the address and was sent by then has an unknown outcome.</summary>
    private sealed record Ruling(string Address, string Seen, TimeSpan CoversUntil, TimeSpan DueAt);
}
