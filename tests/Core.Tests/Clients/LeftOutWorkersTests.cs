using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

public class LeftOutWorkersTests
{
    private readonly LeftOutWorkers _leftOut = new(duration: S(5));

    [Fact]
    public void A_worker_is_left_out_for_the_duration_and_not_longer()
    {
        Assert.True(_leftOut.Add(Key("a"), S(1)));
        Assert.True(_leftOut.Contains(Key("a"), S(6) - TimeSpan.FromTicks(1)));
        Assert.False(_leftOut.Contains(Key("a"), S(6)));
        Assert.Empty(_leftOut.Current([], 64, S(6)));
    }

    [Fact]
    public void Adding_again_prolongs_but_is_not_new()
    {
        _leftOut.Add(Key("a"), S(1));
        Assert.False(_leftOut.Add(Key("a"), S(4)));
        Assert.True(_leftOut.Contains(Key("a"), S(8)));
        Assert.True(_leftOut.Add(Key("a"), S(9)));
    }

    [Fact]
    public void Another_incarnation_is_another_worker()
    {
        _leftOut.Add(Key("a", 1), S(1));
        Assert.False(_leftOut.Contains(Key("a", 2), S(1)));
    }

    [Fact]
    public void The_list_is_bounded_with_the_latest_first_behind_the_jobs_own()
    {
        _leftOut.Add(Key("a"), S(1));
        _leftOut.Add(Key("b"), S(2));
        _leftOut.Add(Key("c"), S(3));
        Assert.Equal([Key("c"), Key("b")], _leftOut.Current([], 2, S(3)));
        Assert.Equal([Key("x"), Key("c"), Key("b")], _leftOut.Current([Key("x")], 3, S(3)));
        Assert.Equal([Key("b"), Key("c"), Key("a")], _leftOut.Current([Key("b")], 3, S(3)));
    }

    [Fact]
    public void A_worker_that_is_heard_from_is_not_left_out_any_more()
    {
        _leftOut.Add(Key("a"), S(1));
        _leftOut.Remove(Key("a"));
        Assert.False(_leftOut.Contains(Key("a"), S(1)));
    }

    [Fact]
    public void The_table_is_bounded_and_the_one_that_would_come_back_first_makes_room()
    {
        for (var i = 0; i <= LeftOutWorkers.CountMax; i++)
        {
            _leftOut.Add(Key("a", i + 1), Ms(i));
        }

        Assert.False(_leftOut.Contains(Key("a", 1), Ms(LeftOutWorkers.CountMax)));
        Assert.True(_leftOut.Contains(Key("a", 2), Ms(LeftOutWorkers.CountMax)));
    }
}
