using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

/// <summary>Picks and their ends, as a pool counts them.</summary>
public class OpenPicksTests
{
    private const long Client = 77;

    private readonly WorkerPool _pool = Pool(Policy.Of(Policy.LeastRequests), BalancerLimits.Default);
    private readonly List<Candidate> _picked = [];
    private long _since;

    public OpenPicksTests() => _pool.ApplySnapshot(Members("a", "b", "c"), default);

    [Fact]
    public void The_worker_with_the_fewest_open_picks_is_next()
    {
        Assert.Equal("a b c a", Picks(4));
        End(S(1), 2);
        Assert.Equal("b", Picks(1, from: 5));
        Assert.Equal(4, _pool.OpenPickCount);
    }

    [Fact]
    public void Each_end_counts_once_and_a_strangers_not_at_all()
    {
        Assert.Equal("a b c", Picks(3));
        End(default, 1, 1, 99);
        _pool.Finish(new Finished(Client + 1, 0, [Ended(2)]), default);
        Assert.Equal((2, 0, 1), (_pool.OpenPickCount, Load("a"), Load("b")));
    }

    [Fact]
    public void Ends_ride_on_the_next_question()
    {
        Picks(3);
        Assert.Null(_pool.Ask(Question(4, Ended(3)), _picked, default));
        Assert.Equal("c", _picked[0].Key.Id);
    }

    [Fact]
    public void Several_picks_of_one_request_have_numbers_of_their_own()
    {
        Assert.Null(_pool.Ask(Question(10) with { Count = 3 }, _picked, default));
        End(default, 11);
        Assert.Equal((1, 0, 1), (Load("a"), Load("b"), Load("c")));
    }

    [Fact]
    public void A_weight_counts_as_so_many_jobs()
    {
        Assert.Null(_pool.Ask(Question(1) with { Weight = 3 }, _picked, default));
        Assert.Equal("b c b c b", Picks(5, from: 2));
        End(default, 1);
        Assert.Equal("a", Picks(1, from: 9));
    }

    [Fact]
    public void A_client_that_lost_the_balancer_holds_nothing_of_before()
    {
        Picks(3);
        _since = 3;
        End(default);
        Assert.Equal(1, _pool.OpenPickCount);
    }

    [Fact]
    public void What_a_client_holds_that_is_silent_is_given_up_and_what_another_holds_is_not()
    {
        Picks(2);
        Assert.Equal(OpenPicks.SilenceMax, _pool.NextDue);
        Assert.Null(_pool.Ask(Question(1) with { Finished = new Finished(Client + 1, 0, []) }, _picked, S(10)));
        _pool.Tick(OpenPicks.SilenceMax - TimeSpan.FromTicks(1));
        Assert.Equal(3, _pool.OpenPickCount);
        _pool.Tick(OpenPicks.SilenceMax);
        Assert.Equal(1, _pool.OpenPickCount);
        Assert.Equal(S(10) + OpenPicks.SilenceMax, _pool.NextDue);
    }

    [Fact]
    public void A_client_that_says_something_keeps_what_it_holds()
    {
        Picks(2);
        End(S(14));
        _pool.Tick(S(15));
        Assert.Equal((2, S(29)), (_pool.OpenPickCount, _pool.NextDue));
        _pool.Tick(S(29));
        Assert.Equal((0, null), (_pool.OpenPickCount, _pool.NextDue));
    }

    [Fact]
    public void An_end_tells_how_many_jobs_the_worker_has_beside()
    {
        Picks(3);
        _pool.Finish(new Finished(Client, 0, [new EndedPick(1, PickEnd.Done, S(1), new JobCounts(10, 7))]), S(1));
        Assert.Equal(7, Load("a"));
    }

    [Fact]
    public void The_end_of_a_pick_of_a_worker_that_has_left_changes_nothing_for_its_successor()
    {
        Picks(3);
        _pool.ApplyChanges([Put(Up("a", 9, incarnation: 2))], default);
        Assert.Equal("a", Picks(1, from: 4));
        End(default, 1);
        Assert.Equal(1, Load("a"));
    }

    [Fact]
    public void A_client_that_does_not_tell_holds_nothing()
    {
        Assert.Null(_pool.Assign(1, [], _picked, default));
        Assert.Equal((0, 1), (_pool.OpenPickCount, Load("a")));
    }

    [Fact]
    public void All_picks_ahead_that_nobody_uses_are_a_quarter_of_those_in_use_or_four()
    {
        Assert.Equal(4, Room(1));
        Picks(4, from: 1, aheadSince: 1);
        Assert.Equal((0, 4), (Room(1), _pool.AheadCount));

        // Of the client's own those are in use that are older than what it says.
        Assert.Equal((2, 2), (Room(3), _pool.AheadCount));
        Picks(20, from: 5);
        Assert.Equal((3, 2), (Room(3), _pool.AheadCount));
        Assert.Equal((2, 3), (_pool.RoomAhead(Ahead(Client + 1, 1), default) - 1, Room(3)));
    }

