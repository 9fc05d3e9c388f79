using AkkaLb.Core.Policies;
using AkkaLb.Watching;

namespace AkkaLb.Core.Balancing;

/// <summary>Bounds of a balancer's tables.</summary>
/// <param name="EarlyReportHold">How long a report waits for its registry event; default one lease TTL, 5 s.</param>
/// <param name="EarlyReportsMax">How many reports wait at most; default 10,000.</param>
/// <param name="WaitMax">How long a request waits for a free place at most; default 10 min.</param>
/// <param name="WaitingMax">How many requests wait at most; default 10,000.</param>
/// <param name="MemoryShareMax">A worker that uses a larger share of the memory that it may have gets nothing while others use less: 0 to 1, default
/// 0.9. At 1 memory keeps nobody from jobs.</param>
public sealed record BalancerLimits(
    TimeSpan EarlyReportHold, int EarlyReportsMax, TimeSpan WaitMax, int WaitingMax, double MemoryShareMax = 0.9)
{
    public static BalancerLimits Default { get; } = new(TimeSpan.FromSeconds(5), 10_000, TimeSpan.FromMinutes(10), 10_000);

    /// <summary>For so long a worker that has joined gets fewer jobs than it is due: 0 s or more, default 0 s. A tenth at first, all at the
    /// end.</summary>
    public TimeSpan SlowStart { get; init; }

    /// <summary>A worker is an outlier when so large a part of its jobs failed (<see cref="OutlierEjection"/>): above 0 to 1, default 0.5.</summary>
    public double FailureShareMax { get; init; } = 0.5;

    /// <summary>Of so many ended jobs of a worker, and of the others, is there something to tell: 1 or more, default 20. Lowered: chance ejects
    /// workers.</summary>
    public int OutlierJobsMin { get; init; } = 20;

    /// <summary>So large a part of the workers is ejected at most, but one if there are two: 0 to 1, default 0.1. At 0 nobody is.</summary>
    public double EjectedShareMax { get; init; } = 0.1;

    /// <summary>A request stays in its zone while fewer jobs are in flight there than this times the places: 0 or more, default 1. At 0 zones do
    /// not count; see <see cref="ZoneFirst"/>.</summary>
    public double ZoneSpill { get; init; } = 1;

    /// <summary>When a smaller part of the workers than this can do jobs, those that are ejected get some again: 0 to 1, default 0.5.</summary>
    public double PanicShare { get; init; } = 0.5;
}

/// <summary>The workers as a balancer knows them: who is registered, and what each has reported last.</summary>
/// <remarks>
/// Membership comes from the registry only; reports never add or remove anybody. A change costs what changed, and a report updates in place. Not
/// thread-safe: the owning actor serializes calls. <c>now</c> is the balancer's monotonic clock throughout.
/// </remarks>
public sealed class WorkerTable
{
    private readonly Dictionary<string, Candidate> _members = new(StringComparer.Ordinal);
    private readonly EarlyReports _early;
    private readonly WorkerOverrides _wanted;
    private readonly List<Candidate> _moving = [];
    private Candidate[] _inOrder = [];
    private bool _isStale;
    private bool _hasChanged;

    /// <param name="limits">Its bounds.</param>
    public WorkerTable(BalancerLimits limits)
        : this(limits, new EarlyReports(limits))
    {
    }

    /// <param name="early">Reports that ran ahead, of other tables too.</param>
    /// <param name="wanted">What operators want of workers, of other tables too; null: nothing.</param>
    internal WorkerTable(BalancerLimits limits, EarlyReports early, WorkerOverrides? wanted = null) =>
        (Limits, _early, _wanted) = (limits, early, wanted ?? new WorkerOverrides());

    /// <summary>Its bounds.</summary>
    public BalancerLimits Limits { get; }

    /// <summary>Registered workers, draining ones included.</summary>
    public int MemberCount => _members.Count;

    /// <summary>Rises with each change of the membership.</summary>
    public long Version { get; private set; }

    /// <summary>How many wait for their place in the order.</summary>
    internal int MovingCount => _moving.Count;

    /// <summary>All of them in registration order. The array does not change any more.</summary>
    internal Candidate[] InOrder
    {
        get
        {
            Refresh();
            return _inOrder;
        }
    }

    /// <summary>The worker of this id; null: none is registered.</summary>
    public Candidate? Find(string id) => _members.GetValueOrDefault(id);

    /// <summary>Members in registration order, <paramref name="count"/> of them at most, beginning with the one at place
    /// <paramref name="from"/>.</summary>
    public ReadOnlySpan<Candidate> Page(int from, int count)
    {
        var inOrder = InOrder;
        from = Math.Min(from, inOrder.Length);
        return inOrder.AsSpan(from, Math.Min(count, inOrder.Length - from));
    }

