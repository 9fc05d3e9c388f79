using AkkaLb.Client;
using AkkaLb.Core;

namespace AkkaLb.ClientNode.Commands;

/// <summary>Whether a worker that gets no more jobs is empty, as the balancers see it.</summary>
internal static class DrainSight
{
    /// <param name="worker">Its id.</param>
    /// <param name="reports">What the balancers have said just now.</param>
    /// <param name="sinceOrder">How long ago it was ordered: only a report of the worker's that is younger can tell that it is empty.</param>
    /// <returns>What is left, or not known yet, in words; empty: it is empty.</returns>
    public static string LeftOf(string worker, BalancerReports reports, TimeSpan sinceOrder)
    {
        var left = reports.Of(worker).Select(seen => (seen.Report.Balancer.Id, Left: LeftOf(seen.Member, sinceOrder)))
            .Where(seen => seen.Left.Length > 0).Select(seen => $"{seen.Left} (balancer {seen.Id})")
            .Concat(reports.Silent.Select(address => $"the balancer at {address} does not answer")).ToList();
        return left.Count > 0 ? string.Join("; ", left)
            : reports.Answered.Count == 0 ? "no balancer answers"
            : reports.AnyKnowsWorkers ? ""
            : "no balancer that answers knows who is registered: none decides, or none has read the registry";
    }

    private static string LeftOf(MemberState member, TimeSpan sinceOrder) => member.Details switch
    {
        null => "it is of a version that does not count the jobs that are left",
        { Wanted: AdminState.Ready } when member.State == WorkerState.Up => "it has not heard of the order yet",
        { JobsLeft: > 0 } details => BalancerReportJson.JobsLeft(details),
        { ReportAge: { } age } when age < sinceOrder => "",
        _ => "the worker has not reported since",
    };
}
