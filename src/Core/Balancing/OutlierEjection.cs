using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Balancing;

/// <summary>Keeps workers from jobs for a while whose jobs fail far more often than those of the others.</summary>
/// <remarks>
/// <para>After the outlier detection of Envoy and of gRPC (proposal A50): the failure percentage, with their interval, times, cap and panic
/// threshold. Two things differ. They want five workers to compare; here a worker is compared with all others together, so that two are
/// enough: it is an outlier when <see cref="BalancerLimits.FailureShareMax"/> of its jobs failed, and at most half as large a part of the others'.
/// So jobs that fail everywhere eject nobody. Of each of the others no more jobs count than are enough to judge it by: one that fails at once gets
/// most of the jobs, and must not speak for all. And they count at each client; here most of the clients that have used the worker must have seen it
/// fail (<see cref="Outcomes.FailsForMost"/>), so that a client with a trouble of its own ejects nobody for the others.</para>
/// <para>A worker is ejected for <see cref="TimeMin"/>, for as much longer each further time, and for <see cref="TimeMax"/> at most; each interval in
/// which it is not ejected takes one time off. <c>now</c> is the balancer's monotonic clock.</para>
/// </remarks>
internal sealed class OutlierEjection(BalancerLimits limits)
{
    /// <summary>Between two looks. Raised: more jobs to judge by, and a bad worker fails more of them.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>How long the first ejection lasts. Raised: a bad worker is tried less often, and one that has recovered idles for longer.</summary>
    public static readonly TimeSpan TimeMin = TimeSpan.FromSeconds(30);

    /// <summary>How long an ejection lasts at most.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(300);

    /// <summary>A part of exactly half counts.</summary>
    private const double Rounding = 1e-9;

    private TimeSpan? _lookAt;

    /// <summary>When <see cref="Look"/> has something to do; null: not before a further job ends.</summary>
    public TimeSpan? NextDue => _lookAt;

    /// <summary>Ejections so far.</summary>
    public long Enforced { get; private set; }

    /// <summary>Outliers so far that were not ejected, because as many were already as may be.</summary>
    public long Unenforced { get; private set; }

    /// <summary>A job of the worker's has ended.</summary>
    public void Ended(Candidate candidate, long client, PickEnd how, TimeSpan now)
    {
        if (limits.EjectedShareMax > 0)
        {
            candidate.Outcomes.Add(client, how);
            _lookAt ??= now + Interval;
        }
    }

    /// <summary>Ejects the outliers, worst first, and lets those in again whose time is over.</summary>
    /// <param name="all">All workers of the service.</param>
    /// <param name="news">Gets what has changed.</param>
    public void Look(Candidate[] all, TimeSpan now, List<MemberNews> news)
    {
        if (now < _lookAt || _lookAt is null)
        {
            return;
        }

        var (count, failed, up, ejected) = (0L, 0.0, 0, 0);
        foreach (var candidate in all)
        {
            var votes = VotesOf(candidate.Outcomes);
            (count, failed) = (count + votes, failed + (votes * candidate.Outcomes.FailureShare));
            (up, ejected) = (up + (candidate.IsUp ? 1 : 0), ejected + (candidate.IsEjected ? 1 : 0));
        }

        var room = Math.Min(up - 1, Math.Max(1, (int)(limits.EjectedShareMax * up))) - ejected;
        var outliers = all.Where(c => c is { IsUp: true, IsEjected: false } && IsOutlier(c.Outcomes, count, failed))
            .OrderByDescending(c => c.Outcomes.FailureShare).ToList();
        var enforced = Math.Clamp(room, 0, outliers.Count);
        (Enforced, Unenforced) = (Enforced + enforced, Unenforced + outliers.Count - enforced);
        foreach (var candidate in outliers.Take(enforced))
        {
            var time = TimeMin * ++candidate.Ejections;
            (candidate.IsEjected, candidate.EjectedUntil) = (true, now + (time < TimeMax ? time : TimeMax));
            var outcomes = candidate.Outcomes;
            news.Add(MemberNews.OfEjection(
                candidate.Key.Id, candidate.EjectedUntil - now, outcomes.FailureShare, ShareOfOthers(outcomes, count, failed)));
            candidate.Outcomes = default;
        }

        _lookAt = null;
        foreach (var candidate in all)
        {
            if (!candidate.IsEjected)
            {
                candidate.Ejections = Math.Max(0, candidate.Ejections - 1);
            }
            else if (now >= candidate.EjectedUntil)
            {
                (candidate.IsEjected, candidate.Outcomes) = (false, default);
                candidate.Warm(now, limits.SlowStart);
                news.Add(MemberNews.OfReturn(candidate.Key.Id));
            }

            candidate.Outcomes.Fade();
            if (candidate.IsEjected || candidate.Ejections > 0 || candidate.Outcomes.Count > 0)
            {
                _lookAt = now + Interval;
            }
        }
    }

    private int VotesOf(Outcomes outcomes) => Math.Min(outcomes.Count, limits.OutlierJobsMin);

    private bool IsOutlier(Outcomes own, long count, double failed) =>
        own.Count >= limits.OutlierJobsMin && count - VotesOf(own) >= limits.OutlierJobsMin && own.FailureShare >= limits.FailureShareMax
        && ShareOfOthers(own, count, failed) <= (own.FailureShare / 2) + Rounding && own.FailsForMost;

    private double ShareOfOthers(Outcomes own, long count, double failed) =>
        Math.Max(0, failed - (VotesOf(own) * own.FailureShare)) / (count - VotesOf(own));
}
