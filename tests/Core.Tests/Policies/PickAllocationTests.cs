using System.Globalization;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class PickAllocationTests
{
    public static TheoryData<string, int> PoliciesAndSizes()
    {
        var data = new TheoryData<string, int>();
        foreach (var policy in Policy.All)
        {
            foreach (var workers in (int[])[10, 1_000, 10_000])
            {
                data.Add(policy.Name, workers);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(PoliciesAndSizes))]
    public void A_pick_allocates_nothing(string policy, int workers)
    {
        var core = Build.Pool(Policy.Of(policy), BalancerLimits.Default);
        core.ApplySnapshot(Members([.. Enumerable.Range(0, workers).Select(i => i.ToString(CultureInfo.InvariantCulture))]), default);
        for (var i = 0; i < workers; i++)
        {
            core.Report(Sample(i.ToString(CultureInfo.InvariantCulture), bytes: i % 7), default);
        }

        Assign[] requests =
        [
            new Assign(1, 1, [], null, S(60)),
            new Assign(2, 1, [Key("0"), Key("7"), Key("nobody")], null, S(60)),
            new Assign(3, 1, [], null, S(60), Finished: new Finished(1, 0, [new EndedPick(3, PickEnd.Done, S(1), new JobCounts(9, 1))])),
            new Assign(4, 1, [], "a key", S(60)),
            new Assign(5, 1, [Key("0"), Key("7")], new string('\u00e4', 1024), S(60), Weight: 7),
        ];
        var picked = new List<Candidate>(1);
        Assign(core, requests, picked, times: 100);
        Assert.Equal(0, AllocatedBytes(() => Assign(core, requests, picked, times: 1_000)));
    }

    [Theory]
    [MemberData(nameof(PoliciesAndSizes))]
    public void A_report_allocates_nothing(string policy, int workers)
    {
        var core = Build.Pool(Policy.Of(policy), BalancerLimits.Default);
        core.ApplySnapshot(Members([.. Enumerable.Range(0, workers).Select(i => i.ToString(CultureInfo.InvariantCulture))]), default);
        var reports = Enumerable.Range(1, 6_100).Select(i => Sample(i % 2 == 0 ? "3" : "4", bytes: i * 31 % 101, sequence: i)).ToArray();
        Report(core, reports.AsSpan(0, 100));
        var next = 100;
        Assert.Equal(0, AllocatedBytes(() => Report(core, reports.AsSpan((next += 1_000) - 1_000, 1_000))));
    }

    /// <summary>The least of a few runs: what the code allocates it allocates in each, what a collection does to the thread's count meanwhile in
    /// few.</summary>
    private static long AllocatedBytes(Action run)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static void Assign(WorkerPool core, Assign[] requests, List<Candidate> picked, int times)
    {
        for (var i = 0; i < times; i++)
        {
            core.Ask(requests[i % requests.Length], picked, default);
        }
    }

    private static void Report(WorkerPool core, ReadOnlySpan<MemoryReport> reports)
    {
        foreach (var report in reports)
        {
            core.Report(report, default);
        }
    }
}
