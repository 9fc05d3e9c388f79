using System.Diagnostics;
using System.Globalization;
using AkkaLb.Core.Machines;
using static AkkaLb.Core.Machines.Times;

namespace AkkaLb.Core.Clients;

/// <summary>Everything a client decides: which balancer it asks, what it sends where, and what a failure means for each job.</summary>
/// <remarks>
/// Inputs: <see cref="ClientInput"/>, and the answers of balancers and workers as they are. Each job ends in exactly one <see
/// cref="ClientEffect.Finish"/>. A send whose message surely did not reach a worker that started it (dead letter, rejection) is tried again until
/// the deadline, outside the retry budget. A send of unknown outcome is tried again only if the job is idempotent, and within <see
/// cref="ClientSettings.SendsMax"/> and the budget. A job that found every worker full waits for a place, and no younger one of its priority
/// overtakes it: see <see cref="WaitingJobs"/>. A question to a balancer is for one job and carries its priority, or asks ahead (<see
/// cref="PicksAhead"/>); on the wire one may stand for several. A gate that is silent is asked whether it is there: see <see cref="GateWatch"/>.
/// How a balancer is found: <see cref="BalancerFinder"/>. The n-th job that is submitted has the sequence n. Jobs of one service keep nobody of
/// another waiting.
/// </remarks>
/// <param name="clientId">Above zero; no other client has it.</param>
/// <param name="isInOrder">Balancers are tried in the order in which they are known; false: anywhere among them, so that clients spread.</param>
/// <param name="random">For jitter, and for where to begin among the balancers.</param>
public sealed class ClientCore(ClientSettings settings, long clientId, bool isInOrder, Random random) : IMachine<ClientEffect>
{
    /// <summary>So many times the ruling's delay have jobs to come back from a connection that never stood.</summary>
    private const int UnsentFactor = 10;

    /// <summary>So many turns ask at once; what comes while so many are out goes with the next. With 1 jobs take a fifth longer where 4 to 16 are in
    /// flight, and without a bound a fifth fewer are done where 128 are (bench/Speed).</summary>
    private const int TurnsOutMax = 8;

    /// <summary>Why a question, or an attempt, of a job that is measured came to nothing; else it is a reason of the protocol, or a
    /// <see cref="JobError"/>.</summary>
    private const string Unanswered = "Unanswered";
    private const string Undelivered = "Undelivered";
    private const string Superseded = "Superseded";

    /// <summary>No worker of ours says so.</summary>
    private const string BegunAndNotStarted = "it is said not to have been started, and messages of its reply have come";

    /// <summary>Services of which something is remembered while no job of them is pending.</summary>
    private const int ServicesMax = 100;

    /// <summary>Time between two probes while a balancer is sought.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<JobId, PendingJob> _jobs = [];
    private readonly Dictionary<long, PendingJob> _requests = [];

    /// <summary>Jobs to ask for when fewer than <see cref="TurnsOutMax"/> turns of questions are out.</summary>
    private readonly SortedSet<PendingJob> _toAsk = new(PendingJob.FirstInTurn);
    private readonly GateWatch _gates = new(settings);
    private readonly Dictionary<string, ServiceView> _services = new(StringComparer.Ordinal);
    private readonly List<ServiceView> _servicesInOrder = [];
    private readonly BalancerFinder _finder = new(ProbeInterval, isInOrder ? null : random);
    private readonly EndedPicks _ended = new(clientId);
    private readonly ReplyIntake _replies = new(settings.RepliesBytesMax);
    private readonly List<PendingJob> _took = [];

    /// <summary>For sends of unknown outcome, to whatever service.</summary>
    private readonly RetryBudget _budget = new(settings.RetryBudget);
    private readonly WakeQueue _wake = new();
    private readonly DueQueue<Ruling> _rulings = new();
    private readonly HashSet<string> _connected = new(StringComparer.Ordinal);
    private long _jobSequence;
    private long _requestSequence;

    /// <summary>How many turns have asked for jobs and have not had a word from the balancer to each.</summary>
    private int _turnsOut;

    /// <summary>The balancer understands several questions in one.</summary>
    private bool _takesBatches;
    private List<ClientEffect> _outbox = [];
    private bool _isClosed;

    /// <summary>The address of the balancer that is used; null: one is sought.</summary>
    public string? Balancer => _finder.Linked;

    /// <summary>Some gate is silent, so <see cref="ClientInput.Heard"/> is worth handing in.</summary>
    public bool HasSilentGates => _gates.Silent.Count > 0;

    /// <summary>The job, or the wish for workers, that was submitted last.</summary>
    public JobId LastJob => new(clientId, _jobSequence);

    /// <summary>Jobs that have not ended.</summary>
    public int PendingCount => _jobs.Count;

    /// <summary>Services of which something is remembered: for tests.</summary>
    internal int ServiceCount => _services.Count;

    /// <summary>Nothing is remembered of any job: for tests.</summary>
    internal bool IsEmpty => _jobs.Count + _requests.Count + _toAsk.Count + _turnsOut + _gates.Count + _rulings.Count == 0 && _replies.IsEmpty
        && _servicesInOrder.TrueForAll(s => s.IsEmpty);

    public TimeSpan? NextDue
    {
        get
        {
            var due = Sooner(Sooner(Sooner(_wake.NextDue, _gates.NextDue), _rulings.NextDue), Sooner(_finder.NextDue, _ended.NextDue));
            due = Sooner(due, _replies.NextDue);
            foreach (var service in _servicesInOrder)
            {
                due = Sooner(due, Sooner(service.Waiting.NextDue, service.Ahead.NextDue));
            }

            return due;
        }
    }

    /// <summary>Picks at hand that no job uses yet, by service.</summary>
    public IEnumerable<(string Service, int Picks)> UnusedPicks => _servicesInOrder.Select(s => (s.Name, s.Ahead.Count));

    /// <summary>Jobs sent to a worker and not yet answered, by worker.</summary>
    public IReadOnlyDictionary<WorkerKey, int> InFlight => _gates.Gates.Where(g => g.Jobs.Count > 0)
        .GroupBy(g => g.Worker).ToDictionary(g => g.Key, g => g.Sum(gate => gate.Jobs.Count));

