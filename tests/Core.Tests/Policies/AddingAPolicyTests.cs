using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Tests.Support;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

/// <summary>Follows docs/adding-a-policy.md.</summary>
public class AddingAPolicyTests
{
    private static readonly Policy[] Rows =
    [
        // <row>
        new Policy("least-picks", "the worker with the fewest picks for its capacity since its last report", "a tournament", "logarithmic",
            NeedsReports: true, _ => new Least<PicksByCapacity>()),
        // </row>
    ];

    [Fact]
    public void The_policy_of_the_page_picks_as_it_says()
    {
        var small = Up("small", 1);
        small = small with { Worker = small.Worker with { Capacity = 4 } };
        var pool = Pool(Rows[0], BalancerLimits.Default);
        pool.ApplySnapshot([small, Up("large", 2)], default);
        pool.Report(Sample("small", 1), default);
        pool.Report(Sample("large", 1), default);
        var picked = new List<Candidate>();
        Assert.Null(pool.Assign(12, [], picked, default));
        Assert.Equal(4, picked.Count(c => c.Key.Id == "small"));
    }

    [Fact]
    public void The_table_of_policies_is_that_of_the_sources()
    {
        var rows = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "policies.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal));
        Assert.Equal(
            Policy.All.Select(p => $"| `{p.Name}` | {p.Meaning} | {p.State} | {(p.NeedsReports ? "yes" : "no")} | {p.Cost} |"), rows);
    }
}

// <metric>
/// <summary>Picks since the last report, each as large as the worker is small.</summary>
internal readonly struct PicksByCapacity : IMetric
{
    public static bool NeedsReport => true;

    public static Load Of(Candidate candidate) =>
        new(candidate.PicksSinceReport * 1_000 / candidate.Member.Worker.Capacity, candidate.PicksSinceReport);
}
// </metric>
