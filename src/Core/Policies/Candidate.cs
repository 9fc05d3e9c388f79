using System.Diagnostics;
using System.Text;

namespace AkkaLb.Core.Policies;

/// <summary>A member as the policies see it. Lives as long as its incarnation is registered, so its counters survive membership changes of
/// others.</summary>
/// <remarks>Owned by one <see cref="Balancing.WorkerTable"/>; not thread-safe.</remarks>
public sealed class Candidate
{
    /// <summary>How many of its own heartbeat intervals a report counts as fresh.</summary>
    public const int FreshHeartbeats = 3;

    /// <summary>By so much of its limit must a worker's use fall before it is above no longer: else that would change with each job.</summary>
    private const double Slack = 0.05;

    /// <summary>What the last report says; 0: nothing.</summary>
    private int _reportedPlaces;

    private LoadEstimate _jobs;
    private AnswerTime _answers;
    private LatestAnswers _latest;
    private Outcomes _outcomes;
    private ClientSight _seen;

    /// <param name="member">What the registry holds.</param>
    /// <param name="wanted">What an operator wants of it; null: nothing.</param>
    public Candidate(Member member, WorkerOverride? wanted = null)
    {
        Member = member;
        Wanted = wanted;
        Key = new WorkerKey(member.Worker.Id, member.Worker.Incarnation);
        Named = NameOf(member.Worker);
        AnswerBytes = AnswerBytesOf(member.Worker);
        SetRate();
        SetUp();
        IdHash = KeyHash.Of(Key.Id);
    }

    /// <summary>What the registry holds; replaced in place when the worker changes its record.</summary>
    public Member Member { get; private set; }

    public WorkerKey Key { get; }

    /// <summary>What an operator wants of it; null: nothing.</summary>
    public WorkerOverride? Wanted { get; private set; }

    /// <summary>The part of its share that an operator leaves it: above 0 to 1.</summary>
    public double Weight => Wanted is { } wanted ? (double)wanted.WeightPercent / WorkerOverride.WeightUsual : 1;

    /// <summary>Registration order; see <see cref="Core.Member.RegistrationOrder"/>.</summary>
    public long Order => Member.RegistrationOrder;

    public bool HasReport { get; private set; }

    /// <summary>Resident bytes of the last report. Has a meaning only when <see cref="HasReport"/>.</summary>
    public long ResidentBytes { get; private set; }

    /// <summary>How many resident bytes it may have, by the last report; 0: it has no limit, or does not tell.</summary>
    public long LimitBytes { get; private set; }

    /// <summary>Since the worker was started, by the last report; null: it does not tell.</summary>
    public TimeSpan? UptimeTold { get; private set; }

    /// <summary>Sequence of the last report, on the worker's own count.</summary>
    public long ReportSequence { get; private set; }

    /// <summary>Until when the last report counts, on the balancer's clock.</summary>
    public TimeSpan FreshUntil { get; private set; }

    /// <summary>Picks since the last report: breaks ties of <see cref="ResidentMemory"/>.</summary>
    public long PicksSinceReport { get; private set; }

    /// <summary>When it was picked last, on its balancer's count of picks; 0: never.</summary>
    public long LastPick { get; private set; }

    /// <summary>Jobs in flight: an estimate, 0 or more, in ordinary jobs.</summary>
    public double InFlight => _jobs.Estimate;

    /// <summary>How many jobs it works on at once: at least 1. What it has registered is the bound of what it reports.</summary>
    public int Places { get; private set; }

    /// <summary>How fast it works with all its places, in ordinary places and by its weight: above zero.</summary>
    public double Rate { get; private set; }

    /// <summary>As <see cref="Rate"/>, with the places that are registered: it does not change from report to report.</summary>
    public double RegisteredRate { get; private set; }

    /// <summary>Whether a further job would be begun at once, as far as the estimate tells.</summary>
    public bool HasFreePlace => InFlight + 0.5 <= Places;

    /// <summary>What is known of its jobs in flight.</summary>
    internal ref LoadEstimate Jobs => ref _jobs;

    /// <summary>What <see cref="PeakEwma"/> has seen of its answers.</summary>
    internal ref AnswerTime Answers => ref _answers;

    /// <summary>What <see cref="Prequal"/> has seen of its answers.</summary>
    internal ref LatestAnswers Latest => ref _latest;

    /// <summary>How an answer names it; another one when that changes.</summary>
    public AssignedWorker Named { get; private set; }

    /// <summary>What it takes in an answer at most, in bytes: its texts, and 32 for numbers and field headers.</summary>
    internal int AnswerBytes { get; private set; }

    /// <summary>The last request whose answer names it, by the balancer's count.</summary>
    internal long NamedIn { get; set; }

    /// <summary>Registered, up and not held back at this moment. A policy's table may be older than that: who has left, or drains, is passed
    /// over.</summary>
    internal bool IsEligible => IsUp && !IsHeldBack;

    /// <summary>Registered and up at this moment, and no operator keeps it from jobs.</summary>
    /// <remarks>Kept, as a draw among thousands would wait for each step to the record.</remarks>
    internal bool IsUp { get; private set; }

    /// <summary>It is up and gets nothing while others can do its jobs: it is above its memory, or ejected.</summary>
    internal bool IsHeldBack { get; set; }

