using System.Diagnostics;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;
using static System.FormattableString;

namespace AkkaLb.Core.Balancing;

/// <summary>Who may get a job, and who gets it: those of the table that are eligible, a policy, and why nobody.</summary>
/// <remarks>
/// A pick only reads the table. A worker that leaves or drains is no longer picked from that moment on, and one that joins waits for the next
/// rebuild, which comes with the next request, but not before the last one's pause is over (<see cref="RebuildPause"/>). So changes that come
/// together are put into the policy's tables together. One that uses more of its memory than <see cref="BalancerLimits.MemoryShareMax"/> is held
/// back while others do not, and comes back when it uses less or has not reported for a while; so is one whose jobs fail
/// (<see cref="OutlierEjection"/>), unless too few are left then. One that has joined is warmed up: a part of its picks goes to others. Each pick
/// counts as load of its worker at once, and no longer when its client tells that it has ended. Not thread-safe: the owning actor serializes calls.
/// <c>now</c> is the balancer's monotonic clock throughout.
/// </remarks>
/// <param name="table">Who there is.</param>
/// <param name="policy">Who of them is next.</param>
/// <param name="random">Of the policy; used by this pool alone.</param>
/// <param name="rebuildPause">By the number of members; null: <see cref="RebuildPause"/>.</param>
/// <param name="service">Of which it is the pool.</param>
/// <param name="decisions">Notes each decision; null: none is noted.</param>
public sealed class WorkerPool(
    WorkerTable table, Policy policy, Random random, Func<int, TimeSpan>? rebuildPause = null, string service = WorkerService.Default,
    DecisionLog? decisions = null)
{
    /// <summary>The longest wait for first reports. Whatever interval members announce, one of them that is dead, or wrong in the registry, must
    /// not keep everybody waiting: who reports by then can be picked, the others as soon as they report. 10 s is ten heartbeats as they are by
    /// default, and leaves a client most of its deadline, 60 s by default.</summary>
    public static readonly TimeSpan FirstReportsWaitMax = TimeSpan.FromSeconds(10);

    /// <summary>The largest <see cref="Candidate.AnswerBytes"/>, as longer ids and paths are not taken into the registry. Whom a policy picks is
    /// known only when it is picked, so there must be room for anyone.</summary>
    private const int WorkerBytesMax = WorkerIds.LengthMax + (3 * 1024) + 32;

    /// <summary>A place among at most 1,000 workers.</summary>
    private const int PickBytes = 2;

    private static readonly AssignRejection Stopping = new(
        AssignRejectReason.Stopping, "the balancer is shutting down", TimeSpan.FromMilliseconds(500));

    private static readonly AssignRejection NotRead = new(
        AssignRejectReason.NotReady, "the balancer has not read the registry yet", TimeSpan.FromMilliseconds(100));

    private static readonly AssignRejection NoReportsYet = new(
        AssignRejectReason.NotReady, "the balancer waits for the first memory reports", TimeSpan.FromMilliseconds(100));

    private static readonly AssignRejection NoWorkers = new(
        AssignRejectReason.NoWorkers, "no worker is registered", TimeSpan.FromMilliseconds(500));

    private static readonly AssignRejection NoWorkersOfService = new(
        AssignRejectReason.NoWorkers, "no worker of that service is registered", TimeSpan.FromMilliseconds(500));

    private static readonly AssignRejection AllDraining = new(
        AssignRejectReason.NoWorkers, "every registered worker is draining, or cannot do jobs at the moment", TimeSpan.FromMilliseconds(500));

    private static readonly AssignRejection NoMemoryReports = new(
        AssignRejectReason.NoMemoryReports, "workers are registered, but none has sent a memory report lately", TimeSpan.FromMilliseconds(250));

    /// <summary>Every worker that could be picked is full.</summary>
    public static readonly AssignRejection NoCapacity = new(
        AssignRejectReason.NoCapacity, "every worker that could be picked is full", TimeSpan.FromMilliseconds(500));

    /// <summary>Nothing is given ahead at the moment.</summary>
    public static readonly AssignRejection NoneAhead = new(
        AssignRejectReason.NoCapacity, "as many picks as may be unused have been given ahead, or requests wait", TimeSpan.FromMilliseconds(100));

    private static readonly AssignRejection AllExcluded = new(
        AssignRejectReason.AllExcluded, "every worker that could be picked is on the request's list of workers to leave out",
        TimeSpan.FromMilliseconds(100));

    /// <summary>The part of its picks that a worker gets which has just joined. Envoy's slow start has the same.</summary>
    private const double ColdShare = 0.1;

    /// <summary>So many workers in a row may be too cold for a pick; then the first of them gets it.</summary>
    private const int ColdMax = 3;

    /// <summary>After a rebuild, before one that only a report asks for: a worker that reports something else each time does not keep the balancer
    /// busy.</summary>
    private static readonly TimeSpan TurnPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Between two looks at load that ages.</summary>
    private static readonly TimeSpan AgePause = TimeSpan.FromMilliseconds(1);

    private readonly DecisionOrigin _origin = new(service, policy.Name);
    private IChooser _chooser = policy.NewChooser(random);
    private readonly Func<int, TimeSpan> _rebuildPause = rebuildPause ?? RebuildPause;
    private readonly List<Candidate> _leftOut = [];
    private readonly OpenPicks _open = new();
    private readonly List<OpenPick> _givenUp = [];
    private readonly OutlierEjection _outliers = new(table.Limits);
    private Candidate[] _eligible = [];
    private long _version;
    private long _assigns;
    private long _picks;
    private TimeSpan _rebuildAt;
    private TimeSpan _ageAt;
    private TimeSpan? _readyAt;
    private TimeSpan? _weighAt;
    private bool _hasTurned;
    private bool _isAnyHeldBack;
    private int _eligibleLeftOut;

    /// <summary>By the last choice, as they have not their full share.</summary>
    private int _passedOver;
    private TimeSpan _turnAt;
    private bool _isReady;
    private bool _isStopping;

    /// <summary>Who there is.</summary>
    public WorkerTable Table => table;

    /// <summary>Whether requests wait while no place is free.</summary>
    public bool Waits => _chooser.Waits;

    /// <summary>Name of the policy.</summary>
    public string PolicyName => policy.Name;

    /// <summary>Workers that may be picked, in registration order.</summary>
    public IReadOnlyList<Candidate> Eligible
    {
        get
        {
            Refresh();
            return _eligible;
        }
    }

    /// <summary>Picks that have been given to clients that tell when they end, and have not ended.</summary>
    public int OpenPickCount => _open.Count;

    /// <summary>When <see cref="Tick"/> has something to do; null: not before another call.</summary>
    public TimeSpan? NextDue => Machines.Times.Sooner(Machines.Times.Sooner(_open.NextDue, _weighAt), _outliers.NextDue);

    private bool IsStale => _hasTurned || _version != table.Version;

    /// <summary>How long a rebuild waits after the one before: a millisecond for each 1,000 members, which is more than ten times what it takes, but
    /// three times for the table of maglev. By so much may an answer be behind in who has joined.</summary>
    public static TimeSpan RebuildPause(int members) => TimeSpan.FromMilliseconds(members / 1000);

    /// <summary>Whether the policy would pick this member now.</summary>
    public bool IsEligible(Candidate candidate, TimeSpan now)
    {
        Refresh();
        return candidate.IsEligible && (!policy.NeedsReports || candidate.IsFresh(now));
    }

    /// <summary>Why a request that leaves nobody out would be rejected now; null when it would be answered.</summary>
    public AssignRejection? WhyRejecting(TimeSpan now)
    {
        Refresh();
        return RejectEarly(now) ?? (policy.NeedsReports && !Array.Exists(table.InOrder, c => c.IsUp && c.IsFresh(now)) ? NoMemoryReports : null);
    }

    /// <summary>Whether every request would be rejected now, as far as the policy's tables tell.</summary>
    public bool IsRejecting(TimeSpan now) => RejectEarly(now) is not null;

    /// <inheritdoc cref="WorkerTable.Apply(Watched{Member}.Known, TimeSpan)"/>
    public IReadOnlyList<MemberNews> Apply(Watched<Member>.Known known, TimeSpan now)
    {
        var news = table.Apply(known, now);
        if (_readyAt is null && table.IsKnown)
        {
            // After a start one heartbeat of reports is waited for: the slowest member's own interval, within reason.
            var slowest = TimeSpan.FromMilliseconds(Eligible.Select(c => (double)c.Member.Worker.HeartbeatMs).DefaultIfEmpty(0).Max());
            _readyAt = now + (slowest < FirstReportsWaitMax ? slowest : FirstReportsWaitMax);
        }

        return news;
    }

    /// <inheritdoc cref="WorkerTable.Report"/>
    public ReportOutcome Report(MemoryReport report, TimeSpan now) => Report(report, now, out _);

    /// <param name="news">That the worker uses too much of its memory since this report, or no longer does; null: neither.</param>
    /// <inheritdoc cref="Report(MemoryReport, TimeSpan)"/>
    public ReportOutcome Report(MemoryReport report, TimeSpan now, out MemberNews? news)
    {
        news = null;
        var outcome = table.Report(report, now, out var candidate);
        if (candidate is null)
        {
            return outcome;
        }

        if (candidate.Weigh(table.Limits.MemoryShareMax, now))
        {
            _hasTurned = true;
            news = MemberNews.OfMemory(
                candidate.Key.Id, candidate.IsAboveMemory,
                candidate.LimitBytes > 0 ? (double)candidate.ResidentBytes / candidate.LimitBytes : null);
        }

        _hasTurned |= candidate.Places != candidate.PlacesInTables;
        if (candidate.IsAboveMemory && !(_weighAt < candidate.FreshUntil))
        {
            _weighAt = candidate.FreshUntil;
        }

        Changed(candidate);
        return outcome;
    }

    /// <inheritdoc cref="WorkerTable.Override"/>
    internal IReadOnlyList<MemberNews> Override(IReadOnlyList<string> ids, TimeSpan now) => table.Override(ids, now);

    /// <summary>A client tells which of its picks have ended: they are load no more.</summary>
    public void Finish(Finished m, TimeSpan now)
    {
        _open.Heard(m.Client, m.Since, _givenUp, now);
        GiveUp(now);
        for (var i = 0; i < m.Picks.Count; i++)
        {
            var ended = m.Picks[i];
            if (_open.TryEnd(m.Client, ended.Pick, out var open))
            {
                open.Worker.Jobs.End(open.Weight, wasAccepted: ended.How is not (PickEnd.Unused or PickEnd.Rejected), open.Window);
                if (ended.Counts.Accepted > 0)
                {
                    open.Worker.Jobs.Tell(ended.Counts, now);
                }

                decisions?.Ended(open.Decision, ended);
                open.Worker.Seen.Ended(ended, now);
                _outliers.Ended(open.Worker, m.Client, ended.How, now);
                _chooser.Ended(open.Worker, ended, now);
                Changed(open.Worker);
            }
        }
    }

    /// <summary>Picks that were given for jobs that may come and that no job uses, as far as is known.</summary>
    public int AheadCount => _open.AheadCount;

    /// <summary>How many picks a client may be given for jobs that may come.</summary>
    /// <param name="request">Of a client that tells when its picks end.</param>
    public int RoomAhead(Assign request, TimeSpan now) => _open.RoomAhead(request.Finished!.Client, request.AheadSince, Waits, now);

    /// <summary>Gives up what a client holds that is gone.</summary>
    public void GiveUp(long client, TimeSpan now)
    {
        _open.GiveUp(client, _givenUp);
        GiveUp(now);
    }

    /// <summary>Gives up what clients hold that are silent, takes nobody for above its memory who has not reported lately, and looks for
    /// outliers.</summary>
    /// <returns>Who is held back from now on, and who no longer.</returns>
    public IReadOnlyList<MemberNews> Tick(TimeSpan now)
    {
        _open.Tick(now, _givenUp);
        GiveUp(now);
        if (!(now >= _weighAt) && !(now >= _outliers.NextDue))
        {
            return [];
        }

        var news = new List<MemberNews>();
        if (now >= _weighAt)
        {
            WeighAgain(now, news);
        }

        _outliers.Look(table.InOrder, now, news);
        _hasTurned |= news.Count > 0;
        return news;
    }

    /// <summary>Why a worker gets no jobs, or fewer than it is due, though it says nothing of that; empty: neither.</summary>
    public string WhyHeldBack(Candidate candidate, TimeSpan now)
    {
        Refresh();
        return candidate.Wanted is { IsNone: false } wanted && !(wanted.State == AdminState.Ready && candidate.IsHeldBack) ? wanted.Describe()
            : !candidate.IsUp ? ""
            : !candidate.IsHeldBack && now >= candidate.WarmAt ? ""
            : !candidate.IsHeldBack ? Invariant($"it has joined lately: it gets {100 * WarmthOf(candidate, now):0} % of its share")
            : candidate.IsEjected ? Invariant($"its jobs failed: it gets none for {(candidate.EjectedUntil - now).TotalSeconds:0} s")
            : Invariant($"it uses {100.0 * candidate.ResidentBytes / candidate.LimitBytes:0} % of its memory");
    }

    /// <summary>What the balancer would say of this worker if it were asked why it gets jobs, or none.</summary>
    public WorkerCondition ConditionOf(Candidate candidate, TimeSpan now)
    {
        var isEligible = IsEligible(candidate, now);
        return candidate.Member.Worker.Reason.Length > 0 ? WorkerCondition.Unable
            : candidate.Wanted is { State: AdminState.Maintenance } ? WorkerCondition.Maintenance
            : !candidate.IsUp ? WorkerCondition.Draining
            : candidate.IsHeldBack ? (candidate.IsEjected ? WorkerCondition.Ejected : WorkerCondition.AboveMemory)
            : !isEligible ? WorkerCondition.NoReport
            : !candidate.HasFreePlace ? WorkerCondition.Full
            : now < candidate.WarmAt ? WorkerCondition.SlowStart
            : WorkerCondition.Up;
    }

    /// <summary>The part of its usual share that it gets: its weight, and less while it is new. In percent, 1 to 100.</summary>
    public int SharePercentOf(Candidate candidate, TimeSpan now) =>
        Math.Max(1, (int)Math.Round(100 * candidate.Weight * WarmthOf(candidate, now)));

    /// <summary>The service in numbers.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="waiting">Requests that wait.</param>
    public ServiceFigures Measure(string service, int waiting, TimeSpan now)
    {
        var conditions = new SortedDictionary<WorkerCondition, int>();
        TimeSpan? oldest = null;
        foreach (var candidate in table.InOrder)
        {
            var condition = ConditionOf(candidate, now);
            conditions[condition] = conditions.GetValueOrDefault(condition) + 1;
            if (candidate is { IsUp: true, HasReport: true } && !(oldest > now - candidate.ReportedAt))
            {
                oldest = now - candidate.ReportedAt;
            }
        }

        return new ServiceFigures(service, conditions, waiting, OpenPickCount, oldest);
    }

    /// <summary>Since the service came: how many workers were ejected, and how often one was not because as many were already as may be.</summary>
    public (long Enforced, long Unenforced) Ejections => (_outliers.Enforced, _outliers.Unenforced);

    /// <summary>Picks as many workers as are asked for, one after another; fewer, but at least one, when more would not fit the answer.</summary>
    /// <param name="request">Of the workers to leave out, unknown ones and other incarnations are ignored. The ends that ride on it are
    /// <see cref="Finish"/>'s.</param>
    /// <param name="picked">Cleared, then filled; empty after a rejection.</param>
    /// <param name="bytesMax">How much room the answer has for workers, each of which is named once, and for picks.</param>
    /// <param name="waiting">How many requests wait, without this one.</param>
    /// <param name="waited">How long this one has waited.</param>
    /// <returns>Null when picked, else why not.</returns>
    public AssignRejection? Assign(
        Assign request, List<Candidate> picked, TimeSpan now, int bytesMax = int.MaxValue, int waiting = 0, TimeSpan waited = default)
    {
        Debug.Assert(request.Count > 0, "the protocol refuses a count of zero");
        picked.Clear();
        _passedOver = 0;
        Age(now);
        if (IsDue(now) || (IsStale && _eligible.Length == 0))
        {
            Rebuild(now);
        }

        if (RejectEarly(now) is { } rejection)
        {
            return rejection;
        }

        _chooser.Wait(waiting + 1, waited);
        (_chooser as ZoneFirst)?.Prefer(request.Zone);
        ResolveLeftOut(request.LeaveOut);
        var leftOut = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_leftOut);
        var bytes = 0;
        _assigns++;
        for (var i = 0; i < request.Count && (i == 0 || bytes <= bytesMax - WorkerBytesMax - PickBytes); i++)
        {
            if (Pick(request, leftOut, now) is not { } candidate)
            {
                return picked.Count > 0 ? null : RejectEarly(now) ?? WhyNobody(leftOut, now);
            }

            Give(candidate, request, i, now, waiting, waited);
            picked.Add(candidate);
            bytes += PickBytes + (candidate.NamedIn == _assigns ? 0 : candidate.AnswerBytes);
            candidate.NamedIn = _assigns;
        }

        return null;
    }

    /// <summary>Whether a request that leaves nobody out would get a worker now.</summary>
    /// <param name="waiting">How many requests wait, this one included.</param>
    /// <param name="waited">How long this one has waited.</param>
    public bool HasAnyone(int waiting, TimeSpan waited, TimeSpan now)
    {
        Age(now);
        _chooser.Wait(waiting, waited);
        (_chooser as ZoneFirst)?.Prefer("");
        return IsDue(now) || _chooser.Pick([], now) is not null;
    }

    /// <summary>From now on every request is rejected.</summary>
    public void Stop() => _isStopping = true;

    /// <summary>What a worker said of its memory counts no longer than its report does.</summary>
    private void WeighAgain(TimeSpan now, List<MemberNews> news)
    {
        _weighAt = null;
        foreach (var candidate in table.InOrder)
        {
            if (candidate.IsAboveMemory && candidate.Weigh(table.Limits.MemoryShareMax, now))
            {
                news.Add(MemberNews.OfMemory(candidate.Key.Id, isAbove: false, share: null));
            }

            _weighAt = candidate.IsAboveMemory ? Machines.Times.Sooner(_weighAt, candidate.FreshUntil) : _weighAt;
        }
    }

    private void Give(Candidate candidate, Assign request, int place, TimeSpan now, int waiting, TimeSpan waited)
    {
        // Of many picks in one answer, whose ends nobody tells, the first stands for all.
        var decision = place == 0 || request.Finished is not null
            ? decisions?.Picked(ContextOf(request, place, waiting, waited), candidate, _eligible, now) ?? 0
            : 0;
        var isTold = request.Finished is { } finished
            && _open.TryAdd(finished.Client, finished.Since, request.RequestId + place, candidate, request.Weight, now, request.AheadSince > 0,
                decision);
        candidate.Jobs.Give(request.Weight, isTold, now);
        candidate.Picked(++_picks);
        Changed(candidate);
    }

    /// <summary>Notes that nobody is named for a request.</summary>
    internal void NoteRejected(Assign request, AssignRejection why, TimeSpan now, int waiting, TimeSpan waited) =>
        decisions?.Rejected(ContextOf(request, 0, waiting, waited), why, _eligible.Length, now);

    private DecisionContext ContextOf(Assign request, int place, int waiting, TimeSpan waited) => new(
        request.Service == service ? _origin : new DecisionOrigin(request.Service, policy.Name), request.Finished?.Client ?? 0,
        request.RequestId + place, request.Job == 0 ? 0 : request.Job + place,
        table.MemberCount, request.LeaveOut.Count, _passedOver, request.AheadSince > 0, waited, waiting);

    private void GiveUp(TimeSpan now)
    {
        foreach (var open in _givenUp)
        {
            open.Worker.Jobs.GiveUp(open.Weight, now, open.Window);
            Changed(open.Worker);
        }

        _givenUp.Clear();
    }

    /// <summary>Load that nobody tells of ages, all of it at the same time: now and then, as looking at everybody takes time.</summary>
    private void Age(TimeSpan now)
    {
        if (now < _ageAt || !_chooser.MindsLoad)
        {
            return;
        }

        _ageAt = now + AgePause + _rebuildPause(table.MemberCount);
        foreach (var candidate in _eligible)
        {
            if (candidate.Jobs.Ages)
            {
                candidate.Jobs.Age(now);
                Changed(candidate);
            }
        }
    }

    private void Changed(Candidate candidate)
    {
        if (candidate.IsEligible)
        {
            _chooser.Changed(candidate);
        }
    }

    /// <summary>When all whom the tables know are out of the question, those are looked at who have joined since, and then those who are held
    /// back.</summary>
    private Candidate? Pick(Assign request, ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        if (Choose(request, leftOut, now) is { } candidate)
        {
            return candidate;
        }

        if (IsDue(now) || _version != table.Version)
        {
            Rebuild(now);
            if (Choose(request, leftOut, now) is { } joined)
            {
                return joined;
            }
        }

        return _isAnyHeldBack && (!Waits || _eligibleLeftOut >= _eligible.Length) ? LeastBusyHeldBack(leftOut, now) : null;
    }

    /// <summary>Nobody else can do this job: the others are left out, or do not report.</summary>
    private Candidate? LeastBusyHeldBack(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        Candidate? best = null;
        foreach (var candidate in table.InOrder)
        {
            if (candidate is { IsUp: true, IsHeldBack: true } && (!policy.NeedsReports || candidate.IsFresh(now))
                && !LeftOut.Contains(leftOut, candidate) && (best is null || candidate.InFlight / candidate.Rate < best.InFlight / best.Rate))
            {
                best = candidate;
            }
        }

        return best;
    }

    /// <summary>Around every policy: of the picks of a worker that has joined lately, or has not its full weight, some go to whoever is next, if
    /// there is anybody.</summary>
    /// <remarks>Envoy's slow start: a worker gets t / window of its picks, and a tenth at least. Jobs with a key are not drawn at random: which keys
    /// come to a worker early depends on the keys, so that each moves once.</remarks>
    private Candidate? Choose(Assign request, ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        var first = ChooseAny(request, leftOut, now);
        _passedOver = 0;
        if (first is null || ShareOf(first, now) >= 1)
        {
            return first;
        }

        var count = _leftOut.Count;
        var candidate = first;
        for (var cold = 0; cold < ColdMax && candidate is not null && IsTooCold(candidate, request.Key, now); cold++)
        {
            _leftOut.Add(candidate);
            candidate = ChooseAny(request, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_leftOut), now);
        }

        var isFound = candidate is not null && _leftOut.Count < count + ColdMax;
        _passedOver = isFound ? _leftOut.Count - count : 0;
        _leftOut.RemoveRange(count, _leftOut.Count - count);
        return isFound ? candidate : first;
    }

    private bool IsTooCold(Candidate candidate, string? key, TimeSpan now)
    {
        var share = ShareOf(candidate, now);
        return share < 1 && share < (key is { Length: > 0 }
            ? KeyHash.Place(KeyHash.Next(KeyHash.Of(key) ^ candidate.IdHash), 1000) / 1000.0
            : random.NextDouble());
    }

    /// <summary>The part of its picks that it keeps.</summary>
    private double ShareOf(Candidate candidate, TimeSpan now) =>
        WarmthOf(candidate, now) * (policy.SharesByRate ? 1 : candidate.Weight);

    private double WarmthOf(Candidate candidate, TimeSpan now) =>
        now >= candidate.WarmAt ? 1 : Math.Max(ColdShare, 1 - ((candidate.WarmAt - now) / table.Limits.SlowStart));

    private Candidate? ChooseAny(Assign request, ReadOnlySpan<Candidate> leftOut, TimeSpan now) => request.Key is { Length: > 0 } key
        ? _chooser.PickFor(key, request.Weight, leftOut, now)
        : _chooser.Pick(leftOut, now);

    private AssignRejection? RejectEarly(TimeSpan now)
    {
        if (_isStopping)
        {
            return Stopping;
        }

        if (!table.IsKnown)
        {
            return NotRead;
        }

        if (_eligible.Length == 0)
        {
            return table.MemberCount > 0 ? AllDraining : service == WorkerService.Default ? NoWorkers : NoWorkersOfService;
        }

        if (!_isReady)
        {
            _isReady = !policy.NeedsReports || now >= _readyAt || Array.TrueForAll(_eligible, c => c.HasReport);
        }

        return _isReady ? null : NoReportsYet;
    }

    private AssignRejection WhyNobody(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        if (!policy.NeedsReports)
        {
            return Waits && _eligibleLeftOut < _eligible.Length ? NoCapacity : AllExcluded;
        }

        foreach (var candidate in leftOut)
        {
            if (candidate.IsFresh(now))
            {
                return AllExcluded;
            }
        }

        return NoMemoryReports;
    }

    private void ResolveLeftOut(IReadOnlyList<WorkerKey> leaveOut)
    {
        _leftOut.Clear();
        _eligibleLeftOut = 0;
        for (var i = 0; i < leaveOut.Count; i++)
        {
            // A draining worker could not be picked anyway: that it is left out is no reason for finding nobody.
            if (table.Find(leaveOut[i].Id) is { IsUp: true } candidate && candidate.Key == leaveOut[i] && !_leftOut.Contains(candidate))
            {
                _leftOut.Add(candidate);
                _eligibleLeftOut += candidate.IsEligible ? 1 : 0;
            }
        }
    }

    private bool IsDue(TimeSpan now) => (_version != table.Version && now >= _rebuildAt) || (_hasTurned && now >= _turnAt);

    private void Rebuild(TimeSpan now)
    {
        Refresh();
        _rebuildAt = now + _rebuildPause(table.MemberCount);
        _turnAt = now + (rebuildPause is null ? TurnPause : _rebuildPause(table.MemberCount));
    }

    private void Refresh()
    {
        if (IsStale)
        {
            (_version, _hasTurned) = (table.Version, false);
            var all = table.InOrder;
            var isPanic = IsPanic(all);
            var isAnyoneBelow = Array.Exists(all, c => c is { IsUp: true, IsAboveMemory: false } && (isPanic || !c.IsEjected));
            _isAnyHeldBack = false;
            foreach (var candidate in all)
            {
                candidate.IsHeldBack = (isAnyoneBelow && candidate.IsAboveMemory) || (!isPanic && candidate.IsEjected);
                _isAnyHeldBack |= candidate.IsHeldBack;
                _weighAt = candidate.IsAboveMemory ? Machines.Times.Sooner(_weighAt, candidate.FreshUntil) : _weighAt;
                candidate.PlacesInTables = candidate.Places;
            }

            _eligible = Array.TrueForAll(all, c => c.IsEligible) ? all : Array.FindAll(all, c => c.IsEligible);
            MindZones();
            _chooser.Rebuild(_eligible);
        }
    }

    /// <summary>As long as a worker tells its zone, they count. What the policy itself has seen so far is forgotten when that changes.</summary>
    private void MindZones()
    {
        var areThere = table.Limits.ZoneSpill > 0 && Array.Exists(_eligible, c => c.Zone.Length > 0);
        if (areThere != _chooser is ZoneFirst)
        {
            _chooser.Rebuild([]);
            _chooser = areThere ? new ZoneFirst(() => policy.NewChooser(random), table.Limits.ZoneSpill) : policy.NewChooser(random);
        }
    }

    /// <summary>Too few of the workers that have not left can do jobs: a bad one may be better than none.</summary>
    private bool IsPanic(Candidate[] all)
    {
        var (usable, there) = (0, 0);
        foreach (var candidate in all)
        {
            usable += candidate is { IsUp: true, IsEjected: false, IsAboveMemory: false } ? 1 : 0;
            there += candidate.IsUp || candidate.Member.Worker.Reason.Length > 0 ? 1 : 0;
        }

        return usable == 0 || usable < table.Limits.PanicShare * there;
    }
}
