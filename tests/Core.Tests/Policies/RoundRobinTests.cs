using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class RoundRobinTests
{
    private readonly InTurn _policy = new();

    [Fact]
    public void Each_worker_gets_its_turn_in_registration_order() => Assert.Equal("a b c a b c a", Picks(7, Ring("a", "b", "c")));

    [Fact]
    public void After_a_join_the_next_pick_is_the_one_after_the_last_picked()
    {
        var (a, b, c) = (Candidate("a", 1), Candidate("b", 2), Candidate("c", 3));
        Picks(2, [a, b]);
        Assert.Equal("c a b", Picks(3, [a, b, c]));
    }

    [Fact]
    public void After_the_last_picked_left_its_successor_is_next()
    {
        var (a, b, c) = (Candidate("a", 1), Candidate("b", 2), Candidate("c", 3));
        Picks(2, [a, b, c]);
        Assert.Equal("c a c", Picks(3, [a, c]));
    }

    [Fact]
    public void The_leave_of_an_earlier_worker_moves_nobodys_turn()
    {
        var (a, b, c) = (Candidate("a", 1), Candidate("b", 2), Candidate("c", 3));
        Picks(2, [a, b, c]);
        Assert.Equal("c b", Picks(2, [b, c]));
    }

    [Fact]
    public void A_left_out_worker_is_passed_over_without_favouring_its_neighbour()
    {
        var ring = Ring("a", "b", "c", "d");
        _policy.Rebuild(ring);
        var picks = Enumerable.Range(0, 9).Select(_ => _policy.Pick([ring[1]], default)!.Key.Id);
        Assert.Equal("a c d a c d a c d", string.Join(' ', picks));
    }

    [Fact]
    public void A_pick_that_names_nobody_costs_nobody_a_turn()
    {
        var ring = Ring("a", "b", "c");
        Assert.Equal("a", Picks(1, ring));
        Assert.Null(_policy.Pick(ring, default));
        Assert.Equal("b", _policy.Pick([], default)!.Key.Id);
    }

    [Fact]
    public void Without_workers_there_is_no_pick() => Assert.Null(_policy.Pick([], default));

    private static Candidate Candidate(string id, long order) => new(Up(id, order));

    private static Candidate[] Ring(params string[] ids) => [.. Members(ids).Select(m => new Candidate(m))];

    private string Picks(int count, Candidate[] ring)
    {
        _policy.Rebuild(ring);
        return string.Join(' ', Enumerable.Range(0, count).Select(_ => _policy.Pick([], default)!.Key.Id));
    }
}