    /// <summary>Whether the registry has been read.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Takes what the registry told; who stays keeps report and counters. Takes time for what changed only, unless everything was
    /// read.</summary>
    /// <returns>What really changed, in words for the operator: of a change in the registry's order, of a whole reading who has gone first. Empty for
    /// the first reading.</returns>
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

        if (_hasChanged)
        {
            _hasChanged = false;
            Changed();
        }

        IsKnown = true;
        return news;
    }

    /// <summary>What operators want of these workers has changed.</summary>
    /// <param name="ids">Those of other tables, and those that are not registered, count for nothing.</param>
    /// <returns>In words for the operator.</returns>
    internal IReadOnlyList<MemberNews> Override(IReadOnlyList<string> ids, TimeSpan now)
    {
        var news = new List<MemberNews>();
        foreach (var id in ids)
        {
            if (Find(id) is { } candidate)
            {
                var wanted = _wanted.Of(id);
                news.Add(MemberNews.OfOverride(id, candidate.Wanted, wanted));
                var wasUp = candidate.IsUp;
                candidate.Override(wanted);
                WarmIfBack(candidate, wasUp, now);
            }
        }

        if (news.Count > 0)
        {
            Changed();
        }

        return news;
    }

    /// <summary>Takes a worker's report, if it is of the incarnation that is registered now.</summary>
    /// <param name="report">What it says.</param>
    /// <param name="now">When it came.</param>
    /// <param name="candidate">The worker, when the report was applied.</param>
    public ReportOutcome Report(MemoryReport report, TimeSpan now, out Candidate? candidate)
    {
        if (!_members.TryGetValue(report.Worker.Id, out candidate) || candidate.Key != report.Worker)
        {
            candidate = null;
            return _early.TryHold(report, now) ? ReportOutcome.Held : ReportOutcome.Dropped;
        }

        // While the last one counts, only a newer one replaces it. After that any does: a stranger's report with a sequence out of reach silences
        // nobody for longer than a few heartbeats.
        if (candidate.IsFresh(now) && report.Sequence <= candidate.ReportSequence)
        {
            candidate = null;
            return ReportOutcome.Outdated;
        }

        Apply(candidate, report, now);
        return ReportOutcome.Applied;
    }

    /// <param name="member">Null: it is gone.</param>
    private void Apply(string id, Member? member, TimeSpan now, List<MemberNews> news)
    {
        var known = Find(id);
        if (known?.Member == member)
        {
            return;
        }

        if (IsKnown)
        {
            news.Add(MemberNews.Of(id, known?.Member.Worker, member?.Worker));
        }

        if (member is not null)
        {
            Put(member, known, now);
        }
        else if (_members.Remove(id))
        {
            known!.Leave();
        }

        _hasChanged = true;
    }

    private void Put(Member member, Candidate? known, TimeSpan now)
    {
        if (known is not null)
        {
            if (known.Key.Incarnation == member.Worker.Incarnation)
            {
                var (order, wasUp) = (known.Order, known.IsUp);
                known.Update(member);
                WarmIfBack(known, wasUp, now);
                if (known.Order != order)
                {
                    Move(known);
                }

                return;
            }

            known.Leave();
        }

        var candidate = new Candidate(member, _wanted.Of(member.Worker.Id));
        if (IsKnown)
        {
            candidate.Warm(now, Limits.SlowStart);
        }

        _members[member.Worker.Id] = candidate;
        Move(candidate);
        if (_early.TryTake(candidate.Key, now, out var report, out var receivedAt))
        {
            Apply(candidate, report, receivedAt);
            candidate.Weigh(Limits.MemoryShareMax, now);
        }
    }

    private void WarmIfBack(Candidate candidate, bool wasUp, TimeSpan now)
    {
        if (candidate.IsUp && !wasUp)
        {
            candidate.Warm(now, Limits.SlowStart);
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
    private static void Apply(Candidate candidate, MemoryReport report, TimeSpan receivedAt)
    {
        var registered = TimeSpan.FromMilliseconds(candidate.Member.Worker.HeartbeatMs);
        var heartbeat = report.Heartbeat < registered ? report.Heartbeat : registered;
        candidate.Report(report, receivedAt, receivedAt + (heartbeat * Candidate.FreshHeartbeats));
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

    /// <summary>Brings the order up to date. Only those who have joined are sorted; the others are in order already.</summary>
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
        var (place, next) = (0, 0);
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
    }

    private static int ByOrder(Candidate a, Candidate b) =>
        a.Order != b.Order ? a.Order.CompareTo(b.Order) : string.CompareOrdinal(a.Key.Id, b.Key.Id);
}
