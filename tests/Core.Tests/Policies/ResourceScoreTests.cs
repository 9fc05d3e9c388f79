using System.Globalization;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class ResourceScoreTests
{
    private readonly Candidate _a = new(Up("a", 1));
    private readonly Candidate _b = new(Up("b", 2));
    private readonly ResourceScore _chooser = new(new Random(4053));

    public ResourceScoreTests() => _chooser.Rebuild([_a, _b]);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(10, 4)]
    [InlineData(100, 10)]
    [InlineData(10_000, 100)]
    [InlineData(1_000_000, 100)]
    public void The_square_root_of_all_is_drawn_up_to_a_hundred(int workers, int drawn) => Assert.Equal(drawn, ResourceScore.Drawn(workers));

    [Fact]
    public void The_one_with_more_memory_to_spare_is_picked_until_its_jobs_outweigh_that()
    {
        Report(_a, 800, 1000);
        Report(_b, 200, 1000);

        // 0.45 x 0.6 = 0.27 is what four of eight places are worth: 0.55 x 4 / 8 = 0.275.
        Assert.Equal("b b b b a", string.Join(' ', Enumerable.Range(0, 5).Select(_ => Picked(default).Key.Id)));
    }

    [Fact]
    public void A_worker_of_unknown_memory_counts_as_half_full()
    {
        Report(_b, 499, 1000);
        Assert.Same(_b, _chooser.Pick([], default));
        Report(_b, 501, 1000);
        Assert.Same(_a, _chooser.Pick([], default));
        Report(_b, 999, 0);
        Report(_a, 501, 1000);
        Assert.Same(_b, _chooser.Pick([], default));
    }

    [Fact]
    public void An_old_report_tells_nothing()
    {
        Report(_a, 1, 1000);
        Report(_b, 999, 1000);
        Assert.Same(_a, _chooser.Pick([], S(3) - TimeSpan.FromTicks(1)));
        Assert.Equal(ResourceScore.Score(_a, S(3)), ResourceScore.Score(_b, S(3)));
    }

    [Fact]
    public void Workers_with_the_same_score_get_the_same_share()
    {
        const int Workers = 50;
        const int Picks = 100_000;
        _chooser.Rebuild(Candidates(Workers));
        var counts = Enumerable.Range(0, Picks).Select(_ => _chooser.Pick([], default)!.Key.Id).CountBy(id => id).ToDictionary();

        // Seed 4053: five standard deviations of a binomial count.
        var bound = 5 * Math.Sqrt(Picks / (double)Workers);
        Assert.Equal(Workers, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, (Picks / Workers) - bound, (Picks / Workers) + bound));
    }

    [Fact]
    public void The_best_of_a_hundred_is_picked_as_often_as_it_is_among_the_ten_that_are_drawn()
    {
        const int Picks = 100_000;
        var all = Candidates(100);
        _chooser.Rebuild(all);
        Report(all[37], 1, 1000);
        var best = Enumerable.Range(0, Picks).Count(_ => _chooser.Pick([], default) == all[37]);

        // Without replacement: 10 in 100. With it, it would be 9.56 %. Seed 4053: three standard deviations, 0.28 %.
        Assert.InRange(best, Picks * 0.0972, Picks * 0.1028);
    }

    [Fact]
    public void The_only_one_that_is_left_is_found_among_ten_thousand()
    {
        var all = Candidates(10_000);
        _chooser.Rebuild(all);
        foreach (var gone in all.Skip(1))
        {
            gone.Leave();
        }

        Assert.Same(all[0], _chooser.Pick([], default));
        Assert.Null(_chooser.Pick([all[0]], default));
    }

    [Fact]
    public void Every_pick_is_the_one_that_a_naive_reading_makes() => Seeded.Runs(2_000, random =>
    {
        var seed = random.Next();
        var (chooser, draws) = (new ResourceScore(new Random(seed)), new Random(seed));
        var all = Candidates(random.Next(1, 40));
        chooser.Rebuild(all);
        var order = Enumerable.Range(0, all.Length).ToList();
        foreach (var candidate in all)
        {
            Report(candidate, random.Next(5) * 100, random.Of([0, 300, 1000]));
        }

        for (var pick = 0; pick < 50; pick++)
        {
            var now = S(random.Next(6));
            var leftOut = all.Where(_ => random.Chance(0.3)).ToArray();
            var drawn = new List<Candidate>();
            var wanted = Math.Ceiling(Math.Sqrt(all.Length));
            for (var i = 0; i < all.Length && drawn.Count < wanted && (drawn.Count == 0 || i < 4 * wanted); i++)
            {
                // Whoever is drawn changes places with the first of those that are still there.
                var place = draws.Next(i, all.Length);
                (order[i], order[place]) = (order[place], order[i]);
                drawn.AddRange(new[] { all[order[i]] }.Except(leftOut));
            }

            var expected = drawn.MinBy(c => Naive(c, now));
            var picked = chooser.Pick(leftOut, now);
            Assert.Same(expected, picked);
            picked?.Jobs.Give(1, isTold: true, now);
        }
    });

    private static double Naive(Candidate c, TimeSpan now)
    {
        var memory = !c.IsFresh(now) || c.LimitBytes == 0 ? 0.5 : c.ResidentBytes > c.LimitBytes ? 1 : c.ResidentBytes / (double)c.LimitBytes;
        return (0.45 * memory) + (0.55 * c.InFlight / 8);
    }

    private static Candidate[] Candidates(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Candidate(Up(i.ToString(CultureInfo.InvariantCulture), i + 1)))];

    private static void Report(Candidate candidate, long bytes, long limit) =>
        candidate.Report(Sample(candidate.Key.Id, bytes) with { LimitBytes = limit }, default, S(3));

    private Candidate Picked(TimeSpan now)
    {
        var picked = _chooser.Pick([], now)!;
        picked.Jobs.Give(1, isTold: true, now);
        return picked;
    }
}