    public void Handle(object input, TimeSpan now, List<ClientEffect> outbox)
    {
        _outbox = outbox;
        switch (input)
        {
            case JobDone m:
                JobDone(m, now);
                break;
            case Assigned m:
                Assigned(m, now);
                break;
            case ClientInput.Submit m:
                _budget.Deposit(now);
                Add(new PendingJob
                {
                    Service = ServiceOf(m.Service),
                    Id = NextId(),
                    Ticket = m.Ticket,
                    Message = m.Message,
                    IsIdempotent = m.IsIdempotent,
                    Count = 1,
                    Weight = m.Weight,
                    Key = m.Key,
                    Priority = m.Priority,
                    WantsProgress = m.WantsProgress,
                    ReplyBytesMax = m.ReplyBytesMax,
                    WantsStream = m.WantsStream,
                    Trace = m.Trace,
                    IsMeasured = m.IsMeasured,
                    SubmittedAt = now,
                    Deadline = now + m.Timeout,
                });
                break;
            case Machines.Tick:
                Tick(now);
                break;
            case ReplyPiece m:
                ReplyPiece(m, now);
                break;
            case ClientInput.Used m:
                if (_jobs.TryGetValue(m.Id, out var user) && ReplyIntake.Use(user, m.Cost))
                {
                    Take(user);
                }

                break;
            case ClientInput.SubmitAssign m:
                Add(new PendingJob
                {
                    Service = ServiceOf(m.Service),
                    Id = NextId(),
                    Ticket = m.Ticket,
                    Message = null,
                    IsIdempotent = true,
                    Count = m.Count,
                    SubmittedAt = now,
                    Deadline = now + m.Timeout,
                });
                break;
            case ClientInput.Cancel m:
                Cancel(m.Id, now);
                break;
            case AssignRejected m:
                AssignRejected(m, now);
                break;
            case AssignHeld m:
                AssignHeld(m, now);
                break;
            case JobRejected m:
                JobRejected(m, now);
                break;
            case JobFailed m:
                JobFailed(m, now);
                break;
            case JobProgress m:
                JobProgress(m, now);
                break;
            case ClientInput.Heard m:
                Heard(m.Address, now);
                break;
            case ClientInput.Undelivered { Message: Job job }:
                DeadLettered(job, now);
                break;
            case ClientInput.Undelivered { Message: Assign assign }:
                // One that was given up says nothing of the balancer that is used now.
                if (WhoAskedAhead(assign.RequestId) is not null || assign.Each().Any(m => _requests.ContainsKey(m.RequestId)))
                {
                    LoseBalancer("it cannot be reached", now);
                }

                break;
            case ClientInput.Undelivered { Message: Finished finished }:
                if (finished.Since >= _ended.Since)
                {
                    LoseBalancer("it cannot be reached", now);
                }

                break;
            case ClientInput.Connected m:
                _connected.Add(m.Address);
                break;
            case ClientInput.ConnectionLost m:
                if (m.Address == _finder.Linked)
                {
                    LoseBalancer(m.Seen, now);
                }

                ConnectionLost(m.Address, m.Seen, now);
                break;
            case ClientInput.GateAnswered m:
                GateAnswered(m.Number, m.IsThere, m.From, now);
                break;
            case ClientInput.BalancersKnown m:
                BalancersKnown(m.Addresses, now);
                break;
            case ClientInput.BalancerAnswered m:
                BalancerAnswered(m.Probe, m.Address, now);
                break;
            case ClientInput.StopSending:
                StopSending(now);
                break;
            case ClientInput.Close:
                Close(now);
                break;
            default:
                throw Inputs.Unknown(input, "a client");
        }

        TakeMore();
        AskTogether(now);
        AskAhead(now);

        // Whatever was asked on the way has taken it along.
        if (_ended.TryTake(now, out var told))
        {
            ToBalancer(told);
        }
    }

    /// <summary>It ends at once, as at its deadline. Where it is in flight the worker hears of it, once: nothing waits for that word.</summary>
    private void Cancel(JobId id, TimeSpan now)
    {
        if (!_jobs.TryGetValue(id, out var job))
        {
            return;
        }

        if (job.State == PendingState.InFlight)
        {
            EndPick(job, PickEnd.Cancelled, now);
            TellCancelled(job);
        }

        var passesOn = job.Service.Called.Contains(job);
        Fail(job, JobError.Cancelled, job.Target?.Worker, "its caller cancelled it", now);
        if (passesOn)
        {
            CallFirst(job.Service, now);
        }
    }

    /// <summary>Nobody waits for a job in flight any more.</summary>
    private void TellCancelled(PendingJob job)
    {
        if (job.Target!.TakesCancel || job.Reply is not null)
        {
            TellSender(job);
        }
    }

    private void StopSending(TimeSpan now)
    {
        _isClosed = true;
        _servicesInOrder.ForEach(service => GiveBack(service, now));
        foreach (var job in InOrder(_jobs.Values.Where(j => j.State != PendingState.InFlight)))
        {
            var again = job.Sends == 0 ? "" : $" again: {job.LastTrouble}";
            Fail(job, JobError.Closed, job.Target?.Worker, $"the client stopped before it was sent{again}", now);
        }
    }

    private void Close(TimeSpan now)
    {
        StopSending(now);
        foreach (var job in InOrder(_jobs.Values))
        {
            TellCancelled(job);
            Fail(job, JobError.Closed, job.Target?.Worker, "the client stopped while it was in flight", now);
        }

        while (_ended.TryTakeRest(now, out var told))
        {
            ToBalancer(told);
        }

        _gates.Close();
        _finder.Use([], now);
    }

    // ---- the balancer

    private void BalancersKnown(IReadOnlyList<string> addresses, TimeSpan now)
    {
        // An empty directory says less than what is known: a balancer that lost its entry may well answer.
        var balancer = _finder.Linked;
        if (addresses.Count > 0 && _finder.Use(addresses, now))
        {
            Lost(balancer, "it left the registry", now);
        }

        Probe(now);
    }

