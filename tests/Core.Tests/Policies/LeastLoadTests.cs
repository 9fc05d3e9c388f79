using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class LeastLoadTests
{
    private readonly Candidate _a = new(Up("a", 1));
    private readonly Candidate _b = new(Up("b", 2));
    private readonly Candidate _c = new(Up("c", 3));
    private readonly Least<ResidentMemory> _policy = new();

    public LeastLoadTests() => _policy.Rebuild([_a, _b, _c]);

    [Fact]
    public void The_fewest_resident_bytes_win()
    {
        Report((_a, 30), (_b, 10), (_c, 20));
        Assert.Equal("b b b", Picks(3));
    }

    [Fact]
    public void Ties_go_round_by_picks_since_the_report_then_by_registration()
    {
        Report((_c, 10), (_b, 10), (_a, 10));
        Assert.Equal("a b c a b c", Picks(6));
    }

    [Fact]
    public void A_report_starts_the_count_of_picks_again()
    {
        Report((_a, 10), (_b, 10));
        Assert.Equal("a b a", Picks(3));
        Report((_a, 10));
        Assert.Equal("a a b", Picks(3)); // 0 and 1 pick, then 1 and 1
    }

    [Fact]
    public void Without_a_report_nobody_is_picked()
    {
        Assert.Null(_policy.Pick([], default));
        Report((_b, 99));
        Assert.Equal("b", Picks(1));
    }

    [Fact]
    public void A_report_is_stale_at_its_end_and_not_before()
    {
        Report((_a, 1));
        Assert.Same(_a, _policy.Pick([], S(3) - TimeSpan.FromTicks(1)));
        Assert.Null(_policy.Pick([], S(3)));
    }

    [Fact]
    public void A_stale_worker_is_back_with_its_next_report()
    {
        Report((_a, 1));
        Assert.Null(_policy.Pick([], S(5)));
        Report((_a, 1));
        Assert.Equal("a", Picks(1));
    }

    [Fact]
    public void The_best_of_the_others_is_picked_when_the_best_is_left_out()
    {
        Report((_a, 10), (_b, 20), (_c, 30));
        Assert.Same(_b, _policy.Pick([_a], default));
        Assert.Same(_c, _policy.Pick([_a, _b], default));
        Assert.Null(_policy.Pick([_a, _b, _c], default));
    }

    [Fact]
    public void A_worker_that_stays_keeps_its_report_when_the_membership_changes()
    {
        Report((_a, 10), (_b, 20));
        _policy.Rebuild([_b, _c]);
        Assert.Equal("b", Picks(1));
    }

    private void Report(params (Candidate Candidate, long Bytes)[] reports)
    {
        foreach (var (candidate, bytes) in reports)
        {
            candidate.Report(Sample(candidate.Key.Id, bytes, candidate.ReportSequence + 1), default, freshUntil: S(3));
            _policy.Changed(candidate);
        }
    }

    private string Picks(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ =>
    {
        // As the pool does it.
        var picked = _policy.Pick([], default)!;
        picked.Picked(1);
        _policy.Changed(picked);
        return picked.Key.Id;
    }));
}