    /// <summary><see cref="Places"/> as the policy's tables know them.</summary>
    internal int PlacesInTables { get; set; }

    /// <summary>It uses more of its memory than it should, by its last report.</summary>
    internal bool IsAboveMemory { get; private set; }

    /// <summary>How its jobs have ended.</summary>
    internal ref Outcomes Outcomes => ref _outcomes;

    /// <summary>What clients see of it.</summary>
    internal ref ClientSight Seen => ref _seen;

    /// <summary>Its jobs failed far more often than those of the others.</summary>
    internal bool IsEjected { get; set; }

    /// <summary>Until when; has a meaning only when <see cref="IsEjected"/>.</summary>
    internal TimeSpan EjectedUntil { get; set; }

    /// <summary>How often it was, less the intervals since in which it was not.</summary>
    internal int Ejections { get; set; }

    /// <summary>Until when it gets fewer jobs than it is due.</summary>
    internal TimeSpan WarmAt { get; private set; }

    /// <summary>Picks in all.</summary>
    internal long Picks { get; private set; }

    /// <summary>When its last report was applied; only after <see cref="HasReport"/>.</summary>
    internal TimeSpan ReportedAt { get; private set; }

    internal bool IsRegistered { get; private set; } = true;

    /// <summary>Waits to be put in its place of the registration order.</summary>
    internal bool IsMoving { get; set; }

    /// <summary>Of its id: the same in each process and in each of its incarnations.</summary>
    internal ulong IdHash { get; }

    /// <summary>Where it is; empty: it does not tell.</summary>
    internal string Zone => Member.Worker.Zone;

    /// <summary>Place among the eligible workers of a chooser that gives them places; -1 outside of them.</summary>
    internal int Place { get; set; } = -1;

    /// <summary>The same for <see cref="ZoneFirst"/>, which stands around such choosers.</summary>
    internal int ZonePlace { get; set; } = -1;

    public bool IsFresh(TimeSpan now) => HasReport && now < FreshUntil;

    internal void Update(Member member)
    {
        Debug.Assert(member.Worker.Id == Key.Id && member.Worker.Incarnation == Key.Incarnation, "another incarnation is another candidate");
        var named = NameOf(member.Worker);
        if (named != Named)
        {
            (Named, AnswerBytes) = (named, AnswerBytesOf(member.Worker));
        }

        Member = member;
        SetRate();
        SetUp();
    }

    /// <param name="wanted">By an operator; null: nothing.</param>
    internal void Override(WorkerOverride? wanted)
    {
        Wanted = wanted;
        SetRate();
        SetUp();
    }

    /// <summary>It begins now, and is warm after this time.</summary>
    internal void Warm(TimeSpan now, TimeSpan slowStart) => WarmAt = now + slowStart;

    /// <summary>It is no longer registered.</summary>
    internal void Leave() => (IsRegistered, IsUp) = (false, false);

    private AssignedWorker NameOf(WorkerRecord worker) => new(Key, worker.Path, worker.TakesCancel, worker.TakesBatches);

    private static int AnswerBytesOf(WorkerRecord worker) => worker.Id.Length + Encoding.UTF8.GetByteCount(worker.Path) + 32;

    /// <summary>It was picked: the count of picks is at <paramref name="pick"/> now.</summary>
    internal void Picked(long pick)
    {
        PicksSinceReport++;
        Picks++;
        LastPick = pick;
    }

    internal void Report(MemoryReport report, TimeSpan now, TimeSpan freshUntil)
    {
        HasReport = true;
        ReportedAt = now;
        ReportSequence = report.Sequence;
        ResidentBytes = report.ResidentBytes;
        LimitBytes = report.LimitBytes;
        UptimeTold = report.Uptime;
        FreshUntil = freshUntil;
        PicksSinceReport = 0;
        if (_reportedPlaces != report.Places)
        {
            _reportedPlaces = report.Places;
            SetRate();
        }

        _jobs.Report(report.Jobs, now);
    }

    private void SetUp() =>
        IsUp = IsRegistered && Member.Worker.State == WorkerState.Up && Wanted is not { State: AdminState.Drain or AdminState.Maintenance };

    private void SetRate()
    {
        var worker = Member.Worker;
        var registered = worker.Places > 0 ? worker.Places : worker.Capacity;
        var speed = Weight * worker.Speed / WorkerRecord.OrdinarySpeed;
        Places = _reportedPlaces > 0 ? Math.Min(_reportedPlaces, registered) : registered;
        (Rate, RegisteredRate) = (Places * speed, registered * speed);
    }

    /// <summary>Compares what it uses with what it should use at most.</summary>
    /// <param name="shareMax">Of its limit. One that was above it stays so until it uses less by a twentieth of the limit.</param>
    /// <returns>Whether <see cref="IsAboveMemory"/> has changed.</returns>
    internal bool Weigh(double shareMax, TimeSpan now)
    {
        var wasAbove = IsAboveMemory;
        var above = LimitBytes > 0 ? ((double)ResidentBytes / LimitBytes) - shareMax : -1;
        IsAboveMemory = IsFresh(now) && shareMax < 1 && (above > 0 || (wasAbove && above > -Slack));
        return IsAboveMemory != wasAbove;
    }
}