    [Fact]
    public void One_client_has_sixteen_of_them_at_most()
    {
        Picks(200, from: 1);
        Assert.Equal(16, Room(1));
        Picks(10, from: 201, aheadSince: 201);
        Assert.Equal((6, 16), (Room(201), _pool.RoomAhead(Ahead(Client + 1, 1), default)));
    }

    [Fact]
    public void One_that_has_ended_or_was_given_up_makes_room()
    {
        Picks(4, from: 1, aheadSince: 1);
        End(default, 2);
        Assert.Equal((1, 3), (Room(1), _pool.AheadCount));
        _since = 4;
        End(default);
        Assert.Equal((3, 1), (Room(1), _pool.AheadCount));
        _pool.Tick(OpenPicks.SilenceMax);
        Assert.Equal((4, 0), (Room(1), _pool.AheadCount));
    }

    [Fact]
    public void One_of_which_the_client_says_nothing_more_counts_as_used_after_a_second()
    {
        Picks(4, from: 1, aheadSince: 1);
        Assert.Equal(0, _pool.RoomAhead(Ahead(Client + 1, 1), S(1) - TimeSpan.FromTicks(1)));
        Assert.Equal(4, _pool.RoomAhead(Ahead(Client + 1, 1), S(1)));
        Assert.Equal((0, 4), (_pool.AheadCount, _pool.OpenPickCount));
    }

    [Fact]
    public void What_a_client_holds_ahead_that_is_gone_makes_room()
    {
        Picks(4, from: 1, aheadSince: 1);
        _pool.GiveUp(Client, default);
        Assert.Equal((4, 0), (Room(1), _pool.AheadCount));
    }

    /// <summary>Whatever comes in whatever order: what is open is what was given and has not ended.</summary>
    [Fact]
    public void What_is_open_is_what_was_given_and_has_not_ended() => Seeded.Runs(500, random =>
    {
        var pool = Pool(Policy.Of(Policy.PowerOfTwo), BalancerLimits.Default);
        pool.ApplySnapshot(Members("a", "b", "c"), default);
        var open = new Dictionary<(long Client, long Pick), (string Worker, int Weight)>();
        var ahead = new HashSet<(long Client, long Pick)>();
        var (now, last) = (TimeSpan.Zero, 0L);
        for (var step = 0; step < 200; step++)
        {
            now += Ms(random.Next(50));
            var client = random.Next(1, 4);
            var held = open.Keys.Where(k => k.Client == client).OrderBy(k => k.Pick).ToList();
            var ended = held.Where(_ => random.Chance(0.3)).ToList();
            var since = random.Chance(0.05) && held.Count > 0 ? random.Of(held).Pick : 0;
            var finished = new Finished(client, since, [.. ended.Select(k => Ended(k.Pick)), Ended(1_000_000)]);
            held.Where(k => k.Pick < since || ended.Contains(k)).ToList().ForEach(k => open.Remove(k));
            if (random.Chance(0.3))
            {
                pool.Finish(finished, now);
            }
            else
            {
                var assign = new Assign(
                    last + 1, random.Next(1, 4), [], null, S(60), random.Next(1, 5), finished, AheadSince: random.Of([0, last + 1]));
                Assert.Null(pool.Ask(assign, _picked, now));
                foreach (var picked in _picked)
                {
                    open.Add((client, ++last), (picked.Key.Id, assign.Weight));
                    if (assign.AheadSince > 0)
                    {
                        ahead.Add((client, last));
                    }
                }
            }

            ahead.RemoveWhere(pick => !open.ContainsKey(pick));
            Assert.Equal(ahead.Count, pool.AheadCount);

            Assert.Equal(open.Count, pool.OpenPickCount);
            Assert.All(pool.Eligible, c => Assert.Equal(open.Values.Where(p => p.Worker == c.Key.Id).Sum(p => p.Weight), c.Jobs.Own));
        }
    });

    private static EndedPick Ended(long pick) => new(pick, PickEnd.Done, S(1), default);

    private Assign Question(long request, params EndedPick[] ended) =>
        new(request, 1, [], null, S(60), Finished: new Finished(Client, _since, ended));

    private static Assign Ahead(long client, long since) =>
        new(1_000, 1, [], null, S(60), Finished: new Finished(client, 0, []), AheadSince: since);

    private int Room(long since, TimeSpan now = default) => _pool.RoomAhead(Ahead(Client, since), now);

    private void End(TimeSpan now, params long[] picks) => _pool.Finish(new Finished(Client, _since, [.. picks.Select(Ended)]), now);

    private double Load(string id) => _pool.Table.Find(id)!.InFlight;

    private string Picks(int count, long from = 1, long aheadSince = 0) => string.Join(' ', Enumerable.Range(0, count).Select(i =>
    {
        Assert.Null(_pool.Ask(Question(from + i) with { AheadSince = aheadSince }, _picked, default));
        return _picked[0].Key.Id;
    }));
}
