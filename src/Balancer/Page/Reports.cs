using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clusters;

namespace AkkaLb.Balancer.Page;

/// <summary>What the page reads in a report.</summary>
internal static class Reports
{
    /// <summary>The default service, and the others by name.</summary>
    public static IEnumerable<KeyValuePair<string, BalancerState>> AllServices(this BalancerReport report) =>
        report.Services.Prepend(KeyValuePair.Create(WorkerService.Default, report.Balancer));

    /// <summary>One that stands by tells of no services.</summary>
    public static bool StandsBy(this BalancerReport report) => report.Balancer.Services.Count == 0;

    /// <summary>It stands by, and knows who decides.</summary>
    public static bool PassesOn(this BalancerReport report) => report.StandsBy() && report.Balancer.Rejection != FrontCore.NobodyDecides;
}