    private void BalancerAnswered(long probe, string address, TimeSpan now)
    {
        if (!_finder.Found(probe, address))
        {
            return;
        }

        _ended.BalancerFound(_requestSequence + 1);
        _takesBatches = false;
        _outbox.Add(new ClientEffect.Note($"this client uses the balancer at {address}", IsTrouble: false));
        _outbox.Add(new ClientEffect.BalancerFound());
        foreach (var job in InOrder(_jobs.Values.Where(j => j.State == PendingState.NeedsBalancer)))
        {
            Ask(job, now);
        }

        _servicesInOrder.ForEach(service => LookForRoom(service, now));
    }

    /// <param name="rest">How long it is left alone.</param>
    private void LoseBalancer(string why, TimeSpan now, TimeSpan rest = default)
    {
        var balancer = _finder.Linked;
        if (_finder.Lost(now, rest))
        {
            Lost(balancer, why, now);
        }
    }

    /// <summary>One line now, and one when a balancer is used again; nothing between. Requests that are out are asked again of the next.</summary>
    private void Lost(string? balancer, string why, TimeSpan now)
    {
        _outbox.Add(new ClientEffect.Note($"this client lost the balancer at {balancer}: {why}", IsTrouble: true));
        _servicesInOrder.ForEach(service => GiveBack(service, now));
        foreach (var job in InOrder(_requests.Values.Concat(_toAsk)))
        {
            Ask(job, now);
        }
    }

    private void Probe(TimeSpan now)
    {
        if (_finder.Tick(now) is { } probe)
        {
            _outbox.Add(new ClientEffect.Probe(probe.Number, probe.Address));
        }
    }

    private void Assigned(Assigned m, TimeSpan now)
    {
        _finder.Heard();
        if (_requests.GetValueOrDefault(m.RequestId) is { Message: null } wish)
        {
            Unask(wish);
            wish.AssignTime = now - wish.FirstAskedAt!.Value;
            if (IsOfService(wish, m.Workers[0], now))
            {
                End(wish, new JobOutcome.Picked(m.Workers, m.Policy, wish.Sends, wish.AssignTime, now - wish.SubmittedAt), now);
            }

            return;
        }

        if (WhoAskedAhead(m.RequestId) is { } service)
        {
            GivenAhead(service, m, now);
            return;
        }

        for (var i = 0; i < m.Workers.Count; i++)
        {
            if (_requests.GetValueOrDefault(m.RequestId + i) is { Message: not null } job)
            {
                if (job.Turn is { } turn)
                {
                    job.Service.Ahead.Took(now - turn.AskedAt);
                }

                Unask(job, error: null);
                _takesBatches = m.TakesBatches;

                // An answer to a question that tells of no ends says nothing of them.
                _ended.Answered(m.TakesFinished, m.TellAtOnce);
                if (!job.Service.Ahead.IsOf(m.Revision))
                {
                    GiveBack(job.Service, now);
                }

                Assigned(job, m.Workers[i], now);
            }
        }
    }

    // ---- picks ahead

    private ServiceView? WhoAskedAhead(long request) => request == 0 ? null
        : _servicesInOrder.Find(service => service.Ahead.Asked == request);

    /// <summary>Asks for picks where they will be used soon, and nobody waits here for a place.</summary>
    private void AskAhead(TimeSpan now)
    {
        if (!_takesBatches || _isClosed || _finder.Linked is null)
        {
            return;
        }

        foreach (var service in _servicesInOrder)
        {
            if (service.Ahead.Wanted(now) is > 0 and var count && service.WaitsForNobody)
            {
                var first = _requestSequence + 1;
                _requestSequence += count;
                var since = service.Ahead.Since(first);
                service.Ahead.Ask(first, count, now, now + settings.AssignTimeout);
                ToBalancer(new Assign(
                    first, count, ToLeaveOut(service, [], now), null, settings.AssignTimeout, Finished: _ended.Asked(first, now, count),
                    Service: service.Name, Zone: settings.Zone, TakesBatches: true, AheadSince: since));
            }
        }
    }

    private void GivenAhead(ServiceView service, Assigned m, TimeSpan now)
    {
        var (first, asked) = (service.Ahead.Asked, service.Ahead.AskedCount);
        _takesBatches = m.TakesBatches;
        _ended.Answered(m.TakesFinished, m.TellAtOnce);
        service.Ahead.Answered(m.Workers.Count, PicksAhead.KeptMax, now);
        if (!service.Ahead.IsOf(m.Revision))
        {
            GiveBack(service, now);
        }

        for (var i = 0; i < asked; i++)
        {
            if (i >= m.Workers.Count)
            {
                _ended.NotGiven(first + i);
            }
            else
            {
                service.Ahead.Add(first + i, m.Workers[i], now);
            }
        }

        if (_isClosed || !service.WaitsForNobody)
        {
            GiveBack(service, now);
            return;
        }

        foreach (var job in _toAsk.Where(job => job.Service == service).ToList())
        {
            if (now < job.Deadline)
            {
                TryUseAhead(job, now);
            }
        }
    }

    /// <summary>A pick that was given ahead does for the job, if its worker may have it.</summary>
    private bool TryUseAhead(PendingJob job, TimeSpan now)
    {
        var service = job.Service;
        while (job.IsPlain && service.Ahead.TryTake(out var pick))
        {
            var worker = pick.Worker.Worker;
            if (now < pick.GivenAt + PicksAhead.KeptMax && !_gates.IsSilent(pick.Worker) && !service.LeftOut.Contains(worker, now)
                && !(_gates.TryGet(pick.Worker, out var gate) && service.Waiting.IsFull(gate)))
            {
                _toAsk.Remove(job);
                (job.Pick, job.LeavesOutFull) = (pick.Number, false);
                Assigned(job, pick.Worker, now);
                return true;
            }

            GiveBack(pick, now);
        }

        return false;
    }

