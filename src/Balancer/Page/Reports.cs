using AkkaLb.Client;
using AkkaLb.Core.Clusters;

namespace AkkaLb.Balancer.Page;

/// <summary>What the page reads in a report.</summary>
internal static class Reports
{
    /// <summary>It stands by, and knows who decides.</summary>
    public static bool PassesOn(this BalancerReport report) => report.StandsBy && report.Balancer.Rejection != FrontCore.NobodyDecides;
}
