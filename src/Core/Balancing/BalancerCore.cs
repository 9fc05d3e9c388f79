using System.Diagnostics;
using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Balancing;

/// <summary>Bounds of a balancer's tables.</summary>
/// <param name="EarlyReportHold">How long a report waits for its registry event; default one lease TTL, 5 s.</param>
/// <param name="EarlyReportsMax">How many reports wait at most; default 10,000.</param>
public sealed record BalancerLimits(TimeSpan EarlyReportHold, int EarlyReportsMax)
{
    public static BalancerLimits Default { get; } = new(TimeSpan.FromSeconds(5), 10_000);
}

/// <summary>Everything a balancer decides: who is eligible, whose report counts, and who is picked.</summary>
/// <remarks>
/// Membership comes from the registry only; reports never add or remove anybody. Tables are rebuilt when membership changes, reports update in
/// place, and a pick only reads. Not thread-safe: the owning actor serializes calls. <c>now</c> is the balancer's monotonic clock throughout.
/// </remarks>
public sealed class BalancerCore(IPickPolicy policy, BalancerLimits limits)
{
    /// <summary>The longest wait for first reports. Whatever interval members announce, one of them that is dead, or wrong in the registry, must not keep
    /// everybody waiting: who reports by then can be picked, the others as soon as they report. 10 s is ten heartbeats as they are by default, and leaves a
    /// client most of its deadline, 60 s by default.</summary>
    public static readonly TimeSpan FirstReportsWaitMax = TimeSpan.FromSeconds(10);

    private static readonly AssignRejection Stopping = new(
        AssignRejectReason.Stopping, "the balancer is shutting down", TimeSpan.FromMilliseconds(500));

    private static readonly AssignRejection NoSnapshot = new(
        AssignRejectReason.NotReady, "the balancer has not read the registry yet", TimeSpan.FromMilliseconds(100));

    private static readonly AssignRejection NoReportsYet = new(
        AssignRejectReason.NotReady, "the balancer waits for the first memory reports", TimeSpan.FromMilliseconds(100));

    private static readonly AssignRejection NoWorkers = new(
        AssignRejectReason.NoWorkers, "no worker is registered", TimeSpan.FromMilliseconds(500));

    private static readonly AssignRejection AllDraining = new(
        AssignRejectReason.NoWorkers, "every registered worker is draining", TimeSpan.FromMilliseconds(500));

    private static readonly AssignRejection NoMemoryReports = new(
        AssignRejectReason.NoMemoryReports, "workers are registered, but none has sent a memory report lately", TimeSpan.FromMilliseconds(250));

    private static readonly AssignRejection AllExcluded = new(
        AssignRejectReason.AllExcluded, "every worker that could be picked is on the request's list of workers to leave out", TimeSpan.FromMilliseconds(100));

    private readonly Dictionary<string, Candidate> _members = new(StringComparer.Ordinal);
    private readonly EarlyReports _early = new(limits.EarlyReportHold, limits.EarlyReportsMax);
    private readonly List<Candidate> _leftOut = [];
    private Candidate[] _eligible = [];
    private Candidate[]? _inOrder;
    private bool _hasSnapshot;
    private bool _isReady;
    private bool _isStopping;
    private TimeSpan _readyAt;

    public string PolicyName => policy.Name;

    /// <summary>Registered workers, draining ones included.</summary>
    public int MemberCount => _members.Count;

    /// <summary>Workers that may be picked, in registration order.</summary>
    public IReadOnlyList<Candidate> Eligible => _eligible;

    public IEnumerable<Candidate> Members => _members.Values;

    /// <summary>Rises with each change of the membership.</summary>
    public long Version { get; private set; }

    /// <summary>Members in registration order, <paramref name="count"/> of them at most, beginning with the one at place <paramref name="from"/>.</summary>
    public ReadOnlySpan<Candidate> Page(int from, int count)
    {
        // Sorted when asked for: who never asks pays nothing for it.
        _inOrder ??= [.. _members.Values.OrderBy(c => c.Order).ThenBy(c => c.Key.Id, StringComparer.Ordinal)];
        from = Math.Min(from, _inOrder.Length);
        return _inOrder.AsSpan(from, Math.Min(count, _inOrder.Length - from));
    }

    /// <summary>Whether the policy would pick this member now.</summary>
    public bool IsEligible(Candidate candidate, TimeSpan now) =>
        candidate.Member.Worker.State == WorkerState.Up && (!policy.DecidesOnMemory || candidate.IsFresh(now));

    /// <summary>Why a request that leaves nobody out would be rejected now; null when it would be answered.</summary>
    public AssignRejection? WhyRejecting(TimeSpan now) =>
        RejectEarly(now) ?? (policy.DecidesOnMemory && !Array.Exists(_eligible, c => c.IsFresh(now)) ? NoMemoryReports : null);