    /// <summary>No job uses them: the balancer hears that they have ended.</summary>
    private void GiveBack(ServiceView service, TimeSpan now)
    {
        while (service.Ahead.TryTake(out var pick))
        {
            GiveBack(pick, now);
        }

        for (var i = 0; service.Ahead.Asked != 0 && i < service.Ahead.AskedCount; i++)
        {
            _ended.End(new EndedPick(service.Ahead.Asked + i, PickEnd.Unused, TimeSpan.Zero, default), now);
        }

        service.Ahead.Unask();
    }

    private void GiveBack(PicksAhead.Pick pick, TimeSpan now) =>
        _ended.End(new EndedPick(pick.Number, PickEnd.Unused, TimeSpan.Zero, default), now);

    private void TickAhead(ServiceView service, TimeSpan now)
    {
        while (service.Ahead.TryTakeOld(now, out var pick))
        {
            GiveBack(pick, now);
        }

        if (service.Ahead.IsUnanswered(now))
        {
            GiveBack(service, now);
            TimedOut(now);
        }
    }

    // ---- a job's assignment

    private bool IsOfService(PendingJob job, AssignedWorker target, TimeSpan now)
    {
        if (WorkerIds.ServiceOf(target.Worker.Id) == job.Service.Name)
        {
            return true;
        }

        job.LastRejection = AssignRejectReason.NoWorkers;
        TryLater(job, "the balancer is of a version that knows no services but the default one", now);
        return false;
    }

    private void Assigned(PendingJob job, AssignedWorker target, TimeSpan now)
    {
        job.AssignTime = now - job.FirstAskedAt!.Value;
        var service = job.Service;
        if (!IsOfService(job, target, now))
        {
            return;
        }

        if (now >= job.Deadline)
        {
            // The clock's own event is late. It is not sent any more: nobody could say what became of it.
            job.LastTrouble = "the balancer answered after the deadline";
            FailAtDeadline(job, now);
            return;
        }

        job.LastNamed = target.Worker;
        if (_gates.IsSilent(target) || (!job.TakesAnyone && service.LeftOut.Contains(target.Worker, now)))
        {
            // Asked before we knew better. Sending would only make a dead letter.
            TryLater(job, $"worker {target.Worker.Id} has just been lost", now);
            return;
        }

        if (_gates.TryGet(target, out var gate) && service.Waiting.IsFull(gate))
        {
            // Asked for before we knew. A job that was called has a place somewhere else.
            if (service.Called.Contains(job))
            {
                Ask(job, now);
            }
            else
            {
                WaitForPlace(job, now);
            }

            return;
        }

        var goesOn = service.Called.Contains(job) && service.IsLookingForRoom;
        Send(job, target, now);
        if (goesOn)
        {
            CallFirst(service, now);
        }
    }

    /// <summary>It waits at the balancer, which says so now and then.</summary>
    private void AssignHeld(AssignHeld m, TimeSpan now)
    {
        _finder.Heard();
        _ended.Answered(takesFinished: true, atOnce: true);
        _ended.Wanted();
        if (WhoAskedAhead(m.RequestId) is { } asked)
        {
            // Of a version that knows no questions ahead.
            GiveBack(asked, now);
            asked.Ahead.Pause(now);
        }

        if (_requests.TryGetValue(m.RequestId, out var job) && job.Message is not null)
        {
            Heard(job);
            GiveBack(job.Service, now);
            job.Service.Ahead.Pause(now);
            (job.HasWaited, job.LastRejection) = (true, null);
            job.LastTrouble = "every worker is at its capacity, and the balancer holds the job until a place is free";
            WakeAt(job, Earlier(job.Deadline, now + m.Again + settings.AssignTimeout));
            if (job.Service.Called.Remove(job) && job.Service.IsLookingForRoom)
            {
                // There is room for it where it waits now, and perhaps for the next one.
                CallFirst(job.Service, now);
            }
        }
    }

    private void AssignRejected(AssignRejected m, TimeSpan now)
    {
        _finder.Heard();
        var asked = WhoAskedAhead(m.RequestId);
        var job = _requests.GetValueOrDefault(m.RequestId);
        var reason = m.Reason;
        if (reason == AssignRejectReason.Stopping && (job is not null || asked is not null))
        {
            LoseBalancer("it is stopping", now, m.RetryAfter);
            return;
        }

        if (asked is not null)
        {
            for (var i = 0; i < asked.Ahead.AskedCount; i++)
            {
                _ended.NotGiven(m.RequestId + i);
            }

            asked.Ahead.Answered(given: 0, m.RetryAfter, now);
        }

        if (job is null)
        {
            return;
        }

        Unask(job, reason.ToString());
        if (job.Pick != 0)
        {
            _ended.NotGiven(job.Pick);
            job.Pick = 0;
        }

        // One that cannot go everywhere says nothing of the others: the next may find a place where it could not.
        var service = job.Service;
        var passesOn = service.Called.Contains(job) && (job.Incapable ?? job.Refused) is not null;
        service.IsLookingForRoom &= passesOn || !service.Called.Contains(job);
        if (reason == AssignRejectReason.AllExcluded && job.LeavesOutFull)
        {
            WaitForPlace(job, now);
            if (passesOn)
            {
                CallFirst(service, now, behind: job);
            }

            return;
        }

        (job.LastRejection, job.LastTrouble) = (reason, m.Sentence);
        if (reason == AssignRejectReason.NoCapacity && job.Message is not null)
        {
            // It waits here, and the first in turn asks again.
            WaitForPlace(job, now);
            return;
        }

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

        var waits = reason is AssignRejectReason.NotReady or AssignRejectReason.AllExcluded;
        if (job.Message is null && !waits)
        {
            Fail(job, JobError.NoWorker, null, m.Sentence, now);
            return;
        }

        // At most what the balancer hints at: half of it for sure, the rest by chance, so that clients do not come back together.
        BackOffUntil(job, now + (m.RetryAfter / 2) + (m.RetryAfter / 2 * random.NextDouble()), now);
    }

    // ---- the workers

