using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

public class BalancerLinkTests
{
    private readonly BalancerLink _link = new(probeInterval: Ms(500), count: 3);

    [Fact]
    public void Addresses_are_probed_in_turn_one_interval_apart()
    {
        Assert.Equal(0, _link.Tick(S(0)));
        Assert.Null(_link.Tick(Ms(499)));
        Assert.Equal(Ms(500), _link.NextDue);
        Assert.Equal(1, _link.Tick(Ms(500)));
        Assert.Equal(2, _link.Tick(Ms(1000)));
        Assert.Equal(0, _link.Tick(Ms(1500)));
    }

    [Fact]
    public void The_first_that_answers_is_kept_and_probing_ends()
    {
        _link.Tick(S(0));
        Assert.True(_link.Found(1));
        Assert.False(_link.Found(0));
        Assert.Equal((1, null, null), (_link.Linked, _link.NextDue, _link.Tick(S(9))));
    }

    [Fact]
    public void After_a_loss_the_next_address_is_tried_at_once()
    {
        _link.Found(2);
        Assert.True(_link.Lost(S(7)));
        Assert.Equal((null, S(7)), (_link.Linked, _link.NextDue));
        Assert.Equal(0, _link.Tick(S(7)));
    }

    [Fact]
    public void A_loss_without_a_link_is_none() => Assert.False(_link.Lost(S(1)));

    [Fact]
    public void Two_unanswered_requests_in_a_row_lose_the_link()
    {
        _link.Found(0);
        Assert.False(_link.TimedOut(S(1)));
        Assert.True(_link.TimedOut(S(2)));
        Assert.Null(_link.Linked);
        Assert.False(_link.TimedOut(S(3)));
    }

    [Fact]
    public void An_answer_between_two_unanswered_requests_saves_the_link()
    {
        _link.Found(0);
        _link.TimedOut(S(1));
        _link.Heard();
        Assert.False(_link.TimedOut(S(2)));
        Assert.Equal(0, _link.Linked);
    }

    [Fact]
    public void A_new_link_starts_with_no_unanswered_requests()
    {
        _link.Found(0);
        _link.TimedOut(S(1));
        _link.Lost(S(1));
        _link.Found(1);
        Assert.False(_link.TimedOut(S(2)));
    }

    [Fact]
    public void New_addresses_keep_the_link_at_its_new_place_or_start_the_search_again()
    {
        _link.Found(2);
        _link.Replace(newCount: 2, linked: 1, S(3));
        Assert.Equal((1, null), (_link.Linked, _link.NextDue));
        _link.Replace(newCount: 2, linked: null, S(4));
        Assert.Equal((null, S(4)), (_link.Linked, _link.NextDue));
        Assert.Equal(0, _link.Tick(S(4)));
    }

    [Fact]
    public void Without_addresses_there_is_nothing_to_probe()
    {
        _link.Replace(newCount: 0, linked: null, S(1));
        Assert.Equal((null, null), (_link.NextDue, _link.Tick(S(2))));
    }

    [Fact]
    public void Clients_that_spread_begin_anywhere_and_go_anywhere_but_back_after_a_loss()
    {
        var random = new Random(4053);
        var (firsts, nexts) = (new HashSet<int>(), new HashSet<int>());
        for (var client = 0; client < 100; client++)
        {
            var link = new BalancerLink(Ms(500), count: 0, random);
            link.Replace(newCount: 3, linked: null, S(0));
            firsts.Add(link.Tick(S(0))!.Value);
            link.Found(1);
            link.Lost(S(1));
            nexts.Add(link.Tick(S(1))!.Value);
        }

        Assert.Equal([0, 1, 2], firsts.Order());
        Assert.Equal([0, 2], nexts.Order());
    }

    [Fact]
    public void Clients_that_spread_still_try_every_address_in_a_round_and_the_lost_one_when_it_is_alone()
    {
        var link = new BalancerLink(Ms(500), count: 3, new Random(4053));
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 3).Select(i => link.Tick(S(i))!.Value).Order());
        link.Replace(newCount: 1, linked: 0, S(4));
        link.Lost(S(4));
        Assert.Equal(0, link.Tick(S(4)));
    }
}
