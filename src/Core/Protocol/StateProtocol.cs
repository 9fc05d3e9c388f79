namespace AkkaLb.Core;

/// <summary>Asks <c>/user/akkalb-watcher</c> of a balancer how it stands with the registry; answered with a <see cref="WatcherState"/>, to anyone, at
/// any time.</summary>
public sealed record GetWatcherState : IAkkaLbMessage
{
    public static GetWatcherState Instance { get; } = new();
}

/// <summary>How a balancer's watcher stands with the registry at this moment.</summary>
/// <param name="Registry">Which kind: <c>etcd</c> or <c>embedded</c>.</param>
/// <param name="IsConnected">Whether the watch is open. While it is not, the last known members stand.</param>
/// <param name="Revision">The registry's revision up to which everything has been told to the balancer; 0 before the first snapshot.</param>
/// <param name="ProofAge">Since the registry last proved that it is there: an event, or the answer to a liveness read. Null: it never has.</param>
/// <param name="Resyncs">How often everything was read again after the first time: after a compaction, from an older or another store, or because
/// events were lost.</param>
/// <param name="Disconnects">How often the registry could not be reached, counted once an outage.</param>
/// <param name="LastProblem">What the last outage said, in words; stays when the outage is over. Empty: there was none.</param>
/// <param name="MemberCount">Registered workers, draining ones included.</param>
public sealed record WatcherState(
    string Registry,
    bool IsConnected,
    long Revision,
    TimeSpan? ProofAge,
    long Resyncs,
    long Disconnects,
    string LastProblem,
    int MemberCount) : IAkkaLbMessage;

/// <summary>Asks <c>/user/balancer</c> for its tables of one service; answered with a <see cref="BalancerState"/>, to anyone, at any time.</summary>
/// <param name="From">The place, in registration order and from 0, of the first member to tell of.</param>
/// <param name="Count">How many members to tell of at most: 0 to <see cref="CountMax"/>.</param>
public sealed record GetBalancerState(int From, int Count, string Service = WorkerService.Default) : IAkkaLbMessage
{
    /// <summary>At 240 bytes a member the largest page takes 120,000 of the 128,000 bytes of a frame; one with long ids, or with many reasons on it,
    /// is shorter.</summary>
    public const int CountMax = 500;
}

/// <summary>A balancer's tables of one service at this moment: one page of its members.</summary>
/// <param name="Id">Its name in etcd.</param>
/// <param name="Rejection">Why a request that leaves nobody out would be rejected now, in words. Empty: it would be answered.</param>
/// <param name="Version">Rises with each change of the membership: pages with different versions do not belong together.</param>
/// <param name="MemberCount">Registered workers, draining ones included, also those that are not on this page.</param>
/// <param name="From">As asked for.</param>
/// <param name="Waiting">Requests that wait for a free place.</param>
/// <param name="LongestWait">How long the one has waited that came first; zero when none waits.</param>
/// <param name="OpenPicks">Picks that have been given to clients that tell when they end, and have not ended.</param>
/// <param name="Services">Names of all services of the balancer.</param>
/// <param name="Members">In registration order. Fewer than were asked for when more would not fit a frame; the next page begins behind them.</param>
public sealed record BalancerState(
    string Id, string Policy, string Rejection, long Version, int MemberCount, int From, IReadOnlyList<MemberState> Members, int Waiting = 0,
    TimeSpan LongestWait = default, int OpenPicks = 0, IReadOnlyList<string>? Services = null) : IAkkaLbMessage
{
    /// <summary>A balancer serves this many services at most.</summary>
    public const int ServicesMax = 100;

    /// <summary>Of the balancer; empty from a version that has the default one only.</summary>
    public IReadOnlyList<string> Services { get; } = Services ?? [];
}

/// <summary>A registered worker as the balancer sees it.</summary>
/// <param name="IsEligible">Whether the policy would pick it now: it is up, not above its share of memory while others are
/// below and, where the policy decides on memory, freshly reported.</param>
/// <param name="ResidentBytes">Of its last report; null when there is none that is fresh.</param>
/// <param name="Reason">Why it takes no jobs though it is registered, as it said itself, or why it gets none or fewer; empty normally.</param>
/// <param name="InFlight">Jobs in flight, estimated.</param>
/// <param name="Drift">Estimated minus told jobs in flight, at the worker's last word.</param>
/// <param name="Places">How many jobs it works on side by side; 0 from a version that does not tell.</param>
/// <param name="Zone">Where it is; empty: it does not tell.</param>
/// <param name="Details">What else an operator may want to know; null from a balancer of an earlier version.</param>
public sealed record MemberState(
    WorkerKey Worker, WorkerState State, bool IsEligible, long? ResidentBytes, string Reason = "", double InFlight = 0, double Drift = 0,
    int Places = 0, string Zone = "", MemberDetails? Details = null)
{
    /// <summary>What it takes in a <see cref="BalancerState"/> at most, in bytes: its texts, and 64 for numbers and field headers.</summary>
    public int BytesMax =>
        Worker.Id.Length + Zone.Length + (3 * Math.Min(Reason.Length, WorkerRecord.ReasonLengthMax)) + 64 + (Details?.BytesMax ?? 0);
}

/// <summary>More of a registered worker as the balancer sees it.</summary>
/// <param name="Condition">Why it gets jobs, or none; null: a later version has a word for it that this one does not know.</param>
/// <param name="Address">Host and port of its process. At most <see cref="WorkerRecord.ReasonLengthMax"/> characters.</param>
/// <param name="Capacity">Jobs it accepts at once, without those in its queue.</param>
/// <param name="LimitBytes">Memory that it may have, by its last report; 0: it does not tell.</param>
/// <param name="ReportAge">Since its last report came; null: none has.</param>
/// <param name="Assignments">How often this balancer has named it, since it came to know this process of the worker.</param>
/// <param name="Version">Of its program, as it has registered.</param>
/// <param name="JobsLeft">Jobs that may still be there, counted: by its last report, and by this balancer's assignments that have not ended.</param>
/// <param name="SharePercent">Of the share that it would get: its weight, and less while it is new. 1 to 100.</param>
/// <param name="Wanted">By an operator.</param>
/// <param name="WeightPercent">By an operator, 1 to 100.</param>
/// <param name="Uptime">Since the worker was started: as it told last, and the time since then; null: it does not tell.</param>
/// <param name="AnswerTime">From the sending of a job to its answer, as clients saw it: the mean of about its last 32 answers. Null: no client has
/// told of one.</param>
/// <param name="LastTrouble">How a job ended last that did not end well, as its client told it. Null: none has.</param>
public sealed record MemberDetails(
    WorkerCondition? Condition, string Address, int Capacity, long LimitBytes, TimeSpan? ReportAge, long Assignments, string Version,
    int JobsLeft = 0, int SharePercent = WorkerOverride.WeightUsual, AdminState Wanted = AdminState.Ready,
    int WeightPercent = WorkerOverride.WeightUsual, TimeSpan? Uptime = null, TimeSpan? AnswerTime = null, MemberTrouble? LastTrouble = null)
{
    /// <summary>As <see cref="MemberState.BytesMax"/>.</summary>
    internal int BytesMax => (3 * (Math.Min(Address.Length, WorkerRecord.ReasonLengthMax) + Version.Length)) + 112;
}

/// <summary>A job that did not end well at a worker.</summary>
/// <param name="How">It failed there, or nobody knows what became of it.</param>
/// <param name="Age">Since its client told.</param>
public sealed record MemberTrouble(PickEnd How, TimeSpan Age);