    private void Heard(string address, TimeSpan now)
    {
        foreach (var gate in _gates.Silent.Where(g => g.Target.Address == address).ToList())
        {
            Heard(gate, now);
        }
    }

    private void GateAnswered(long number, bool isThere, string from, TimeSpan now)
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
    private void JobDone(JobDone m, TimeSpan now)
    {
        if (m.End is { } end)
        {
            ReplyEnded(m, end, now);
            return;
        }

        if (_jobs.TryGetValue(m.Id, out var job) && WorkerOf(job, m.Attempt) is { } worker && (m.Attempt == job.Sends || !job.HasBegunStream))
        {
            if (m.Attempt != job.Sends && job.Reply is not null)
            {
                // Nobody takes the pieces that come of the attempt that is out.
                TellSender(job);
            }

            if (m.Attempt == job.Sends && job.Gate is { } gate)
            {
                Heard(gate, now);
                EndPick(job, PickEnd.Done, now, m.Counts);
            }
            else
            {
                // Of the attempt that is out nobody wants to know any more. It says nothing of its worker.
                job.AttemptError = Superseded;
                EndPick(job, PickEnd.Unused, now);
            }

            if (job.WantsStream)
            {
                _outbox.Add(new ClientEffect.StreamItem(job.Ticket, m.Reply));
            }

            End(job, new JobOutcome.Done(worker, m.Reply, job.Sends, job.AssignTime, now - job.SubmittedAt), now);
        }
    }

    private void ReplyPiece(ReplyPiece m, TimeSpan now)
    {
        if (!TryGetInFlight(m.Id, m.Attempt, out var job))
        {
            return;
        }

        Heard(job.Gate!, now);
        if (_replies.TooLarge(job, m) is { } tooLarge)
        {
            EndPick(job, PickEnd.Failed, now);
            TellSender(job);
            Fail(job, JobError.WorkerFailed, job.Target!.Worker, tooLarge, now, JobFailureReason.UnsendableReply);
        }
        else if (_replies.Add(job, m, now, _took) is { } problem)
        {
            TellSender(job);
            RuleUnknown(job, problem, now);
        }
        else if (job.Reply!.IsStream)
        {
            job.HasBegunStream = true;
            _outbox.Add(new ClientEffect.StreamItem(job.Ticket, m.Piece));
        }
    }

    /// <summary>The last piece was sent before this.</summary>
    private void ReplyEnded(JobDone m, ReplyEnd end, TimeSpan now)
    {
        if (!TryGetInFlight(m.Id, m.Attempt, out var job))
        {
            return;
        }

        Heard(job.Gate!, now);
        EndPick(job, PickEnd.Done, now, m.Counts);
        var isEmpty = job.WantsStream && job.Reply is null && end.Pieces == 0;
        if (isEmpty || job.Reply is not null)
        {
            var reply = isEmpty ? Payload.None : job.Reply!.Whole(end);
            if (reply is not null)
            {
                if (job is { WantsStream: true, Reply.IsStream: false })
                {
                    _outbox.Add(new ClientEffect.StreamItem(job.Ticket, reply));
                }

                End(job, new JobOutcome.Done(job.Target!.Worker, reply, job.Sends, job.AssignTime, now - job.SubmittedAt), now);
                return;
            }
        }

        RuleUnknown(job, "its reply did not arrive whole", now);
    }

    /// <summary>Whatever else comes of the reply is of no use. Who sends pieces knows what is cancelled.</summary>
    private void TellSender(PendingJob job) =>
        _outbox.Add(new ClientEffect.TellGate(job.Target!, new CancelJob(job.Id, job.Sends)));

    private void TakeMore()
    {
        _took.ForEach(Take);
        _took.Clear();
    }

    private void Take(PendingJob job)
    {
        // It may have ended since there was room for it.
        if (job.Reply is { } reply)
        {
            _outbox.Add(new ClientEffect.TellGate(job.Target!, new TakeReply(job.Id, job.Sends, reply.UpTo)));
        }
    }

    private void JobProgress(JobProgress m, TimeSpan now)
    {
        if (TryGetInFlight(m.Id, m.Attempt, out var job) && job.WantsProgress)
        {
            Heard(job.Gate!, now);
            _outbox.Add(new ClientEffect.Progress(job.Ticket, m.Progress));
        }
    }

    /// <summary>The worker has it and there is no result.</summary>
    private void JobFailed(JobFailed m, TimeSpan now)
    {
        if (!TryGetInFlight(m.Id, m.Attempt, out var job))
        {
            return;
        }

        Heard(job.Gate!, now);
        EndPick(job, PickEnd.Failed, now, m.Counts);
        var cause = m.ExceptionType + (m.ExceptionType.Length > 0 && m.Text.Length > 0 ? ": " : "") + m.Text;
        if (m.Reason == JobFailureReason.Drained)
        {
            RuleUnknown(job, cause, now, m.Reason);
            return;
        }

        var error = m.Reason == JobFailureReason.DeadlineExceeded ? JobError.DeadlineExceeded : JobError.WorkerFailed;
        Fail(job, error, job.Target!.Worker, cause, now, m.Reason);
    }

    /// <summary>The worker did not start it.</summary>
    private void JobRejected(JobRejected m, TimeSpan now)
    {
        if (!TryGetInFlight(m.Id, m.Attempt, out var job))
        {
            WasNotStarted(m.Id, m.Attempt);
            return;
        }

        Heard(job.Gate!, now);
        EndPick(job, PickEnd.Rejected, now, m.Counts);
        job.AttemptError = m.Reason.ToString();
        if (job.HasBegunStream)
        {
            RuleUnknown(job, BegunAndNotStarted, now);
            return;
        }

        var worker = job.Target!.Worker;
        job.LastTrouble = $"worker {worker.Id} did not start it ({m.Reason}){(m.Text.Length > 0 ? ": " + m.Text : "")}";
        switch (m.Reason)
        {
            case JobRejectReason.OverCapacity:
                var gate = job.Gate!;
                LeaveGate(job, now);
                var isNews = job.Service.Waiting.Refused(gate, m.RetryAfter, now);
                WaitForPlace(job, now);
                if (isNews)
                {
                    LookForRoom(job.Service, now);
                }

                return;
            case JobRejectReason.Unreadable or JobRejectReason.Unhandled:
                Add(worker, job.Incapable ??= []);
                job.LastInability = job.LastTrouble;
                if (job.Incapable.Count >= Assign.LeaveOutMax)
                {
                    FailUnsupported(job, now);
                    return;
                }

                break;
            case JobRejectReason.NotHere:
                LeaveOut(worker, "it is not there any more", now);
                break;
            case JobRejectReason.Draining or JobRejectReason.Unable:
                job.Service.LeftOut.Add(worker, now);
                break;
            default:
                Add(worker, job.Refused ??= []);
                break;
        }

        TryLater(job, job.LastTrouble, now);
    }

