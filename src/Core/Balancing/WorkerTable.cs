using System.Diagnostics;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;

namespace AkkaLb.Core.Balancing;

/// <summary>Bounds of a balancer's tables.</summary>
/// <param name="EarlyReportHold">How long a report waits for its registry event; default one lease TTL, 5 s.</param>
/// <param name="EarlyReportsMax">How many reports wait at most; default 10,000.</param>
public sealed record BalancerLimits(TimeSpan EarlyReportHold, int EarlyReportsMax)
{
    public static BalancerLimits Default { get; } = new(TimeSpan.FromSeconds(5), 10_000);
}

/// <summary>The workers as a balancer knows them: who is eligible, whose report counts, and who is picked.</summary>
/// <remarks>
/// Membership comes from the registry only; reports never add or remove anybody. Reports update in place, and a pick only reads.
/// A change costs what changed: a worker that leaves or drains is no longer picked from that moment on, and one that joins waits for the next
/// rebuild of the tables, which comes with the next request, but not before the last one's pause is over (<see cref="RebuildPause"/>). So changes
/// that come together are put into the tables together. Not thread-safe: the owning actor serializes calls. <c>now</c> is the balancer's
/// monotonic clock throughout.
/// </remarks>
/// <param name="policy">Used by this balancer alone.</param>
/// <param name="limits">Bounds of its tables.</param>
/// <param name="rebuildPause">By the number of members; null: <see cref="RebuildPause"/>.</param>
public sealed class WorkerTable(IPickPolicy policy, BalancerLimits limits, Func<int, TimeSpan>? rebuildPause = null)
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

    private static readonly AssignRejection AllDraining = new(
        AssignRejectReason.NoWorkers, "every registered worker is draining, or cannot do jobs at the moment", TimeSpan.FromMilliseconds(500));

    private static readonly AssignRejection NoMemoryReports = new(
        AssignRejectReason.NoMemoryReports, "workers are registered, but none has sent a memory report lately", TimeSpan.FromMilliseconds(250));

    private static readonly AssignRejection AllExcluded = new(
        AssignRejectReason.AllExcluded, "every worker that could be picked is on the request's list of workers to leave out",
        TimeSpan.FromMilliseconds(100));

    private readonly Dictionary<string, Candidate> _members = new(StringComparer.Ordinal);
    private readonly EarlyReports _early = new(limits.EarlyReportHold, limits.EarlyReportsMax);
    private readonly List<Candidate> _leftOut = [];
    private readonly Func<int, TimeSpan> _rebuildPause = rebuildPause ?? RebuildPause;
    private readonly List<Candidate> _moving = [];
    private Candidate[] _inOrder = [];
    private Candidate[] _eligible = [];
    private bool _isStale;
    private long _assigns;
    private TimeSpan _rebuildAt;
    private bool _isReady;
    private bool _isStopping;
    private TimeSpan _readyAt;

    public string PolicyName => policy.Name;

    /// <summary>Registered workers, draining ones included.</summary>
    public int MemberCount => _members.Count;

    /// <summary>Workers that may be picked, in registration order.</summary>
    public IReadOnlyList<Candidate> Eligible
    {
        get
        {
            Refresh();
            return _eligible;
        }
    }

    /// <summary>The worker of this id; null: none is registered.</summary>
    public Candidate? Find(string id) => _members.GetValueOrDefault(id);

    /// <summary>Rises with each change of the membership.</summary>
    public long Version { get; private set; }

    /// <summary>How long a rebuild of the tables waits after the one before: a millisecond for each 1,000 members, which is more than ten times
    /// what it takes. By so much may an answer be behind in who has joined.</summary>
    public static TimeSpan RebuildPause(int members) => TimeSpan.FromMilliseconds(members / 1000);

    /// <summary>Members in registration order, <paramref name="count"/> of them at most, beginning with the one at place
    /// <paramref name="from"/>.</summary>
    public ReadOnlySpan<Candidate> Page(int from, int count)
    {
        Refresh();
        from = Math.Min(from, _inOrder.Length);
        return _inOrder.AsSpan(from, Math.Min(count, _inOrder.Length - from));
    }

    /// <summary>Whether the policy would pick this member now.</summary>
    public bool IsEligible(Candidate candidate, TimeSpan now) =>
        candidate.IsEligible && (!policy.DecidesOnMemory || candidate.IsFresh(now));

    /// <summary>Why a request that leaves nobody out would be rejected now; null when it would be answered.</summary>
    public AssignRejection? WhyRejecting(TimeSpan now)
    {
        Refresh();
        return RejectEarly(now) ?? (policy.DecidesOnMemory && !Array.Exists(_eligible, c => c.IsFresh(now)) ? NoMemoryReports : null);
    }

    /// <summary>Whether the registry has been read.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Takes what the registry told; who stays keeps report and counters. Takes time for what changed only, unless everything was
    /// read.</summary>
    /// <returns>What really changed, in words for the operator, and in order: who has gone first.</returns>
    public IReadOnlyList<MemberNews> Apply(Watched<Member>.Known known, TimeSpan now)
    {
        var news = new List<MemberNews>();
        if (known.Changes is not null && !IsKnown)
        {
            // Of a change alone nobody knows what else there is. The whole is under way, with this change in it.
            return news;
        }

        if (known.Changes is { } changes)
        {
            foreach (var change in changes)
            {
                Apply(change.Id, change.Item, now, news);
            }
        }
        else
        {
            var stays = known.All.Select(m => m.Worker.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var id in _members.Keys.Where(id => !stays.Contains(id)).Order(StringComparer.Ordinal).ToList())
            {
                Apply(id, null, now, news);
            }

            foreach (var member in known.All)
            {
                Apply(member.Worker.Id, member, now, news);
            }
        }

        if (news.Count > 0)
        {
            Changed();
        }

        if (!IsKnown)
        {
            IsKnown = true;
            Refresh();

            // After a start one heartbeat of reports is waited for: the slowest member's own interval, within reason.
            var slowest = TimeSpan.FromMilliseconds(_eligible.Select(c => (double)c.Member.Worker.HeartbeatMs).DefaultIfEmpty(0).Max());
            _readyAt = now + (slowest < FirstReportsWaitMax ? slowest : FirstReportsWaitMax);
        }

        return news;
    }

    /// <summary>Takes a worker's report, if it is of the incarnation that is registered now.</summary>
    public ReportOutcome Report(in MemorySample sample, TimeSpan now)
    {
        if (!_members.TryGetValue(sample.Worker.Id, out var candidate) || candidate.Key != sample.Worker)
        {
            return _early.TryHold(sample, now) ? ReportOutcome.Held : ReportOutcome.Dropped;
        }

        // While the last one counts, only a newer one replaces it. After that any does: a stranger's report with a sequence out of reach silences
        // nobody for longer than a few heartbeats.
        if (candidate.IsFresh(now) && sample.Sequence <= candidate.ReportSequence)
        {
            return ReportOutcome.Outdated;
        }

        Apply(candidate, sample, now);
        if (candidate.IsEligible)
        {
            policy.Reported(candidate);
        }

        return ReportOutcome.Applied;
    }

    /// <summary>Picks <paramref name="count"/> workers, one after another; fewer, but at least one, when more would not fit the answer.</summary>
    /// <param name="leaveOut">Workers not to pick; unknown ones and other incarnations are ignored.</param>
    /// <param name="picked">Cleared, then filled; empty after a rejection.</param>
    /// <param name="bytesMax">How much room the answer has for workers, each of which is named once, and for picks.</param>
    /// <returns>Null when picked, else why not.</returns>
    public AssignRejection? Assign(int count, IReadOnlyList<WorkerKey> leaveOut, List<Candidate> picked, TimeSpan now, int bytesMax = int.MaxValue)
    {
        Debug.Assert(count > 0, "the protocol refuses a count of zero");
        picked.Clear();
        if (_isStale && (now >= _rebuildAt || _eligible.Length == 0))
        {
            Rebuild(now);
        }

        if (RejectEarly(now) is { } rejection)
        {
            return rejection;
        }

        ResolveLeftOut(leaveOut);
        var leftOut = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_leftOut);
        var bytes = 0;
        _assigns++;
        for (var i = 0; i < count && (i == 0 || bytes <= bytesMax - WorkerBytesMax - PickBytes); i++)
        {
            if (Pick(leftOut, now) is not { } candidate)
            {
                picked.Clear();
                return RejectEarly(now) ?? WhyNobody(leftOut, now);
            }

            picked.Add(candidate);
            bytes += PickBytes + (candidate.NamedIn == _assigns ? 0 : candidate.AnswerBytes);
            candidate.NamedIn = _assigns;
        }

        return null;
    }

    /// <summary>From now on every request is rejected.</summary>
    public void Stop() => _isStopping = true;

    /// <summary>When all whom the tables know are out of the question, those are looked at who have joined since.</summary>
    private Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        if (policy.Pick(leftOut, now) is { } candidate)
        {
            return candidate;
        }

        if (!_isStale)
        {
            return null;
        }

        Rebuild(now);
        return policy.Pick(leftOut, now);
    }

    private AssignRejection? RejectEarly(TimeSpan now)
    {
        if (_isStopping)
        {
            return Stopping;
        }

        if (!IsKnown)
        {
            return NotRead;
        }

        if (_eligible.Length == 0)
        {
            return _members.Count == 0 ? NoWorkers : AllDraining;
        }

        if (!_isReady)
        {
            _isReady = !policy.DecidesOnMemory || now >= _readyAt || Array.TrueForAll(_eligible, c => c.HasReport);
        }

        return _isReady ? null : NoReportsYet;
    }

    private AssignRejection WhyNobody(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        if (!policy.DecidesOnMemory)
        {
            return AllExcluded;
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
        for (var i = 0; i < leaveOut.Count; i++)
        {
            // A draining worker could not be picked anyway: that it is left out is no reason for finding nobody.
            if (_members.TryGetValue(leaveOut[i].Id, out var candidate) && candidate.Key == leaveOut[i]
                && candidate.IsEligible)
            {
                _leftOut.Add(candidate);
            }
        }
    }

    /// <param name="member">Null: it is gone.</param>
    private void Apply(string id, Member? member, TimeSpan now, List<MemberNews> news)
    {
        var known = Find(id);
        if (known?.Member == member)
        {
            return;
        }

        news.Add(MemberNews.Of(id, known?.Member.Worker, member?.Worker));
        if (member is not null)
        {
            Put(member, known, now);
        }
        else if (_members.Remove(id))
        {
            known!.Leave();
        }
    }

    private void Put(Member member, Candidate? known, TimeSpan now)
    {
        if (known is not null)
        {
            if (known.Key.Incarnation == member.Worker.Incarnation)
            {
                var order = known.Order;
                known.Update(member);
                if (known.Order != order)
                {
                    Move(known);
                }

                return;
            }

            known.Leave();
        }

        var candidate = new Candidate(member);
        _members[member.Worker.Id] = candidate;
        Move(candidate);
        if (_early.TryTake(candidate.Key, now, out var sample, out var receivedAt))
        {
            Apply(candidate, sample, receivedAt);
        }
    }

    private void Move(Candidate candidate)
    {
        if (!candidate.IsMoving)
        {
            candidate.IsMoving = true;
            _moving.Add(candidate);
        }
    }

    /// <summary>A report counts for three of its own heartbeats; longer ones than the worker has registered are not believed.</summary>
    private static void Apply(Candidate candidate, in MemorySample sample, TimeSpan receivedAt)
    {
        var registered = TimeSpan.FromMilliseconds(candidate.Member.Worker.HeartbeatMs);
        var heartbeat = sample.Heartbeat < registered ? sample.Heartbeat : registered;
        candidate.Report(sample.Sequence, sample.ResidentBytes, receivedAt + (heartbeat * Candidate.FreshHeartbeats));
    }

    private void Changed()
    {
        Version++;
        _isStale = true;

        // Members that come and go while nobody asks must not pile up.
        if (_moving.Count > 1000 && _moving.Count > 2 * _members.Count)
        {
            Refresh();
        }
    }

    private void Rebuild(TimeSpan now)
    {
        Refresh();
        _rebuildAt = now + _rebuildPause(_members.Count);
    }

    /// <summary>Brings the tables up to date. Only those who have joined are sorted; the others are in order already.</summary>
    private void Refresh()
    {
        if (!_isStale)
        {
            return;
        }

        _isStale = false;
        _moving.RemoveAll(c => !c.IsRegistered);
        _moving.Sort(ByOrder);
        var inOrder = new Candidate[_members.Count];
        var (place, next, upCount) = (0, 0, 0);
        foreach (var stays in _inOrder)
        {
            if (!stays.IsRegistered || stays.IsMoving)
            {
                continue;
            }

            for (; next < _moving.Count && ByOrder(_moving[next], stays) < 0; next++)
            {
                inOrder[place++] = _moving[next];
            }

            inOrder[place++] = stays;
        }

        for (; next < _moving.Count; next++)
        {
            inOrder[place++] = _moving[next];
        }

        foreach (var candidate in _moving)
        {
            candidate.IsMoving = false;
        }

        _moving.Clear();
        _inOrder = inOrder;
        foreach (var candidate in inOrder)
        {
            upCount += candidate.IsEligible ? 1 : 0;
        }

        _eligible = upCount == inOrder.Length ? inOrder : Array.FindAll(inOrder, c => c.IsEligible);
        policy.Rebuild(_eligible);
    }

    private static int ByOrder(Candidate a, Candidate b) =>
        a.Order != b.Order ? a.Order.CompareTo(b.Order) : string.CompareOrdinal(a.Key.Id, b.Key.Id);
}
