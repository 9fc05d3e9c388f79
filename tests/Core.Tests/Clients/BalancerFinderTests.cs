using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

public class BalancerFinderTests
{
    private readonly BalancerFinder _finder = Knowing(spread: null, "a", "b", "c");

    [Fact]
    public void Addresses_are_probed_in_turn_one_interval_apart()
    {
        Assert.Equal(new BalancerProbe(1, "a"), _finder.Tick(S(0)));
        Assert.Null(_finder.Tick(Ms(499)));
        Assert.Equal(Ms(500), _finder.NextDue);
        Assert.Equal(new BalancerProbe(2, "b"), _finder.Tick(Ms(500)));
        Assert.Equal(new BalancerProbe(3, "c"), _finder.Tick(Ms(1000)));
        Assert.Equal(new BalancerProbe(4, "a"), _finder.Tick(Ms(1500)));
    }

    [Fact]
    public void The_first_that_answers_is_kept_and_probing_ends()
    {
        _finder.Tick(S(0));
        _finder.Tick(S(1));
        Assert.True(_finder.Found(2, "b"));
        Assert.False(_finder.Found(1, "a"));
        Assert.Equal(("b", null, null), (_finder.Linked, _finder.NextDue, _finder.Tick(S(9))));
    }

    [Fact]
    public void After_a_loss_the_next_address_is_tried_at_once()
    {
        Find(_finder, "c");
        Assert.True(_finder.Lost(S(7)));
        Assert.Equal((null, S(7)), (_finder.Linked, _finder.NextDue));
        Assert.Equal("a", _finder.Tick(S(7))?.Address);
    }

    [Fact]
    public void A_loss_without_a_link_is_none() => Assert.False(_finder.Lost(S(1)));

    [Fact]
    public void Two_unanswered_requests_in_a_row_lose_the_link()
    {
        Find(_finder, "a");
        Assert.False(_finder.TimedOut(S(1)));
        Assert.True(_finder.TimedOut(S(2)));
        Assert.Null(_finder.Linked);
        Assert.False(_finder.TimedOut(S(3)));
    }

    [Fact]
    public void An_answer_between_two_unanswered_requests_saves_the_link()
    {
        Find(_finder, "a");
        _finder.TimedOut(S(1));
        _finder.Heard();
        Assert.False(_finder.TimedOut(S(2)));
        Assert.Equal("a", _finder.Linked);
    }

    [Fact]
    public void A_new_link_starts_with_no_unanswered_requests()
    {
        Find(_finder, "a");
        _finder.TimedOut(S(1));
        _finder.Lost(S(1));
        Find(_finder, "b");
        Assert.False(_finder.TimedOut(S(2)));
    }

    [Fact]
    public void New_addresses_keep_the_link_if_it_is_among_them_or_start_the_search_again()
    {
        Find(_finder, "c");
        Assert.False(_finder.Use(["a", "c"], S(3)));
        Assert.Equal(("c", null), (_finder.Linked, _finder.NextDue));
        Assert.True(_finder.Use(["a", "b"], S(4)));
        Assert.Equal((null, S(4)), (_finder.Linked, _finder.NextDue));
        Assert.Equal("a", _finder.Tick(S(4))?.Address);
    }

    [Fact]
    public void The_same_addresses_again_change_nothing()
    {
        _finder.Tick(S(0));
        Assert.False(_finder.Use(["a", "b", "c"], Ms(100)));
        Assert.Equal(Ms(500), _finder.NextDue);
        Assert.True(_finder.Found(1, "a"));
    }

    [Fact]
    public void Answers_to_probes_of_before_a_loss_or_of_other_addresses_say_nothing()
    {
        _finder.Tick(S(0));
        _finder.Use(["a", "b"], S(1));
        Assert.False(_finder.Found(1, "a"));
        _finder.Tick(S(1));
        Find(_finder, "b");
        _finder.Lost(S(2));
        Assert.False(_finder.Found(2, "a"));
        Assert.False(_finder.Found(99, "a"));
        Assert.Null(_finder.Linked);
    }

    [Fact]
    public void Without_addresses_there_is_nothing_to_probe()
    {
        _finder.Use([], S(1));
        Assert.Equal((null, null), (_finder.NextDue, _finder.Tick(S(2))));
    }

    [Fact]
    public void Where_nobody_is_the_next_is_probed_at_once_and_another_round_begins_after_a_pause()
    {
        List<TimeSpan?> due = [];
        for (var i = 0; i < 3; i++)
        {
            _finder.Tick(S(i));
            _finder.Absent(Ms(100), S(i));
            due.Add(_finder.NextDue);
        }

        Assert.Equal([S(0), S(1), S(2) + Ms(100)], due);
    }

    [Fact]
    public void Who_answered_from_elsewhere_is_left_for_any_address()
    {
        Find(_finder, "elsewhere");
        _finder.Lost(S(1));
        Assert.Equal("a", _finder.Tick(S(1))?.Address);
    }

    [Fact]
    public void Clients_that_spread_begin_anywhere_and_go_anywhere_but_back_after_a_loss()
    {
        var random = new Random(4053);
        var (firsts, nexts) = (new HashSet<string>(), new HashSet<string>());
        for (var client = 0; client < 100; client++)
        {
            var finder = Knowing(random, "a", "b", "c");
            firsts.Add(finder.Tick(S(0))!.Value.Address);
            finder.Found(1, "b");
            finder.Lost(S(1));
            nexts.Add(finder.Tick(S(1))!.Value.Address);
        }

        Assert.Equal(["a", "b", "c"], firsts.Order(StringComparer.Ordinal));
        Assert.Equal(["a", "c"], nexts.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Clients_that_spread_still_try_every_address_in_a_round_and_the_lost_one_when_it_is_alone()
    {
        var finder = Knowing(new Random(4053), "a", "b", "c");
        Assert.Equal(["a", "b", "c"], Enumerable.Range(0, 3).Select(i => finder.Tick(S(i))!.Value.Address).Order(StringComparer.Ordinal));
        finder.Use(["a"], S(3));
        Find(finder, "a");
        finder.Lost(S(4));
        Assert.Equal("a", finder.Tick(S(4))?.Address);
    }

    private static BalancerFinder Knowing(Random? spread, params string[] addresses)
    {
        var finder = new BalancerFinder(Ms(500), spread);
        finder.Use(addresses, S(0));
        return finder;
    }

    private static void Find(BalancerFinder finder, string address)
    {
        var probe = finder.Tick(finder.NextDue!.Value)!.Value;
        Assert.True(finder.Found(probe.Number, address));
    }
}