    private void DeadLettered(Job sent, TimeSpan now)
    {
        if (TryGetInFlight(sent.Id, sent.Attempt, out var job))
        {
            var worker = job.Target!.Worker;
            EndPick(job, PickEnd.Unused, now);
            job.AttemptError = Undelivered;
            if (job.HasBegunStream)
            {
                RuleUnknown(job, BegunAndNotStarted, now);
                return;
            }

            LeaveOut(worker, "no connection", now);
            TryLater(job, $"worker {worker.Id} could not be reached", now);
        }
        else
        {
            WasNotStarted(sent.Id, sent.Attempt);
        }
    }

    /// <summary>Late word of an attempt that was given up as unknown: nobody has run it.</summary>
    private void WasNotStarted(JobId id, int attempt)
    {
        if (_jobs.TryGetValue(id, out var job))
        {
            job.Unknown.RemoveAll(u => u.Attempt == attempt);
        }
    }

    private void ConnectionLost(string address, string seen, TimeSpan now)
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
        if (hasJobs)
        {
            _rulings.Set(new Ruling(address, seen, coversUntil, dueAt), dueAt);
        }
    }

    private void Tick(TimeSpan now)
    {
        foreach (var job in _replies.Repeat(now))
        {
            Take(job);
        }

        while (_rulings.TryTakeDue(now, out var ruling))
        {
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

        foreach (var service in _servicesInOrder)
        {
            TickAhead(service, now);
            if (service.Waiting.TryRetry(now))
            {
                LookForRoom(service, now);
            }
        }

        Probe(now);
    }

    // ---- inside

    private JobId NextId() => new(clientId, ++_jobSequence);

    private void Add(PendingJob job)
    {
        Debug.Assert(job.Deadline > job.SubmittedAt, "checked where it is given");
        Debug.Assert(job.Weight is >= 1 and <= Core.Assign.WeightMax, "checked where it is given");
        Debug.Assert(job.Key is null or { Length: >= 1 and <= Core.Assign.KeyLengthMax }, "checked where it is given");
        var (service, now) = (job.Service, job.SubmittedAt);
        service.JobCount++;
        if (_isClosed || _jobs.Count >= settings.JobsMax)
        {
            _jobs.Add(job.Id, job);
            Fail(
                job,
                _isClosed ? JobError.Closed : JobError.TooManyJobs,
                null,
                _isClosed ? "the client is closed" : $"{settings.JobsMax} jobs are pending already (akkalb.client.jobs-max)",
                now);
            return;
        }

        _jobs.Add(job.Id, job);
        if (job.IsPlain)
        {
            service.Ahead.Came(now);
        }

        if (job.Message is not null && (!service.Waiting.IsEmpty || service.Called.Count > 0))
        {
            WaitForPlace(job, now);
        }
        else
        {
            Ask(job, now);
        }
    }

    /// <summary>Of a balancer that takes several questions in one, whoever comes in one turn is asked for together: see
    /// <see cref="AskTogether"/>.</summary>
    private void Ask(PendingJob job, TimeSpan now)
    {
        Unask(job);
        EndPick(job, now);
        if (now >= job.Deadline)
        {
            FailAtDeadline(job, now);
            return;
        }

        if (_finder.Linked is null)
        {
            job.State = PendingState.NeedsBalancer;
            WakeAt(job, job.Deadline);
            return;
        }

        job.FirstAskedAt ??= now;
        if (TryUseAhead(job, now))
        {
            return;
        }

        if (_takesBatches && job.Message is not null)
        {
            job.State = PendingState.ToAsk;
            _toAsk.Add(job);
            WakeAt(job, job.Deadline);
        }
        else
        {
            AskNow(job, now);
        }
    }

    /// <summary>What is asked in one turn goes in one message, and one question stands for those that ask for the same. Whoever comes while
    /// <see cref="TurnsOutMax"/> turns are out goes with the next one. No timer: the last answer to any turn lets the next one go. Where a question
    /// ahead is out, as many wait for its answer as it asks for picks.</summary>
    private void AskTogether(TimeSpan now)
    {
        if (_toAsk.Count == 0 || _turnsOut >= TurnsOutMax)
        {
            return;
        }

        _servicesInOrder.ForEach(service => service.Riders = service.Ahead.Asked == 0 ? 0 : service.Ahead.AskedCount);

        // Those whose time is over end at the clock's next event.
        List<PendingJob> asked = [.. _toAsk.Where(job => now < job.Deadline && !(job.IsPlain && job.Service.Riders-- > 0))];
        if (asked.Count == 0)
        {
            return;
        }

        _turnsOut++;
        var turn = new AskingTurn(now) { Unanswered = asked.Count };
        foreach (var job in asked)
        {
            _toAsk.Remove(job);
            job.Turn = turn;
            AskNow(job, now);
        }
    }

    private void AskNow(PendingJob job, TimeSpan now)
    {
        job.State = PendingState.Assigning;
        job.RequestId = _requestSequence + 1;
        _requestSequence += job.Count;
        _requests.Add(job.RequestId, job);
        WakeAt(job, Earlier(job.Deadline, now + settings.AssignTimeout));
        var finished = job.Message is null ? null : _ended.Asked(job.RequestId, now);
        job.Pick = finished is null ? 0 : job.RequestId;
        Tell(job, JobMoment.Asked);
        ToBalancer(new Assign(
            job.RequestId, job.Count, ToLeaveOut(job, now), job.Key, job.Deadline - now, job.Weight, finished, job.Service.Name, job.Priority,
            settings.Zone, TakesBatches: true, Job: finished is null ? 0 : job.Id.Sequence));
    }

    /// <summary>It has no question that is out or to be asked.</summary>
    /// <param name="error">Why the one that was out has no worker; null: it has.</param>
    private void Unask(PendingJob job, string? error = Unanswered)
    {
        if (_requests.Remove(job.RequestId))
        {
            Tell(job, JobMoment.Answered, error);
        }

        _toAsk.Remove(job);
        Heard(job);
    }

    /// <summary>The balancer has said something to its question, or nobody waits for that any more.</summary>
    private void Heard(PendingJob job)
    {
        if (job.Turn is { } turn && --turn.Unanswered == 0)
        {
            _turnsOut--;
        }

        job.Turn = null;
    }

    private IReadOnlyList<WorkerKey> ToLeaveOut(PendingJob job, TimeSpan now)
    {
        var full = job.Message is null ? [] : job.Service.Waiting.Full;
        job.LeavesOutFull = full.Count > 0;
        List<WorkerKey> own = [];
        if (job.Incapable is not null || full.Count > 0)
        {
            own = [.. job.Incapable ?? [], .. full];
        }

        var leaveOut = job.TakesAnyone
            ? [.. own.Concat(SilentOf(job.Service)).Distinct().Take(Assign.LeaveOutMax)]
            : ToLeaveOut(job.Service, own, now, job.Refused);
        job.LeavesOutOthers = leaveOut.Count > (job.Incapable?.Count ?? 0);
        return leaveOut;
    }

    /// <param name="first">Go first.</param>
    /// <param name="refused">Go behind those that are silent; null: nobody.</param>
    private IReadOnlyList<WorkerKey> ToLeaveOut(ServiceView service, List<WorkerKey> first, TimeSpan now, List<WorkerKey>? refused = null)
    {
        var always = _gates.Silent.Count == 0 && refused is null ? first : [.. first, .. SilentOf(service), .. refused ?? []];
        return service.LeftOut.Current(always, Assign.LeaveOutMax, now);
    }

    private IEnumerable<WorkerKey> SilentOf(ServiceView service) =>
        _gates.Silent.Select(g => g.Worker).Where(worker => WorkerIds.ServiceOf(worker.Id) == service.Name).Take(Assign.LeaveOutMax);

    private ServiceView ServiceOf(WorkerKey worker) => ServiceOf(WorkerIds.ServiceOf(worker.Id));

    private ServiceView ServiceOf(string name)
    {
        if (_services.TryGetValue(name, out var service))
        {
            return service;
        }

        if (_services.Count >= ServicesMax)
        {
            // Of those without jobs nothing is forgotten but whom they leave out for the moment.
            _servicesInOrder.RemoveAll(s => s.IsEmpty && _services.Remove(s.Name));
        }

        service = new ServiceView(name, settings, random);
        _services.Add(name, service);
        _servicesInOrder.Add(service);
        return service;
    }

    /// <summary>Every worker is full, or other jobs wait already.</summary>
    private void WaitForPlace(PendingJob job, TimeSpan now)
    {
        var service = job.Service;
        service.Called.Remove(job);
        if (job.LeavesOutFull && job.State == PendingState.Assigning && service.UnusedPlaces > 0)
        {
            // A place became free while the balancer was asked for others, and nobody else waited for it.
            service.UnusedPlaces--;
            service.Called.Add(job);
            Ask(job, now);
            return;
        }

        LeaveGate(job, now);
        GiveBack(service, now);
        if (_isClosed)
        {
            FailClosed(job, now);
            return;
        }

        (job.State, job.HasWaited, job.LastRejection) = (PendingState.Waiting, true, null);
        if (job.LastTrouble.Length == 0)
        {
            job.LastTrouble = "every worker is at its capacity, and other jobs wait too";
        }

        service.Waiting.Add(job, now);
        WakeAt(job, job.Deadline);
    }

    private void LookForRoom(ServiceView service, TimeSpan now)
    {
        service.IsLookingForRoom = true;
        CallFirst(service, now);
    }

    /// <param name="behind">Only those whose turn comes after this one's; null: all that wait.</param>
    private bool CallFirst(ServiceView service, TimeSpan now, PendingJob? behind = null)
    {
        if (_finder.Linked is not null && !_isClosed && service.Waiting.TakeFirst(behind) is { } job)
        {
            service.Called.Add(job);
            Ask(job, now);
        }
        else
        {
            service.IsLookingForRoom = false;
            return false;
        }

        return true;
    }

    private void Ask(GateSight gate, GateWatch.Verdict verdict, TimeSpan now)
    {
        _outbox.Add(new ClientEffect.AskGate(gate.Number, gate.Target));
        var silence = string.Create(CultureInfo.InvariantCulture, $"it has been silent for {(now - gate.HeardAt).TotalSeconds:0} s");
        if (verdict == GateWatch.Verdict.AskAgain && gate.SilentSince is null)
        {
            LeaveOut(gate.Worker, silence, now);
        }
        else if (verdict == GateWatch.Verdict.GiveUp)
        {
            LeaveOut(gate.Worker, silence, now);
        }

        if (verdict == GateWatch.Verdict.GiveUp || gate.SilentSince is not null)
        {
            // A job that was sent while the gate was in doubt already has as long as the others had: it may never have left, and come back.
            RuleUnknown(gate.Jobs.Where(j => now - j.SentAt >= settings.GateTimeout), silence, now);
        }
    }

    private void Heard(GateSight gate, TimeSpan now)
    {
        if (_gates.Heard(gate, now))
        {
            ServiceOf(gate.Worker).LeftOut.Remove(gate.Worker);
        }
    }

    private void Send(PendingJob job, AssignedWorker target, TimeSpan now)
    {
        if (job.Target is { } earlier)
        {
            (job.EarlierWorkers ??= []).Add(earlier.Worker);
        }

        job.Service.Called.Remove(job);
        job.State = PendingState.InFlight;
        (job.Target, job.SentAt, job.TakesAnyone, job.LastRejection, job.AttemptError) = (target, now, false, null, null);
        job.Sends++;
        job.Gate = _gates.Sent(job, target, now);
        WakeAt(job, job.Deadline);
        var sent = new Job(
            job.Id, job.Sends, job.Deadline - now, job.IsIdempotent, job.Message!, now - job.SubmittedAt, job.WantsProgress, job.ReplyBytesMax,
            job.WantsStream, job.Trace, TakesBatches: true);
        _outbox.Add(job.IsMeasured
            ? new ClientEffect.Attempt(
                target, sent, job.Ticket, IsTransparent: job.Sends > 1 && (job.Unknown.Count == 0 || job.Unknown[^1].Attempt != job.Sends - 1))
            : new ClientEffect.ToGate(target, sent));
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
            TimedOut(now);
        }

        Ask(job, now);
    }

    /// <summary>A question has had no answer.</summary>
    private void TimedOut(TimeSpan now)
    {
        var balancer = _finder.Linked;
        if (_finder.TimedOut(now))
        {
            Lost(balancer, $"it left {BalancerFinder.TimeoutsMax} requests unanswered", now);
        }
    }

    private void FailAtDeadline(PendingJob job, TimeSpan now)
    {
        if (job.State == PendingState.InFlight)
        {
            Fail(
                job, JobError.DeadlineExceeded, job.Target!.Worker,
                job.Reply is { HasRoom: false }
                    ? "its reply waited for room until the deadline (akkalb.client.replies-bytes-max)"
                    : "no answer before the deadline",
                now);
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
        else if (job.HasWaited && _finder.Linked is not null)
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
        foreach (var job in InOrder(jobs))
        {
            RuleUnknown(job, seen, now);
        }
    }

    /// <summary>It was sent, and nobody can say what became of it.</summary>
    private void RuleUnknown(PendingJob job, string seen, TimeSpan now, JobFailureReason? failure = null)
    {
        var worker = job.Target!.Worker;
        job.AttemptError ??= failure?.ToString() ?? nameof(JobError.WorkerLost);
        if (!job.IsIdempotent || job.HasBegunStream)
        {
            Fail(job, JobError.WorkerLost, worker, seen, now, failure);
        }
        else if (job.Unknown.Count + 1 >= settings.SendsMax)
        {
            Fail(job, JobError.RetriesExhausted, worker, $"{seen}; lost {job.Unknown.Count + 1} times", now, failure);
        }
        else if (!_budget.TryWithdraw(now))
        {
            Tell(job, JobMoment.BudgetExhausted);
            Fail(job, JobError.RetriesExhausted, worker, $"{seen}; the retry budget is used up", now, failure);
        }
        else
        {
            job.Unknown.Add((job.Sends, worker));
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
        job.Service.Called.Remove(job);
        LeaveGate(job, now);
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
        if (ServiceOf(worker).LeftOut.Add(worker, now))
        {
            ToBalancer(new WorkerUnreachable(worker, seen));
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
        var failed = outcome as JobOutcome.Failed;
        job.AttemptError ??= failed?.Failure?.ToString() ?? failed?.Error.ToString();
        LeaveGate(job, now);
        _jobs.Remove(job.Id);
        Unask(job, failed?.Error.ToString() ?? Superseded);
        var service = job.Service;
        service.JobCount--;
        service.Waiting.Remove(job);
        service.Called.Remove(job);
        _outbox.Add(new ClientEffect.Finish(job.Id, job.Ticket, outcome));
        job.End();
        if (freesPlace)
        {
            service.UnusedPlaces = CallFirst(service, now)
                ? service.UnusedPlaces
                : Math.Min(service.UnusedPlaces + 1, service.Called.Count);
        }
    }

    /// <summary>Where no more is known of the pick: one that was sent may still run.</summary>
    private void EndPick(PendingJob job, TimeSpan now) => EndPick(job, job.Gate is null ? PickEnd.Unused : PickEnd.Unknown, now);

    private void EndPick(PendingJob job, PickEnd how, TimeSpan now, JobCounts counts = default)
    {
        if (job.Pick != 0)
        {
            _ended.End(new EndedPick(job.Pick, how, job.Gate is null ? TimeSpan.Zero : now - job.SentAt, counts, job.Id.Sequence), now);
            job.Pick = 0;
        }
    }

    private void LeaveGate(PendingJob job, TimeSpan now)
    {
        EndPick(job, now);
        if (job.Gate is { } gate)
        {
            gate.Jobs.Remove(job);
            job.Gate = null;
            Tell(job, JobMoment.AttemptEnded, job.AttemptError);
        }

        _replies.Drop(job, _took);
    }

    private void Tell(PendingJob job, JobMoment what, string? error = null)
    {
        if (job.IsMeasured)
        {
            _outbox.Add(new ClientEffect.Moment(job.Ticket, what, error));
        }
    }

    /// <summary>Without a balancer it is dropped: a request is asked again when one is found.</summary>
    private void ToBalancer(IAkkaLbMessage message)
    {
        if (_finder.Linked is not null)
        {
            _outbox.Add(new ClientEffect.ToBalancer(message));
        }
    }

    private static void Add(WorkerKey worker, List<WorkerKey> workers)
    {
        if (!workers.Contains(worker))
        {
            workers.Add(worker);
        }
    }

    private static List<PendingJob> InOrder(IEnumerable<PendingJob> jobs) => [.. jobs.Order(PendingJob.FirstInTurn)];

    private void WakeAt(PendingJob job, TimeSpan at) => _wake.Set(job, at, _jobs.Count);

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>A judgement to come: who is on the address and was sent by then has an unknown outcome.</summary>
    private sealed record Ruling(string Address, string Seen, TimeSpan CoversUntil, TimeSpan DueAt);
}
