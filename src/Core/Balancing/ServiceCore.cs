using AkkaLb.Endpoints;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;
using static AkkaLb.Core.Machines.Times;

namespace AkkaLb.Core.Balancing;

/// <summary>What a balancer decides and answers for one service: its workers, its policy, and the requests that wait for it.</summary>
/// <remarks>Inputs are those of the <see cref="BalancerCore"/> that concern the service.</remarks>
/// <param name="id">The balancer's name in the registry, for its state only.</param>
/// <param name="pool">Used by this service alone.</param>
/// <param name="right">To decide.</param>
/// <param name="term">Of the right, when the balancer came to be.</param>
/// <param name="answerBytesMax">How much room an answer has.</param>
/// <param name="name">Of the service.</param>
/// <param name="tickets">Numbers for the requests that wait.</param>
public sealed class ServiceCore(
    string id, WorkerPool pool, DecidingRight right, long term, int answerBytesMax, string name, TicketNumbers tickets)
    : IMachine<BalancerEffect>
{
    /// <summary>What a page of the state says beside its members and services: an id, a policy, one of our own sentences and some numbers.</summary>
    private const int HeadBytesMax = 1000;

    /// <summary>Somebody may have a free place without any word, where load ages, and a slow place may do for one that has waited for long.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>So many of a level that wait are tried one after another without success; the next ones at the next look.</summary>
    private const int TriedAtOnce = 16;

    private readonly List<Candidate> _picked = [];
    private readonly WaitingRequests _waiting = new(pool.Table.Limits.WaitingMax, pool.Table.Limits.WaitMax, tickets);
    private readonly RareLines _lines = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 100);
    private long _revision;
    private TimeSpan? _lookDue;

    /// <summary>Of the service.</summary>
    public string Name => name;

    /// <summary>The workers, and who of them may get a job.</summary>
    public WorkerPool Pool => pool;

    /// <summary>The workers as it knows them.</summary>
    public WorkerTable Table => pool.Table;

    /// <summary>Nobody is registered, nothing waits, and no pick is open.</summary>
    public bool IsIdle => Table.MemberCount + _waiting.Count + pool.OpenPickCount == 0;

    /// <inheritdoc/>
    public TimeSpan? NextDue => Sooner(Sooner(pool.NextDue, _waiting.NextDue), _lookDue);

    /// <summary>Whether this very instance may answer at this moment: the right is held, and still under the term in which it came to be.</summary>
    public bool Decides => right.Term == term && right.IsHeld;

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<BalancerEffect> outbox)
    {
        switch (input)
        {
            case Assign m:
                OnAssign(m, now, outbox);
                break;
            case Finished m:
                OnFinished(m, now, outbox);
                break;
            case MemoryReport m:
                OnReport(m, now, outbox);
                break;
            case Watched<Member>.Known m:
                OnKnown(m, now, outbox);
                break;
            case BalancerInput.Overridden m:
                // Each is somebody's act, and told.
                outbox.AddRange(pool.Override(m.WorkerIds, now).Select(NoteOf));
                break;
            case BalancerInput.ConnectionLost m:
                OnConnectionLost(m, now, outbox);
                break;
            case BalancerInput.Stop:
                pool.Stop();
                break;
            case Tick:
                foreach (var news in pool.Tick(now))
                {
                    Say(news, news.Text, now, outbox);
                }

                ForgetGone(now, outbox);
                SayHeld(now, outbox);
                break;
            default:
                throw Inputs.Unknown(input, "a service");
        }

        if (_waiting.Count > 0)
        {
            ServeWaiting(now, outbox);
        }
        else
        {
            _lookDue = null;
        }
    }

    private void OnAssign(Assign m, TimeSpan now, List<BalancerEffect> outbox)
    {
        if (m.Finished is not { } finished)
        {
            AnswerOrHold(m, now, outbox);
            return;
        }

        OnFinished(finished, now, outbox);
        if (m.AheadSince > 0)
        {
            OnAssignAhead(m, now, outbox);
            return;
        }

        var answered = 0;
        if (m.Count > 1 && _waiting.Count == 0 && Answer(m, now, waiting: 0) is Assigned assigned)
        {
            outbox.Add(new BalancerEffect.Answer(assigned));
            answered = assigned.Workers.Count;
        }

        foreach (var single in m.Each().Skip(answered))
        {
            if (_waiting.Find(finished.Client, single.RequestId) is null)
            {
                AnswerOrHold(single, now, outbox);
            }
        }
    }

    /// <summary>Of places that are free while nobody waits.</summary>
    private void OnAssignAhead(Assign m, TimeSpan now, List<BalancerEffect> outbox)
    {
        var room = Math.Min(m.Count, pool.RoomAhead(m, now));
        room = _waiting.Count > 0 ? 0 : room;
        outbox.Add(new BalancerEffect.Answer(
            (room > 0 ? Answer(m with { Count = room }, now, waiting: 0) : null) ?? Rejected(m, WorkerPool.NoneAhead)));
    }

    private void AnswerOrHold(Assign m, TimeSpan now, List<BalancerEffect> outbox)
    {
        // Of clients that tell when their picks end nobody overtakes those that wait, but in the line: there a higher priority goes first.
        if (_waiting.Count > 0 && m.Finished is not null)
        {
            Hold(m, now, outbox);
        }
        else if (Answer(m, now, _waiting.Count) is { } answer)
        {
            outbox.Add(new BalancerEffect.Answer(answer));
        }
        else
        {
            Hold(m, now, outbox);
        }
    }

    private void Hold(Assign m, TimeSpan now, List<BalancerEffect> outbox)
    {
        if (_waiting.Add(m, now, out var hasToGo) is not { } waiting)
        {
            outbox.Add(new BalancerEffect.Answer(Reject(m, WorkerPool.NoCapacity, now)));
            return;
        }

        outbox.Add(new BalancerEffect.Hold(waiting.Ticket, waiting.Line.Client));
        outbox.Add(new BalancerEffect.SayHeld(waiting.Ticket, new AssignHeld(m.RequestId, WaitingRequests.SayInterval)));
        if (hasToGo is not null)
        {
            outbox.Add(new BalancerEffect.AnswerHeld(
                hasToGo.Ticket, Reject(hasToGo.Request, WorkerPool.NoCapacity, now, now - hasToGo.Since)));
        }
    }

    /// <summary>As long as somebody has a free place, those at the heads of the lines get one in turn.</summary>
    private void ServeWaiting(TimeSpan now, List<BalancerEffect> outbox)
    {
        ForgetGone(now, outbox);
        while (_waiting.Count > 0 && (!Decides || pool.IsRejecting(now) || HasAnyone(now)) && ServeOne(now, outbox))
        {
        }

        _lookDue = _waiting.Count > 0 ? now + LookInterval : null;
    }

    /// <summary>Those of the level whose turn it is come first. Who leaves out whoever is free keeps nobody waiting: then the other levels have their
    /// turn, the highest first.</summary>
    /// <returns>Whether one waits no more.</returns>
    private bool ServeOne(TimeSpan now, List<BalancerEffect> outbox)
    {
        var turn = _waiting.Turn();
        if (ServeOne(turn, now, outbox))
        {
            return true;
        }

        foreach (var level in _waiting.Levels)
        {
            if (level != turn && ServeOne(level, now, outbox))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>One that leaves out whoever is free is passed by the other lines, and by the others of its own. A few are tried at a time.</summary>
    private bool ServeOne(WaitingLevel level, TimeSpan now, List<BalancerEffect> outbox)
    {
        for (var tries = Math.Min(level.Count, TriedAtOnce); tries > 0; tries--)
        {
            var waiting = level.Next();
            if (Answer(waiting.Request, now, _waiting.Count - 1, now - waiting.Since) is { } answer)
            {
                _waiting.Remove(waiting);
                if (answer is Assigned)
                {
                    _waiting.Placed(level);
                }

                outbox.Add(new BalancerEffect.AnswerHeld(waiting.Ticket, answer));
                return true;
            }

            if (waiting.Request.LeaveOut.Count > 0)
            {
                waiting.Line.LetOthersPass(waiting);
            }
        }

        return false;
    }

    private bool HasAnyone(TimeSpan now) => pool.HasAnyone(_waiting.Count, _waiting.LongestWait(now), now);

    private void SayHeld(TimeSpan now, List<BalancerEffect> outbox)
    {
        while (_waiting.TakeDue(now) is { } waiting)
        {
            if (now < waiting.End)
            {
                outbox.Add(new BalancerEffect.SayHeld(waiting.Ticket, new AssignHeld(waiting.Request.RequestId, WaitingRequests.SayInterval)));
            }
            else
            {
                _waiting.Remove(waiting);
                outbox.Add(new BalancerEffect.AnswerHeld(
                    waiting.Ticket, Reject(waiting.Request, WorkerPool.NoCapacity, now, now - waiting.Since)));
            }
        }
    }

    /// <summary>Picks have ended, and the client does not wait for those that it had not got.</summary>
    private void OnFinished(Finished m, TimeSpan now, List<BalancerEffect> outbox)
    {
        pool.Finish(m, now);
        if (_waiting.Count == 0)
        {
            return;
        }

        _waiting.Heard(m.Client, now);
        while (_waiting.FindBefore(m.Client, m.Since) is { } before)
        {
            Forget(before, outbox);
        }

        for (var i = 0; i < m.Picks.Count; i++)
        {
            if (_waiting.Find(m.Client, m.Picks[i].Pick) is { } waiting)
            {
                Forget(waiting, outbox);
            }
        }
    }

    private void OnConnectionLost(BalancerInput.ConnectionLost m, TimeSpan now, List<BalancerEffect> outbox)
    {
        foreach (var client in m.Clients)
        {
            pool.GiveUp(client, now);
            ForgetAll(client, outbox);
        }
    }

    private void ForgetGone(TimeSpan now, List<BalancerEffect> outbox)
    {
        while (_waiting.TakeGone(now) is { } client)
        {
            ForgetAll(client, outbox);
        }
    }

    private void ForgetAll(long client, List<BalancerEffect> outbox)
    {
        while (_waiting.FindBefore(client, long.MaxValue) is { } waiting)
        {
            Forget(waiting, outbox);
        }
    }

    private void Forget(WaitingRequest waiting, List<BalancerEffect> outbox)
    {
        _waiting.Remove(waiting);
        outbox.Add(new BalancerEffect.Forget(waiting.Ticket));
    }

    private AssignRejected Reject(Assign m, AssignRejection no, TimeSpan now, TimeSpan waited = default)
    {
        pool.NoteRejected(m, no, now, _waiting.Count, waited);
        return Rejected(m, no);
    }

    private static AssignRejected Rejected(Assign m, AssignRejection no) => new(m.RequestId, no.Reason, no.Sentence, no.RetryAfter);

    /// <returns>Null: it waits for a free place.</returns>
    private IAkkaLbMessage? Answer(Assign m, TimeSpan now, int waiting, TimeSpan waited = default)
    {
        if (!Decides)
        {
            return new AssignRejected(m.RequestId, AssignRejectReason.NotReady, DecidingRight.NotHeld, DecidingRight.RetryAfter);
        }

        if (pool.Assign(m, _picked, now, answerBytesMax, waiting, waited) is { } no)
        {
            if (no.Reason == AssignRejectReason.NoCapacity && m.Finished is not null)
            {
                return null;
            }

            return Reject(m, no, now, waited);
        }

        var workers = new AssignedWorker[_picked.Count];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = _picked[i].Named;
        }

        // To a question that tells of no ends: it may have lost them on the way, through one that does not understand them.
        var takesFinished = m.Finished is not null;
        return new Assigned(
            m.RequestId, workers, pool.PolicyName, term, _revision, takesFinished, TellAtOnce: takesFinished && pool.Waits,
            TakesBatches: true);
    }

    private void OnReport(MemoryReport m, TimeSpan now, List<BalancerEffect> outbox)
    {
        var outcome = pool.Report(m, now, out var news);
        if (news is not null)
        {
            Say(news, $"{m.Worker.Id} {news.IsTrouble}", now, outbox);
        }

        if (outcome != ReportOutcome.Applied)
        {
            outbox.Add(new BalancerEffect.ReportIgnored(m, outcome));
        }
    }

    /// <param name="kind">Of this kind one line is said in a while.</param>
    private void Say(MemberNews news, string kind, TimeSpan now, List<BalancerEffect> outbox)
    {
        if (_lines.Say(kind, news.Text, now) is { } said)
        {
            outbox.Add(NoteOf(news with { Text = said }));
        }
    }

    private static BalancerEffect.Note NoteOf(MemberNews news) => new(news.Text, news.IsTrouble ? NoteLevel.Warning : NoteLevel.Info);

    private void OnKnown(Watched<Member>.Known m, TimeSpan now, List<BalancerEffect> outbox)
    {
        var isFirst = !Table.IsKnown;
        var news = pool.Apply(m, now);
        if (!Table.IsKnown)
        {
            return;
        }

        _revision = m.Revision;
        if (!isFirst)
        {
            outbox.AddRange(news.Select(NoteOf));
        }
    }

    /// <summary>Requests that wait, and that somebody asks about: of one client's job or question, or all of them.</summary>
    public IEnumerable<HeldRequest> Held(GetDecisions m, TimeSpan now)
    {
        var why = _waiting.Count == 0 ? "" : (pool.WhyRejecting(now) ?? WorkerPool.NoCapacity).Sentence;
        return _waiting.InOrder.Select((waiting, ahead) => (Waiting: waiting, Ahead: ahead))
            .Where(w => m.Client == 0 || (w.Waiting.Line.Client == m.Client
                && (w.Waiting.Request.Job == m.Number || w.Waiting.Request.RequestId == m.Number)))
            .Take(m.Count)
            .Select(w => new HeldRequest(
                name, w.Waiting.Line.Client, w.Waiting.Request.RequestId, w.Waiting.Request.Job, w.Waiting.Request.Priority, now - w.Waiting.Since,
                w.Ahead, why));
    }

    /// <summary>The service in numbers.</summary>
    public ServiceFigures Measure(TimeSpan now) => pool.Measure(name, _waiting.Count, now);

    /// <summary>A page of its workers.</summary>
    /// <param name="services">Of the balancer.</param>
    public BalancerState Describe(GetBalancerState m, IReadOnlyList<string> services, TimeSpan now)
    {
        var page = Table.Page(m.From, m.Count);
        var members = new List<MemberState>(page.Length);
        var bytes = services.Sum(service => service.Length + 2);
        foreach (var c in page)
        {
            var worker = c.Member.Worker;
            var member = new MemberState(
                c.Key, worker.State, pool.IsEligible(c, now), c.IsFresh(now) ? c.ResidentBytes : null,
                worker.Reason.Length > 0 ? worker.Reason : pool.WhyHeldBack(c, now), c.InFlight, c.Jobs.Drift,
                c.Places, c.Zone,
                new MemberDetails(
                    pool.ConditionOf(c, now), GatePath.HostAndPortIn(worker.Path), worker.Capacity, c.LimitBytes,
                    c.HasReport ? now - c.ReportedAt : null, c.Picks, worker.Version, c.Jobs.Left, pool.SharePercentOf(c, now),
                    c.Wanted?.State ?? AdminState.Ready, c.Wanted?.WeightPercent ?? WorkerOverride.WeightUsual,
                    c.UptimeTold is { } told ? told + (now - c.ReportedAt) : null, c.Seen.AnswerTime, c.Seen.Trouble(now)));
            bytes += member.BytesMax;
            if (members.Count > 0 && bytes > answerBytesMax - HeadBytesMax)
            {
                break;
            }

            members.Add(member);
        }

        return new BalancerState(
            id, pool.PolicyName, Decides ? pool.WhyRejecting(now)?.Sentence ?? "" : DecidingRight.NotHeld, Table.Version, Table.MemberCount,
            m.From, members, _waiting.Count, _waiting.LongestWait(now), pool.OpenPickCount, services);
    }
}
