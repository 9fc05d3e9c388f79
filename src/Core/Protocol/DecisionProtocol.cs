namespace AkkaLb.Core;

/// <summary>Asks <c>/user/balancer</c> why it has named whom: answered with <see cref="Decisions"/>, to anyone, at any time.</summary>
/// <param name="Client">Of which client; 0: of anybody, the latest ones.</param>
/// <param name="Number">Of a job of the client's, else of a question of its: as in <see cref="JobId"/>.</param>
/// <param name="Count">How many at most: 1 to <see cref="CountMax"/>.</param>
public sealed record GetDecisions(long Client, long Number, int Count) : IAkkaLbMessage
{
    public const int CountMax = 50;
}

/// <summary>What a balancer has decided lately, and what it has not.</summary>
/// <param name="Balancer">Its name in etcd.</param>
/// <param name="Made">The latest last. Fewer than there are when more would not fit a frame.</param>
/// <param name="Waiting">Requests that wait for a free place, the oldest first.</param>
/// <param name="Kept">How many decisions it remembers; older ones are forgotten.</param>
public sealed record Decisions(string Balancer, IReadOnlyList<Decision> Made, IReadOnlyList<HeldRequest> Waiting, int Kept) : IAkkaLbMessage;

/// <summary>A worker as a balancer saw it when it decided.</summary>
/// <param name="InFlight">Jobs in flight, estimated.</param>
/// <param name="Places">How many it works on side by side.</param>
/// <param name="ResidentBytes">Of its last report; null: it had not reported.</param>
/// <param name="ReportAge">Since that report; null: there was none, or it is not kept.</param>
public sealed record CandidateSight(string WorkerId, double InFlight, int Places, long? ResidentBytes = null, TimeSpan? ReportAge = null);

/// <summary>One decision, with what the balancer knew.</summary>
/// <param name="Age">How long ago.</param>
/// <param name="Client">Of the client; 0: one that does not tell when its picks end.</param>
/// <param name="Request">The number of the question.</param>
/// <param name="Job">The number of the job that it was for; 0: none, or it is not told yet.</param>
/// <param name="Picked">Null: nobody, see <paramref name="Rejection"/>.</param>
/// <param name="Rejection">Why nobody; empty: somebody was named.</param>
/// <param name="Others">Some of those that could have been picked: at most <see cref="OthersMax"/>.</param>
/// <param name="Eligible">How many could be picked.</param>
/// <param name="Workers">How many there were.</param>
/// <param name="LeftOut">How many the client wanted left out.</param>
/// <param name="PassedOver">How many the policy named before, which have not their full share: a new one, or one that an operator limits.</param>
/// <param name="IsHeldBack">The one picked is kept from jobs, and nobody else could do this one.</param>
/// <param name="IsAhead">It was given for a job that may come.</param>
/// <param name="Waited">How long it waited at the balancer for a free place.</param>
/// <param name="Waiting">How many requests waited beside it.</param>
/// <param name="End">How it ended; null: that is not told yet.</param>
/// <param name="Took">From the sending of the job to its end, as the client saw it.</param>
public sealed record Decision(
    TimeSpan Age, string Service, string Policy, long Client, long Request, long Job, CandidateSight? Picked, string Rejection,
    IReadOnlyList<CandidateSight> Others, int Eligible, int Workers, int LeftOut, int PassedOver, bool IsHeldBack, bool IsAhead, TimeSpan Waited,
    int Waiting, PickEnd? End, TimeSpan Took)
{
    public const int OthersMax = 4;

    /// <summary>What it takes in <see cref="Decisions"/> at most, in bytes.</summary>
    internal int BytesMax =>
        200 + Service.Length + Policy.Length + (3 * Rejection.Length) + (Picked is null ? 0 : Picked.WorkerId.Length + 48)
        + Others.Sum(other => other.WorkerId.Length + 48);
}

/// <summary>A request that waits for a free place.</summary>
/// <param name="Job">The number of the job that it is for; 0: none, or it is not told.</param>
/// <param name="Since">How long it has waited.</param>
/// <param name="Ahead">How many have waited for longer.</param>
/// <param name="Why">In words.</param>
public sealed record HeldRequest(
    string Service, long Client, long Request, long Job, JobPriority Priority, TimeSpan Since, int Ahead, string Why);
