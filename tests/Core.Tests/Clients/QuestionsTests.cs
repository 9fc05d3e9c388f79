using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>Which questions become one, and what it stands for.</summary>
public class QuestionsTests
{
    [Fact]
    public void Questions_in_a_row_become_one_that_stands_for_each_of_them()
    {
        var joined = Assert.IsType<Assign>(Assert.Single(Join(Ask(7), Ask(8) with { Remaining = S(9) }, Ask(9))));

        Assert.Equal((7, 3, S(9)), (joined.RequestId, joined.Count, joined.Remaining));
        Assert.Equal([7, 8, 9], joined.Each().Select(m => m.RequestId));
        Assert.All(joined.Each(), m => Assert.Equal((1, 5L), (m.Count, m.Finished!.Client)));
    }

    [Fact]
    public void All_that_rides_on_them_is_told_once_and_nothing_is_given_up_that_a_later_one_tells()
    {
        var joined = (Assign)Join(Ask(7, since: 2, ended: [2, 3]), Ask(8, since: 4), Ask(9, since: 4, ended: [4]))[0];

        Assert.Equal(2, joined.Finished!.Since);
        Assert.Equal([2, 3, 4], joined.Finished.Picks.Select(p => p.Pick));
        Assert.Equal([3, 0, 0], joined.Each().Select(m => m.Finished!.Picks.Count));
    }

    [Fact]
    public void One_that_tells_the_end_of_a_pick_that_another_asks_for_comes_behind_it() =>
        Assert.Equal(
            [(7L, 2), (9L, 2)],
            Join(Ask(7), Ask(8), Ask(9, ended: [8]), Ask(10, ended: [8])).Cast<Assign>().Select(m => (m.RequestId, m.Count)));

    [Fact]
    public void Questions_ahead_stay_by_themselves() =>
        Assert.Equal([7, 8, 9], Join(Ask(7), Ask(8) with { AheadSince = 8 }, Ask(9)).Cast<Assign>().Select(m => m.RequestId));

    [Fact]
    public void One_stands_for_64_at_most() => Assert.Equal(
        [Assign.QuestionsMax, 36], Join([.. Enumerable.Range(1, 100).Select(i => Ask(i))]).Cast<Assign>().Select(m => m.Count));

    [Fact]
    public void One_that_asks_for_something_else_stays_by_itself()
    {
        Assign[] others =
        [
            Ask(8) with { Key = "k" }, Ask(8) with { Weight = 2 }, Ask(8) with { Service = "pdf" }, Ask(8) with { Priority = JobPriority.High },
            Ask(8) with { Zone = "eu" }, Ask(8) with { LeaveOut = [Key("w1")] }, Ask(8) with { Finished = null }, Ask(8) with { Count = 2 },
            Ask(8) with { Finished = new Finished(6, 0, []) }, Ask(9), Ask(7),
        ];

        Assert.All(others, other => Assert.Equal([1, other.Count, 1], Join(Ask(7), other, Ask(20)).Cast<Assign>().Select(m => m.Count)));
    }

    [Fact]
    public void Workers_to_leave_out_are_the_same_when_they_are_the_same_ones() =>
        Assert.Single(Join(Ask(7) with { LeaveOut = [Key("w1")] }, Ask(8) with { LeaveOut = [Key("w1")] }));

    [Fact]
    public void Other_messages_keep_their_places()
    {
        var unreachable = new WorkerUnreachable(Key("w1"), "");
        var joined = Join(Ask(1), Ask(2), unreachable, Ask(3), Ask(4));

        Assert.Equal(3, joined.Count);
        Assert.Equal((1, unreachable, 3), (((Assign)joined[0]).RequestId, joined[1], ((Assign)joined[2]).RequestId));
    }

    [Fact]
    public void No_more_rides_on_one_than_a_message_holds()
    {
        var joined = Join(
            Ask(1001, ended: [.. Enumerable.Range(1, 300)]), Ask(1002, ended: [.. Enumerable.Range(301, 200)]), Ask(1003, ended: [600]), Ask(1004));

        Assert.Equal([(2, Finished.PicksMax), (2, 1)], joined.Cast<Assign>().Select(m => (m.Count, m.Finished!.Picks.Count)));
    }

    [Theory]
    [InlineData(7, 8, 9, 7)]
    [InlineData(7, 9, 10, 0)]
    [InlineData(9, 8, 7, 0)]
    public void The_first_ones_job_tells_those_of_the_others_only_if_they_follow_it(long first, long second, long third, long told)
    {
        var joined = (Assign)Assert.Single(Join(Ask(1) with { Job = first }, Ask(2) with { Job = second }, Ask(3) with { Job = third }));

        Assert.Equal(told, joined.Job);
        Assert.Equal(told == 0 ? [0, 0, 0] : [first, second, third], joined.Each().Select(m => m.Job));
    }

    private static Assign Ask(long request, long since = 0, int[]? ended = null) => new(
        request, 1, [], null, S(5), Finished: new Finished(5, since, [.. (ended ?? []).Select(p => new EndedPick(p, PickEnd.Done, S(1), default))]));

    private static List<IAkkaLbMessage> Join(params IAkkaLbMessage[] messages)
    {
        List<IAkkaLbMessage> list = [.. messages];
        Questions.Join(list);
        return list;
    }
}
