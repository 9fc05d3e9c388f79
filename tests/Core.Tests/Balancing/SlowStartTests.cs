using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

/// <summary>Around every policy: a worker that has joined gets a tenth of its picks at first, and all of them after a while.</summary>
public class SlowStartTests
{
    private static readonly BalancerLimits Limits = BalancerLimits.Default with { SlowStart = S(10) };

    private readonly List<Candidate> _picked = [];
    private WorkerPool _pool = NewPool(Policy.RoundRobin);
    private long _request;

    public static TheoryData<string> Policies { get; } = new(Policy.All.Select(p => p.Name));

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(0.5, 0.1)]
    [InlineData(3, 0.3)]
    [InlineData(5, 0.5)]
    [InlineData(8, 0.8)]
    [InlineData(10, 1)]
    public void Its_part_of_its_picks_rises_with_the_time_since_it_joined(double seconds, double part)
    {
        Join("c", S(100));
        // Its turn comes as often as that of the others, 3,000 times or more; 4,300 turns of a part p have a deviation of at most 33.
        var picks = Picks(9_000, S(100 + seconds));
        Assert.InRange(picks["c"], (picks["a"] * part) - 132, (picks["a"] * part) + 132);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void With_every_policy_it_gets_less_than_when_it_is_warm(string policy)
    {
        // To each of them the one that joins is the best, or as good as the others: without a slow start it gets its part at once.
        _pool = NewPool(policy);
        Join("0", S(100), order: 0);
        var cold = Picks(600, S(101)).GetValueOrDefault("0");
        var warm = Picks(600, S(110)).GetValueOrDefault("0");
        Assert.True(cold < warm / 2, $"cold {cold}, warm {warm}");
    }

    [Theory]
    [InlineData(100, "it has joined lately: it gets 10 % of its share")]
    [InlineData(104, "it has joined lately: it gets 40 % of its share")]
    [InlineData(110, "")]
    public void It_is_told_how_much_of_its_share_it_gets(double second, string why)
    {
        Join("c", S(100));

        Assert.Equal(why, _pool.WhyHeldBack(_pool.Table.Find("c")!, S(second)));
        Assert.Equal("", _pool.WhyHeldBack(_pool.Table.Find("a")!, S(second)));
    }

    [Fact]
    public void Those_that_are_there_when_the_balancer_starts_are_warm()
    {
        Assert.Equal([("a", 500), ("b", 500)], Picks(1_000, S(0.1)).Select(p => (p.Key, p.Value)));
    }

    [Fact]
    public void One_that_can_do_jobs_again_is_cold_and_one_that_changes_otherwise_is_not()
    {
        _pool.ApplyChanges([Put(Draining("b", 2))], S(50));
        _pool.ApplyChanges([Put(Up("b", 2))], S(100));
        Assert.InRange(Picks(1_000, S(100)).GetValueOrDefault("b"), 20, 180);
        _pool.ApplyChanges([Put(Up("b", 2, heartbeatMs: 500))], S(109));
        Assert.InRange(Picks(1_000, S(109.9)).GetValueOrDefault("b"), 450, 500);
    }

    [Fact]
    public void It_gets_all_that_nobody_else_can_do()
    {
        Join("c", S(100));
        Assert.Equal([("c", 100)], Picks(100, S(100), Key("a"), Key("b")).Select(p => (p.Key, p.Value)));
        _pool.ApplyChanges([Removed("a"), Removed("b")], S(101));
        Assert.Equal([("c", 100)], Picks(100, S(101)).Select(p => (p.Key, p.Value)));
    }

    [Fact]
    public void When_all_are_cold_nothing_is_refused()
    {
        Join("c", S(100));
        Join("d", S(100));
        _pool.ApplyChanges([Removed("a"), Removed("b")], S(101));
        Assert.Equal(1_000, Picks(1_000, S(101)).Values.Sum());
    }

    [Theory]
    [InlineData(Policy.Rendezvous)]
    [InlineData(Policy.Maglev)]
    public void Each_key_moves_once(string policy)
    {
        _pool = Pool(new Policy("p", "", "", "", false, _ => Policy.Of(policy).NewChooser(new NoChance())), Limits, _ => TimeSpan.Zero);
        _pool.ApplySnapshot(Members("a", "b"), default);
        Join("c", S(100));
        var before = new HashSet<string>();
        var counts = new List<int>();
        foreach (var second in new[] { 0, 2, 4, 6, 8, 10 })
        {
            var now = Enumerable.Range(0, 1_000).Select(n => $"key {n}").Where(key => HomeOf(key, S(100 + second)) == "c").ToHashSet();
            Assert.Superset(before, now);
            counts.Add(now.Count);
            before = now;
        }

        Assert.Equal(counts.Distinct(), counts);
        Assert.InRange(counts[0], 15, 60);
    }

    private string HomeOf(string key, TimeSpan now)
    {
        var question = new Assign(++_request, 1, [], key, S(60)) with { Finished = new Finished(1, 0, []) };
        Assert.Null(_pool.Assign(question, _picked, now));
        _pool.Finish(new Finished(1, 0, [new EndedPick(_request, PickEnd.Unused, default, default)]), now);
        return _picked[0].Key.Id;
    }

    /// <returns>How often each was picked; each job ends at once.</returns>
    private SortedDictionary<string, int> Picks(int count, TimeSpan now, params WorkerKey[] leaveOut)
    {
        var picks = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            foreach (var candidate in _pool.Table.InOrder)
            {
                _pool.Report(Sample(candidate.Key.Id, candidate.Key.Id == "0" ? 1 : 100, ++_request), now);
            }

            var question = new Assign(++_request, 1, leaveOut, $"key {_request}", S(60), Finished: new Finished(1, 0, []));
            Assert.Null(_pool.Assign(question, _picked, now));
            _pool.Finish(new Finished(1, 0, [new EndedPick(_request, PickEnd.Unused, default, default)]), now);
            picks[_picked[0].Key.Id] = picks.GetValueOrDefault(_picked[0].Key.Id) + 1;
        }

        return picks;
    }

    private void Join(string id, TimeSpan now, long order = 9) => _pool.ApplyChanges([Put(Up(id, order))], now);

    private static WorkerPool NewPool(string policy)
    {
        var pool = Pool(Policy.Of(policy), Limits, _ => TimeSpan.Zero);
        pool.ApplySnapshot(Members("a", "b"), default);
        return pool;
    }

    /// <summary>Never explores.</summary>
    private sealed class NoChance : Random
    {
        public override double NextDouble() => 0.999;
    }
}
