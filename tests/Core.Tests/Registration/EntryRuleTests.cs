using AkkaLb.Core.Registration;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Registration;

/// <summary>We are incarnation 7 under lease 42.</summary>
public class EntryRuleTests
{
    private const long Lease = 42;
    private static readonly WorkerRecord Us = Worker("w", incarnation: 7);
    private static readonly WorkerRecord Other = Worker("w", incarnation: 8);

    [Fact]
    public void What_we_put_under_our_lease_is_kept() =>
        Assert.Equal(new EntryStep.Keep(), Decide(new EntrySight.Found(Lease, 5, Us with { })));

    [Fact]
    public void What_is_gone_is_put_back_if_it_is_still_gone() => Assert.Equal(new EntryStep.PutBack(0), Decide(new EntrySight.Missing()));

    [Fact]
    public void Whatever_else_is_under_our_lease_is_replaced()
    {
        Assert.Equal(new EntryStep.PutBack(5), Decide(new EntrySight.Found(Lease, 5, Us with { State = WorkerState.Draining })));
        Assert.Equal(new EntryStep.PutBack(5), Decide(new EntrySight.Found(Lease, 5, Other)));
        Assert.Equal(new EntryStep.PutBack(5), Decide(new EntrySight.Unreadable(Lease, 5)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(41)]
    public void Our_incarnation_under_another_lease_or_none_is_moved_to_ours(long lease) =>
        Assert.Equal(new EntryStep.PutBack(5), Decide(new EntrySight.Found(lease, 5, Us)));

    [Fact]
    public void What_no_lease_holds_is_nobodys_whatever_it_says()
    {
        Assert.Equal(new EntryStep.PutBack(5), Decide(new EntrySight.Unreadable(0, 5)));
        Assert.Equal(new EntryStep.PutBack(5), Decide(new EntrySight.Found(0, 5, Other)));
    }

    [Fact]
    public void What_nobody_can_read_under_another_lease_is_somebodys() =>
        Assert.Equal(new EntryStep.Taken(0), Decide(new EntrySight.Unreadable(41, 5)));

    [Fact]
    public void Another_incarnation_under_another_lease_has_taken_the_id() =>
        Assert.Equal(new EntryStep.Taken(8), Decide(new EntrySight.Found(41, 5, Other)));

    private static EntryStep Decide(EntrySight sight) => EntryRule.Decide(sight, Lease, Us);
}
