using AkkaLb.Core.Balancing;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

public class EarlyReportsTests
{
    private readonly EarlyReports _early = new(BalancerLimits.Default with { EarlyReportHold = S(5), EarlyReportsMax = 2 });

    [Fact]
    public void A_held_report_comes_back_once_with_the_time_it_came()
    {
        _early.TryHold(Sample("a", 42), S(1));
        Assert.True(_early.TryTake(Key("a"), S(2), out var sample, out var receivedAt));
        Assert.Equal((42, S(1)), (sample.ResidentBytes, receivedAt));
        Assert.False(_early.TryTake(Key("a"), S(2), out _, out _));
    }

    [Fact]
    public void At_the_end_of_its_hold_a_report_is_worth_nothing()
    {
        _early.TryHold(Sample("a", 1), S(1));
        _early.TryHold(Sample("b", 1), S(1));
        Assert.True(_early.TryTake(Key("a"), S(6) - TimeSpan.FromTicks(1), out _, out _));
        Assert.False(_early.TryTake(Key("b"), S(6), out _, out _));
    }

    [Fact]
    public void Of_one_incarnation_the_newest_is_kept()
    {
        _early.TryHold(Sample("a", 10, sequence: 2), S(1));
        _early.TryHold(Sample("a", 20, sequence: 1), S(2));
        Assert.True(_early.TryTake(Key("a"), S(2), out var sample, out _));
        Assert.Equal(10, sample.ResidentBytes);
    }

    [Fact]
    public void Of_two_incarnations_the_one_that_spoke_last_is_kept()
    {
        _early.TryHold(Sample("a", 10, sequence: 9, incarnation: 1), S(1));
        _early.TryHold(Sample("a", 20, sequence: 1, incarnation: 2), S(2));
        Assert.False(_early.TryTake(Key("a", 1), S(2), out _, out _));
        Assert.True(_early.TryTake(Key("a", 2), S(2), out _, out _));
    }

    [Fact]
    public void There_is_no_more_room_than_said_until_some_have_had_their_time()
    {
        Assert.True(_early.TryHold(Sample("a", 1), S(0)));
        Assert.True(_early.TryHold(Sample("b", 1), S(3)));
        Assert.False(_early.TryHold(Sample("c", 1), S(4)));
        Assert.True(_early.TryHold(Sample("c", 1), S(5)));
        Assert.Equal(2, _early.Count);
    }
}