    /// <summary>Replaces the membership; who stays keeps report and counters.</summary>
    public void ApplySnapshot(IReadOnlyList<Member> members, TimeSpan now)
    {
        var stays = members.Select(m => m.Worker.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var id in _members.Keys.Where(id => !stays.Contains(id)).ToList())
        {
            _members.Remove(id);
        }

        foreach (var member in members)
        {
            Put(member, now);
        }

        Rebuild();
        if (!_hasSnapshot)
        {
            _hasSnapshot = true;
            // After a start one heartbeat of reports is waited for: the slowest member's own interval, within reason.
            var slowest = TimeSpan.FromMilliseconds(_eligible.Select(c => (double)c.Member.Worker.HeartbeatMs).DefaultIfEmpty(0).Max());
            _readyAt = now + (slowest < FirstReportsWaitMax ? slowest : FirstReportsWaitMax);
        }
    }

    /// <summary>Applies what the registry told, in its order.</summary>
    public void ApplyChanges(IReadOnlyList<MemberChange> changes, TimeSpan now)
    {
        foreach (var change in changes)
        {
            switch (change)
            {
                case MemberChange.Put put:
                    Put(put.Member, now);
                    break;
                case MemberChange.Removed removed:
                    _members.Remove(removed.WorkerId);
                    break;
                default:
                    throw new UnreachableException();
            }
        }

        Rebuild();
    }

    /// <summary>Takes a worker's report, if it is of the incarnation that is registered now.</summary>
    public ReportOutcome Report(in MemorySample sample, TimeSpan now)
    {
        if (!_members.TryGetValue(sample.Worker.Id, out var candidate) || candidate.Key != sample.Worker)
        {
            return _early.TryHold(sample, now) ? ReportOutcome.Held : ReportOutcome.Dropped;
        }

        if (candidate.HasReport && sample.Sequence <= candidate.ReportSequence)
        {
            return ReportOutcome.Outdated;
        }

        Apply(candidate, sample, now);
        if (candidate.Member.Worker.State == WorkerState.Up)
        {
            policy.Reported(candidate);
        }

        return ReportOutcome.Applied;
    }

    /// <summary>Picks <paramref name="count"/> workers, one after another.</summary>
    /// <param name="leaveOut">Workers not to pick; unknown ones and other incarnations are ignored.</param>
    /// <param name="picked">Cleared, then filled; empty after a rejection.</param>
    /// <returns>Null when picked, else why not.</returns>
    public AssignRejection? Assign(int count, IReadOnlyList<WorkerKey> leaveOut, List<Candidate> picked, TimeSpan now)
    {
        Debug.Assert(count > 0, "the protocol refuses a count of zero");
        picked.Clear();
        if (RejectEarly(now) is { } rejection)
        {
            return rejection;
        }

        ResolveLeftOut(leaveOut);
        var leftOut = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_leftOut);
        for (var i = 0; i < count; i++)
        {
            if (policy.Pick(leftOut, now) is not { } candidate)
            {
                picked.Clear();
                return WhyNobody(leftOut, now);
            }

            picked.Add(candidate);
        }

        return null;
    }

    /// <summary>From now on every request is rejected.</summary>
    public void Stop() => _isStopping = true;

    private AssignRejection? RejectEarly(TimeSpan now)
    {
        if (_isStopping)
        {
            return Stopping;
        }

        if (!_hasSnapshot)
        {
            return NoSnapshot;
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
                && candidate.Member.Worker.State == WorkerState.Up)
            {
                _leftOut.Add(candidate);
            }
        }
    }

    private void Put(Member member, TimeSpan now)
    {
        if (_members.TryGetValue(member.Worker.Id, out var known) && known.Key.Incarnation == member.Worker.Incarnation)
        {
            known.Update(member);
            return;
        }

        var candidate = new Candidate(member);
        _members[member.Worker.Id] = candidate;
        if (_early.TryTake(candidate.Key, now, out var sample, out var receivedAt))
        {
            Apply(candidate, sample, receivedAt);
        }
    }

    private static void Apply(Candidate candidate, in MemorySample sample, TimeSpan receivedAt) =>
        candidate.Report(sample.Sequence, sample.ResidentBytes, receivedAt + (sample.Heartbeat * Candidate.FreshHeartbeats));

    private void Rebuild()
    {
        Version++;
        _inOrder = null;
        _eligible = [.. _members.Values.Where(c => c.Member.Worker.State == WorkerState.Up).OrderBy(c => c.Order)];
        policy.Rebuild(_eligible);
    }
}
