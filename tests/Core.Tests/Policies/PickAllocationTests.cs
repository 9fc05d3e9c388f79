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
        foreach (var (name, _) in PolicyNames.All)
        {
            foreach (var workers in (int[])[10, 1_000, 10_000])
            {
                data.Add(name, workers);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(PoliciesAndSizes))]
    public void A_pick_allocates_nothing(string policy, int workers)
    {
        var core = new BalancerCore(PolicyNames.Create(policy), BalancerLimits.Default);
        core.ApplySnapshot(Members([.. Enumerable.Range(0, workers).Select(i => i.ToString(CultureInfo.InvariantCulture))]), default);
        for (var i = 0; i < workers; i++)
        {
            core.Report(Sample(i.ToString(CultureInfo.InvariantCulture), bytes: i % 7), default);
        }

        var leaveOut = new[] { Key("0"), Key("7"), Key("nobody") };
        var picked = new List<Candidate>(1);
        Assign(core, leaveOut, picked, times: 100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assign(core, leaveOut, picked, times: 1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [MemberData(nameof(PoliciesAndSizes))]
    public void A_report_allocates_nothing(string policy, int workers)
    {
        var core = new BalancerCore(PolicyNames.Create(policy), BalancerLimits.Default);
        core.ApplySnapshot(Members([.. Enumerable.Range(0, workers).Select(i => i.ToString(CultureInfo.InvariantCulture))]), default);
        Report(core, from: 1, to: 100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Report(core, from: 101, to: 1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Assign(BalancerCore core, WorkerKey[] leaveOut, List<Candidate> picked, int times)
    {
        for (var i = 0; i < times; i++)
        {
            core.Assign(1, i % 2 == 0 ? [] : leaveOut, picked, default);
        }
    }

    private static void Report(BalancerCore core, int from, int to)
    {
        for (var sequence = from; sequence <= to; sequence++)
        {
            core.Report(Sample(sequence % 2 == 0 ? "3" : "4", bytes: sequence * 31 % 101, sequence), default);
        }
    }
}
