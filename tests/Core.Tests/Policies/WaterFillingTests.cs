using System.Globalization;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class WaterFillingTests
{
    private readonly WaterFilling _chooser = new(new Random(4053));

    [Fact]
    public void Water_stands_over_the_lower_workers_only()
    {
        // 3 jobs over 1, 2 and 9: up to 3.
        Assert.Equal(3, WaterFilling.Level([1, 2, 9], [1, 1, 1], 3), 9);
        Assert.Equal(5, WaterFilling.Level([1, 2, 9], [1, 1, 1], 7), 9);
        Assert.Equal(10, WaterFilling.Level([1, 2, 9], [1, 1, 1], 18), 9);
    }

    [Fact]
    public void A_worker_of_twice_the_rate_takes_twice_the_water() => Assert.Equal(2, WaterFilling.Level([0, 0], [1, 2], 6), 9);

    [Fact]
    public void The_level_is_that_which_bisection_finds() => Seeded.Runs(5_000, random =>
    {
        var workers = random.Next(1, 60);
        var inFlight = Enumerable.Range(0, workers).Select(_ => random.Chance(0.3) ? 0 : random.NextDouble() * random.Of([1, 10, 1000])).ToArray();
        var rates = Enumerable.Range(0, workers).Select(_ => random.Of([0.01, 1, 4, 64]) * (1 + random.NextDouble())).ToArray();
        var expected = random.Of([0.5, 5, 500]) * (1 + random.NextDouble());
        var (low, high) = (0.0, 1e9);
        for (var step = 0; step < 200; step++)
        {
            var middle = (low + high) / 2;
            var water = inFlight.Zip(rates, (q, r) => Math.Max(0, (middle * r) - q)).Sum();
            (low, high) = water < expected ? (middle, high) : (low, middle);
        }

        Assert.InRange(WaterFilling.Level(inFlight, rates, expected), low * (1 - 1e-9), high * (1 + 1e-9));
    });

    [Fact]
    public void Workers_are_drawn_with_the_probabilities_that_level_them()
    {
        // All have the same rate, and K is 1 at least: 1 job over 0, 0.5 and 3 stands at 0.75. So 3 to 1 to nothing.
        Candidate[] all = [new(Up("a", 1)), new(Up("b", 2)), new(Up("c", 3))];
        all[1].Jobs.Give(1, isTold: false, default);
        all[1].Jobs.Age(S(Math.Log(2))); // half of it is over, as far as anybody knows
        all[2].Jobs.Give(3, isTold: true, default);
        var counts = new Dictionary<Candidate, int>();
        const int Picks = 100_000;
        for (var i = 0; i < Picks; i++)
        {
            _chooser.Rebuild(all); // computes again, so K stays what it is
            var picked = _chooser.Pick([], default)!;
            counts[picked] = counts.GetValueOrDefault(picked) + 1;
        }

        // Seed 4053: five standard deviations, 0.7 %.
        Assert.InRange(counts[all[0]], Picks * 0.743, Picks * 0.757);
        Assert.InRange(counts[all[1]], Picks * 0.243, Picks * 0.257);
        Assert.Equal(2, counts.Count);
    }

    [Fact]
    public void A_long_burst_is_spread_over_all_though_one_looks_best()
    {
        var all = Candidates(100);
        foreach (var candidate in all[1..])
        {
            candidate.Jobs.Give(2, isTold: true, default);
        }

        _chooser.Rebuild(all);
        var counts = Enumerable.Range(0, 10_000).Select(_ => _chooser.Pick([], default)!).CountBy(c => c).ToDictionary();

        // Nothing is given, so it looks best all the time: it gets the first few, and in the end 1 in 100 like the others.
        Assert.Equal(100, counts.Count);
        Assert.InRange(counts[all[0]], 80, 250);
    }

    [Fact]
    public void Others_arrivals_make_the_draw_wider()
    {
        var all = Candidates(2);
        all[1].Jobs.Give(4, isTold: true, default);
        _chooser.Rebuild(all);
        Assert.DoesNotContain(all[1], Enumerable.Range(0, 3).Select(_ => Alone()));

        // 40 of others' jobs in a second: 20 as the mean with none before. How long they take nobody knows, so one heartbeat of 1 s counts.
        all[0].Jobs.Report(new JobCounts(1, 0), default);
        all[0].Jobs.Report(new JobCounts(41, 0), S(1));
        Assert.Equal(20, all[0].Jobs.OthersPerSecond);
        var drawn = Enumerable.Range(0, 1_000).Count(_ => Alone() == all[1]);

        // K = 20 over 0 and 4: 12 and 8.
        Assert.InRange(drawn, 320, 480);

        Candidate Alone()
        {
            _chooser.Rebuild(all);
            return _chooser.Pick([], S(1))!;
        }
    }

    [Fact]
    public void Each_draw_is_the_one_that_a_naive_reading_makes() => Seeded.Runs(2_000, random =>
    {
        var seed = random.Next();
        var (chooser, draws) = (new WaterFilling(new Random(seed)), new Random(seed));
        var all = Candidates(random.Next(1, 40));
        foreach (var candidate in all)
        {
            candidate.Jobs.Give(random.Next(10), isTold: true, default);
        }

        for (var pick = 0; pick < 20; pick++)
        {
            chooser.Rebuild(all);
            var picked = chooser.Pick([], default)!;

            // At the start of the clock K is 1.
            var lowest = all.Min(c => c.InFlight);
            var low = all.Where(c => c.InFlight == lowest).ToList();
            var level = lowest + (1.0 / low.Count);

            // Whole jobs and one rate: one job never reaches those with more, but where one is lowest alone it comes level with the next.
            Assert.All(all, c => Assert.True(c.InFlight == lowest || c.InFlight >= level));
            Assert.Same(low[(int)(draws.NextDouble() * low.Count)], picked);
            picked.Jobs.Give(1, isTold: true, default);
        }
    });

    [Fact]
    public void Nobody_is_drawn_who_cannot_be_picked()
    {
        var all = Candidates(3);
        _chooser.Rebuild(all);
        all[0].Leave();
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Same(all[2], _chooser.Pick([all[1]], default)));
        Assert.Null(_chooser.Pick([all[1], all[2]], default));
        _chooser.Rebuild([]);
        Assert.Null(_chooser.Pick([], default));
    }

    /// <summary>Each decider hears of the others' jobs a second late, ten times what a job takes. Draws that level keep the longest queue shorter
    /// than the least of all, which brings everybody to the same workers.</summary>
    [Fact]
    public void Five_deciders_with_old_reports_do_not_herd() => Seeded.Runs(10, random =>
    {
        var water = LongestQueue(r => new WaterFilling(r), random, deciders: 5);
        var least = LongestQueue(_ => new Least<Delay>(), random, deciders: 5);
        Assert.True(water < 0.9 * least, $"water {water}, least {least}");
    });

    [Fact]
    public void One_decider_is_nearly_as_good_as_the_least_of_all() => Seeded.Runs(10, random =>
    {
        var water = LongestQueue(r => new WaterFilling(r), random, deciders: 1);
        var two = LongestQueue(r => new BestOfTwo<Delay>(r), random, deciders: 1);
        Assert.True(water < 0.6 * two, $"water {water}, the better of two {two}");
    });

    /// <returns>The mean over time of the longest queue.</returns>
    private static double LongestQueue(Func<Random, IChooser> make, Random random, int deciders)
    {
        const int Workers = 30;
        var choosers = Enumerable.Range(0, deciders).Select(_ => make(new Random(random.Next()))).ToArray();
        var views = Enumerable.Range(0, deciders).Select(_ => Candidates(Workers)).ToArray();
        var (truth, accepted) = (new int[Workers], new long[Workers]);
        var ownOf = new List<int>[Workers];
        for (var w = 0; w < Workers; w++)
        {
            ownOf[w] = [];
        }

        for (var d = 0; d < deciders; d++)
        {
            choosers[d].Rebuild(views[d]);
        }

        var (sum, samples) = (0.0, 0);
        for (var ms = 0; ms < 20_000; ms += 10)
        {
            var now = Ms(ms);

            // 0.8 of what all do: each ends a job in 100 ms on average, so 3 in 10 ms, of which 2.4 are given.
            for (var d = 0; d < deciders; d++)
            {
                for (var left = 2.4 / deciders; left > 0 && random.NextDouble() < left; left--)
                {
                    var w = Array.IndexOf(views[d], choosers[d].Pick([], now)!);
                    views[d][w].Jobs.Give(1, isTold: true, now);
                    views[d][w].Picked(ms + 1);
                    choosers[d].Changed(views[d][w]);
                    truth[w]++;
                    accepted[w]++;
                    ownOf[w].Add(d);
                }
            }

            for (var w = 0; w < Workers; w++)
            {
                if (truth[w] > 0 && random.Chance(0.1))
                {
                    truth[w]--;
                    var d = ownOf[w][0];
                    ownOf[w].RemoveAt(0);
                    views[d][w].Jobs.End(1, wasAccepted: true);
                    choosers[d].Changed(views[d][w]);
                }

                if ((ms + (w * 30)) % 1000 < 10)
                {
                    foreach (var view in views)
                    {
                        view[w].Jobs.Report(new JobCounts(accepted[w], truth[w]), now);
                    }
                }
            }

            for (var d = 0; d < deciders; d++)
            {
                foreach (var candidate in views[d])
                {
                    candidate.Jobs.Age(now);
                    choosers[d].Changed(candidate);
                }
            }

            sum += truth.Max();
            samples++;
        }

        return sum / samples;
    }

    private static Candidate[] Candidates(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Candidate(Up(i.ToString(CultureInfo.InvariantCulture), i + 1)))];
}
