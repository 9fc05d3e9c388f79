using AkkaLb.Core.Balancing;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

public class LostMembersTests
{
    private static readonly TimeSpan Lost = TimeSpan.FromHours(1);
    private readonly LostMembers _lost = new();

    [Fact]
    public void A_registry_that_lacks_every_member_loses_nobody_before_each_has_had_time_to_register_again()
    {
        Assert.True(Loses(Members("a", "b", "c"), [], Lost));
        Assert.Equal(3, _lost.All.Count);
        var until = _lost.KeptUntil!.Value;
        Assert.True(until > Lost + TimeSpan.FromMilliseconds(Up("a", 1).Worker.HeartbeatMs));

        _lost.Changed([Put(Up("a", 2))]);
        Assert.False(Loses([Up("a", 2)], [Up("a", 2)], Lost + S(1)));
        Assert.Equal(until, _lost.KeptUntil);
        Assert.Empty(_lost.End(until - TimeSpan.FromTicks(1)));
        Assert.Equal([Removed("b"), Removed("c")], _lost.End(until));
        Assert.Null(_lost.KeptUntil);
        Assert.Empty(_lost.End(until));
    }

    [Fact]
    public void They_are_kept_for_a_bounded_time_whatever_they_announce_and_however_often_they_are_missing()
    {
        var slow = Up("a", 1) with { Worker = Up("a", 1).Worker with { HeartbeatMs = int.MaxValue } };
        Assert.True(Loses([slow], [], S(0)));
        Assert.True(_lost.KeptUntil <= S(11), $"{_lost.KeptUntil}");
        Assert.False(Loses([], [], S(5)));
        Assert.Equal([Removed("a")], _lost.End(S(11)));
    }

    [Fact]
    public void Who_registered_again_and_is_lost_again_within_that_time_is_kept_no_longer_than_the_others()
    {
        Loses(Members("a", "b"), [], S(0));
        _lost.Changed([Put(Up("a", 2))]);
        Assert.False(Loses([Up("a", 2)], [], S(1)));
        Assert.Equal([Removed("a"), Removed("b")], _lost.End(S(2)));
    }

    [Fact]
    public void When_all_have_registered_again_another_loss_begins_another_time()
    {
        Loses(Members("a"), [], S(0));
        _lost.Changed([Put(Up("a", 2))]);
        Assert.Null(_lost.KeptUntil);
        Assert.True(Loses([Up("a", 2)], [], S(1)));
        Assert.Equal(S(3), _lost.KeptUntil);
    }

    [Fact]
    public void Where_one_is_left_the_others_are_gone_at_once()
    {
        Assert.False(Loses(Members("a", "b"), Members("a"), S(0)));
        Assert.Empty(_lost.All);
        Assert.Null(_lost.KeptUntil);
    }

    [Fact]
    public void A_registry_that_went_back_in_time_has_lost_whom_it_lacks_also_where_somebody_was_quick()
    {
        Assert.Equal(2, _lost.Read(Build.Read(Members("a", "b", "c"), 9), Build.Read([Up("a", 2)], 2), S(0)));
        Assert.Equal([Removed("b"), Removed("c")], _lost.End(S(2)));
    }

    private bool Loses(Member[] before, Member[] found, TimeSpan now) => _lost.Read(Build.Read(before, 1), Build.Read(found, 1), now) > 0;
}
