using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

/// <summary>A worker's report may tell its places: they count while they are told, up to those that are registered, 8 here.</summary>
public class ReportedPlacesTests
{
    private readonly List<Candidate> _picked = [];
    private long _sequence;
    private long _request;

    public static TheoryData<string> Policies { get; } = new(Policy.All.Select(p => p.Name));

    [Theory]
    [InlineData(3, 3)]
    [InlineData(1, 1)]
    [InlineData(8, 8)]
    [InlineData(9, 8)]
    [InlineData(int.MaxValue, 8)]
    [InlineData(0, 8)]
    [InlineData(-1, 8)]
    [InlineData(int.MinValue, 8)]
    public void What_is_told_counts_up_to_what_is_registered(int told, int places)
    {
        var pool = PoolOf(Policy.FirstFree);
        Says(pool, "a", 5);
        Says(pool, "a", told);
        Assert.Equal((places, (double)places, 8.0), (Worker(pool, "a").Places, Worker(pool, "a").Rate, Worker(pool, "a").RegisteredRate));
    }

    [Fact]
    public void A_report_ahead_of_the_registration_counts()
    {
        var pool = Pool(Policy.Of(Policy.FirstFree), BalancerLimits.Default);
        pool.ApplySnapshot(Members("b"), default);
        Says(pool, "a", 2);
        pool.ApplySnapshot(Members("a", "b"), default);
        Assert.Equal(2, Worker(pool, "a").Places);
    }

    [Fact]
    public void What_is_told_outlives_a_change_of_the_record_and_not_the_incarnation()
    {
        var pool = PoolOf(Policy.FirstFree);
        Says(pool, "a", 2);
        pool.ApplyChanges([Put(Draining("a", 1))], default);
        pool.ApplyChanges([Put(Up("a", 1))], default);
        Assert.Equal(2, Worker(pool, "a").Places);
        pool.ApplyChanges([Put(Up("a", 3, incarnation: 2))], default);
        Assert.Equal(8, Worker(pool, "a").Places);
    }

    [Fact]
    public void First_free_fills_the_places_that_are_told()
    {
        var pool = PoolOf(Policy.FirstFree);
        Says(pool, "a", 1);
        Says(pool, "b", 2);
        Assert.Equal("a b b", Picks(pool, 4));
        Says(pool, "a", 3);
        Assert.Equal("a a", Picks(pool, 4));
    }

    [Fact]
    public void Weights_follow_what_is_told()
    {
        var pool = PoolOf(Policy.WeightedRoundRobin);
        Says(pool, "a", 1);
        Says(pool, "b", 3);
        Assert.Equal((2, 6), Shares(pool, 8));
        Says(pool, "a", 3);
        Assert.Equal((4, 4), Shares(pool, 8));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void No_policy_is_upset_by_places_that_change_all_the_time(string policy)
    {
        var pool = PoolOf(policy);
        var random = new Random(4053);
        Says(pool, "a", 0);
        Says(pool, "b", 0);
        for (var i = 0; i < 2000; i++)
        {
            Says(pool, random.Chance(0.5) ? "a" : "b", random.Of([0, 1, 2, 7, 8, 64, int.MaxValue]));
            var request = new Assign(++_request, 1, [], random.Chance(0.5) ? $"k{i % 10}" : null, S(60));
            Assert.Null(pool.Ask(request, _picked, Ms(i)));
        }
    }

    [Fact]
    public void Tables_are_built_again_once_a_pause_at_most_and_only_for_a_change()
    {
        var chooser = new CountingChooser();
        var pool = Pool(new Policy("counting", "", "", "", NeedsReports: false, _ => chooser), BalancerLimits.Default, _ => Ms(10));
        pool.ApplySnapshot(Members("a", "b"), default);
        Picks(pool, 1);
        chooser.Rebuilds = 0;
        for (var ms = 1; ms <= 100; ms++)
        {
            Says(pool, "a", 1 + (ms % 2));
            pool.Assign(1, [], _picked, Ms(ms));
        }

        Assert.InRange(chooser.Rebuilds, 9, 10);
        Says(pool, "a", 2);
        pool.Assign(1, [], _picked, S(1));
        chooser.Rebuilds = 0;
        Says(pool, "a", 2);
        pool.Assign(1, [], _picked, S(2));
        Assert.Equal(0, chooser.Rebuilds);
    }

    private static WorkerPool PoolOf(string policy)
    {
        var pool = Pool(Policy.Of(policy), BalancerLimits.Default, _ => TimeSpan.Zero);
        pool.ApplySnapshot(Members("a", "b"), default);
        return pool;
    }

    private static Candidate Worker(WorkerPool pool, string id) => pool.Table.Find(id)!;

    private void Says(WorkerPool pool, string id, int places) =>
        pool.Report(Report(Key(id), ++_sequence, S(1), 100) with { Places = places }, default);

    /// <summary>Of a client that tells when its jobs end; none of them does.</summary>
    private string Picks(WorkerPool pool, int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            pool.Ask(new Assign(++_request, 1, [], null, S(60), Finished: new Finished(1, 0, [])), _picked, default);
            ids.AddRange(_picked.Select(c => c.Key.Id));
        }

        return string.Join(' ', ids.Order(StringComparer.Ordinal));
    }

    private (int A, int B) Shares(WorkerPool pool, int count)
    {
        var picks = Picks(pool, count);
        return (picks.Count(c => c == 'a'), picks.Count(c => c == 'b'));
    }

    private sealed class CountingChooser : IChooser
    {
        private Candidate[] _eligible = [];

        public int Rebuilds { get; set; }

        public void Rebuild(Candidate[] eligible)
        {
            Rebuilds++;
            _eligible = eligible;
        }

        public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now) => _eligible[0];
    }
}
