using AkkaLb.Core.Balancing;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

public class MembershipViewTests
{
    private readonly MembershipView _view = new();
    private TimeSpan _now;

    [Fact]
    public void A_snapshot_that_lacks_every_member_removes_nobody_before_each_has_had_time_to_register_again()
    {
        Reset(10, Members("a", "b", "c"));
        _now = TimeSpan.FromHours(1);
        Assert.Empty(Reset(1, []));
        Assert.Equal(3, _view.Members.Count);
        var until = _view.KeptUntil!.Value;
        Assert.True(until > _now + TimeSpan.FromMilliseconds(Up("a", 1).Worker.HeartbeatMs));

        // Registered again at another revision: it was never gone.
        Assert.Equal("+a", Text(_view.Apply(2, [Put(Up("a", 2))])));
        _now += TimeSpan.FromSeconds(1);
        Assert.Equal("", Text(Reset(3, [Up("a", 2)])));
        Assert.Equal(until, _view.KeptUntil);
        Assert.Empty(_view.EndKeeping(until - TimeSpan.FromTicks(1)));
        Assert.Equal("-b -c", Text(_view.EndKeeping(until)));
        Assert.Null(_view.KeptUntil);
        Assert.Empty(_view.EndKeeping(until));
    }

    [Fact]
    public void Members_are_kept_for_a_bounded_time_whatever_they_announce_and_however_often_they_are_missing()
    {
        var slow = Up("a", 1) with { Worker = Up("a", 1).Worker with { HeartbeatMs = int.MaxValue } };
        Reset(10, [slow]);
        Reset(1, []);
        Assert.True(_view.KeptUntil <= TimeSpan.FromSeconds(11), $"{_view.KeptUntil}");
        _now = TimeSpan.FromSeconds(5);
        Reset(2, []);
        Assert.Equal("-a", Text(_view.EndKeeping(TimeSpan.FromSeconds(11))));
    }

    [Fact]
    public void The_first_snapshot_is_all_new() => Assert.Equal("+a +b", Text(Reset(10, Members("a", "b"))));

    [Fact]
    public void A_later_snapshot_tells_only_what_differs_removals_first()
    {
        Reset(10, Members("a", "b", "c"));
        Assert.Equal("-a +b +d", Text(Reset(20, [Up("d", 4), Draining("b", 2), Up("c", 3)]).OrderBy(c => c is MemberChange.Put).ThenBy(Name)));
    }

    [Fact]
    public void Before_a_snapshot_changes_are_ignored()
    {
        Assert.Empty(_view.Apply(5, [Put(Up("a", 1))]));
        Assert.False(_view.HasSnapshot);
        Assert.Empty(_view.Members);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(10)]
    public void Changes_at_or_below_the_applied_revision_are_ignored(long revision)
    {
        Reset(10, Members("a"));
        Assert.Empty(_view.Apply(revision, [Removed("a")]));
        Assert.Equal(10, _view.Revision);
    }

    [Fact]
    public void Changes_above_the_applied_revision_count_and_move_it()
    {
        Reset(10, Members("a"));
        Assert.Equal("-a +b", Text(_view.Apply(12, [Removed("a"), Put(Up("b", 12))])));
        Assert.Equal(12, _view.Revision);
    }

    [Fact]
    public void What_is_told_again_is_no_change()
    {
        Reset(10, Members("a"));
        Assert.Empty(_view.Apply(11, [Put(Up("a", 1)), Removed("nobody")]));
    }

    [Fact]
    public void A_snapshot_of_an_older_revision_is_the_truth_all_the_same()
    {
        Reset(10, Members("a", "b"));
        Assert.Equal("-b", Text(Reset(4, Members("a"))));
        Assert.Equal("-a", Text(_view.Apply(5, [Removed("a")])));
    }

    [Fact]
    public void Applying_what_the_view_tells_keeps_a_follower_equal_to_the_registry() => Seeded.Runs(2_000, random =>
    {
        string[] ids = ["a", "b", "c", "d", "e"];
        var (registry, follower, revision) = (new Dictionary<string, Member>(), new Dictionary<string, Member>(), 0L);
        for (var step = 0; step < 60; step++)
        {
            List<MemberChange> told = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomChange(random, random.Of(ids), ++revision))];
            Follow(registry, told);
            var isLost = random.Chance(0.1); // then a snapshot makes good for it
            var news = isLost ? Reset(revision, [.. registry.Values]) : _view.Apply(revision, told);
            if (step == 0)
            {
                news = Reset(revision, [.. registry.Values]);
                follower.Clear();
                Follow(follower, [.. _view.Members.Select(Put)]);
            }
            else
            {
                Follow(follower, news);
            }

            Follow(follower, _view.EndKeeping(TimeSpan.MaxValue));
            Assert.Equal(registry.Values.OrderBy(m => m.Worker.Id), follower.Values.OrderBy(m => m.Worker.Id));
        }
    });

    private static MemberChange RandomChange(Random random, string id, long revision) => random.Next(3) switch
    {
        0 => Removed(id),
        1 => Put(Draining(id, revision)),
        _ => Put(Up(id, revision, incarnation: random.Next(3))),
    };

    private static void Follow(Dictionary<string, Member> members, IEnumerable<MemberChange> changes)
    {
        foreach (var change in changes)
        {
            if (change is MemberChange.Put put)
            {
                members[put.Member.Worker.Id] = put.Member;
            }
            else
            {
                members.Remove(Name(change));
            }
        }
    }

    private static string Text(IEnumerable<MemberChange> changes) =>
        string.Join(' ', changes.Select(c => (c is MemberChange.Put ? "+" : "-") + Name(c)));

    private static string Name(MemberChange change) =>
        change is MemberChange.Put put ? put.Member.Worker.Id : ((MemberChange.Removed)change).WorkerId;

    private IReadOnlyList<MemberChange> Reset(long revision, IReadOnlyList<Member> members) => _view.Reset(revision, members, _now);
}
