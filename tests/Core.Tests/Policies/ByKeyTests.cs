using System.Globalization;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class ByKeyTests
{
    private static readonly KeyBound NoExploration = new(Exploration: 0);

    public static TheoryData<string> Orders => ["rendezvous", "maglev"];

    [Theory]
    [MemberData(nameof(Orders))]
    public void Jobs_of_a_key_stay_at_one_worker_while_the_fleet_is_nearly_idle(string order)
    {
        var fleet = KeyFleet.Equal(20);
        var chooser = New(order, NoExploration, fleet);
        var home = chooser.PickFor("ada", 1, [], default)!;
        Give(chooser, home);
        Assert.Same(home, chooser.PickFor("ada", 1, [], default));
        Give(chooser, home);

        // Two at a time are the least bound; the third goes elsewhere, and back when one has ended.
        Assert.NotSame(home, chooser.PickFor("ada", 1, [], default));
        home.Jobs.End(1, wasAccepted: true);
        chooser.Changed(home);
        Assert.Same(home, chooser.PickFor("ada", 1, [], default));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void When_its_worker_is_left_out_or_gone_a_key_goes_to_the_same_other_one_each_time(string order)
    {
        var fleet = KeyFleet.Equal(20);
        var chooser = New(order, NoExploration, fleet);
        var home = chooser.PickFor("ada", 1, [], default)!;
        var second = chooser.PickFor("ada", 1, [home], default)!;
        Assert.NotSame(home, second);
        Assert.Same(second, chooser.PickFor("ada", 1, [home], default));
        home.Leave();
        Assert.Same(second, chooser.PickFor("ada", 1, [], default));
    }

    /// <summary>Random jobs come and go; some keys are asked for far more than others, now and then one for all.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void Nobody_is_brought_above_the_bound(string order) => Seeded.Runs(order == "maglev" ? 100 : 500, random =>
    {
        var bound = new KeyBound(random.Of([1.01, 1.25, 2]), random.Next(1, 4), random.Of([0, 0.01, 0.5]));
        var fleet = KeyFleet.Any(random, countMax: 50);
        var chooser = New(order, bound, fleet);
        Candidate[] there = [.. fleet.Where(c => c.IsEligible)];
        var open = new List<Candidate>();
        var keys = random.Of([1, 10, 1_000]);
        for (var step = 0; step < 500 && there.Length > 0; step++)
        {
            if (random.Chance(0.45) && open.Count > 0)
            {
                var ended = random.Of(open);
                open.Remove(ended);
                ended.Jobs.End(1, wasAccepted: true);
                chooser.Changed(ended);
                continue;
            }

            var (load, rate) = (fleet.Sum(c => c.InFlight), fleet.Sum(c => c.Rate));
            var key = ((int)(keys * Math.Pow(random.NextDouble(), 3))).ToString(CultureInfo.InvariantCulture);
            var picked = chooser.PickFor(key, 1, [], default)!;
            Assert.True(picked.IsEligible);
            if (there.Length == fleet.Length)
            {
                Assert.InRange(picked.InFlight + 1, 1, Math.Max(bound.JobsMin, Math.Ceiling(bound.Factor * (load + 1) * picked.Rate / rate)));
            }

            Give(chooser, picked);
            open.Add(picked);
        }
    });

    /// <summary>A worker that would be above its bound with the job gets it only when it has no more than its share before.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void A_heavy_job_goes_to_somebody_with_no_more_than_its_share(string order) => Seeded.Runs(order == "maglev" ? 20 : 200, random =>
    {
        var fleet = KeyFleet.Equal(random.Next(2, 30));
        var chooser = New(order, NoExploration, fleet);
        for (var i = 0; i < 200; i++)
        {
            var (load, weight) = (fleet.Sum(c => c.InFlight), random.Of([1, 1, 5, 1_000]));
            var picked = chooser.PickFor($"{random.Next(50)}", weight, [], default)!;
            var most = Math.Max(2, Math.Ceiling(1.25 * (load + weight) / fleet.Length));
            Assert.True(picked.InFlight + weight <= most || picked.InFlight <= load / fleet.Length);
            Give(chooser, picked, weight);
        }
    });

    /// <summary>100,000 picks; five standard deviations.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void One_job_in_a_hundred_goes_to_any_other_worker(string order)
    {
        const int Picks = 100_000;
        var fleet = KeyFleet.Equal(11);
        var chooser = New(order, new KeyBound(), fleet);
        var counts = Enumerable.Range(0, Picks).Select(_ => chooser.PickFor("ada", 1, [], default)!).CountBy(c => c).ToDictionary();
        Assert.Equal(11, counts.Count);
        var others = Picks - counts.Values.Max();
        Assert.InRange(others, 1_000 - (5 * Math.Sqrt(990)), 1_000 + (5 * Math.Sqrt(990)));
        Assert.All(counts.Values.Order().Take(10), count => Assert.InRange(count, 50, 150));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Two_balancers_and_one_that_starts_again_agree(string order)
    {
        var first = New(order, NoExploration, KeyFleet.Equal(50), seed: 1);
        Candidate[] reversed = [.. KeyFleet.Equal(50).Reverse()];
        var second = New(order, NoExploration, reversed, seed: 2);
        Assert.All(Enumerable.Range(0, 1_000).Select(i => $"user {i}"), key => Assert.Equal(
            first.PickFor(key, 1, [], default)!.Key.Id, second.PickFor(key, 1, [], default)!.Key.Id));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_job_without_a_key_goes_to_the_less_loaded_of_two(string order)
    {
        var fleet = KeyFleet.Equal(2);
        var chooser = New(order, NoExploration, fleet);
        Give(chooser, fleet[0]);
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Same(fleet[1], chooser.Pick([], default)));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Nobody_is_named_when_all_are_left_out(string order)
    {
        var fleet = KeyFleet.Equal(3);
        var chooser = New(order, new KeyBound(), fleet);
        Assert.Null(chooser.PickFor("ada", 1, fleet, default));
        Assert.Null(chooser.Pick(fleet, default));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void The_pool_hands_the_key_on(string order)
    {
        var policy = Policy.Of(order) with { NewChooser = random => New(order, NoExploration, [], random: random) };
        var pool = Pool(policy, BalancerLimits.Default);
        pool.ApplySnapshot(Members([.. Enumerable.Range(0, 30).Select(KeyFleet.Id)]), default);
        var requests = 0;
        var homes = Enumerable.Range(0, 100).Select(i => PickOf(pool, $"{i}", ++requests)).ToList();
        Assert.InRange(homes.Distinct().Count(), 20, 30);
        Assert.Equal(homes, Enumerable.Range(0, 100).Select(i => PickOf(pool, $"{i}", ++requests)));
        pool.ApplyChanges([Removed(homes[0])], default);
        Assert.NotEqual(homes[0], PickOf(pool, "0", ++requests));
    }

    [Theory]
    [InlineData(1.0, 2, 0.01)]
    [InlineData(2.01, 2, 0.01)]
    [InlineData(double.NaN, 2, 0.01)]
    [InlineData(1.25, 0, 0.01)]
    [InlineData(1.25, 1_001, 0.01)]
    [InlineData(1.25, 2, -0.01)]
    [InlineData(1.25, 2, 0.51)]
    public void A_bound_outside_of_its_range_is_refused(double factor, int jobsMin, double exploration) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyBound(factor, jobsMin, exploration));

    /// <summary>Each pick has ended when the next one is asked for.</summary>
    private static string PickOf(WorkerPool pool, string key, int request)
    {
        var picked = new List<Candidate>();
        EndedPick[] ended = [new EndedPick(request - 1, PickEnd.Done, S(1), default)];
        Assert.Null(pool.Ask(new Assign(request, 1, [], key, S(60), Finished: new Finished(1, 0, ended)), picked, default));
        return Assert.Single(picked).Key.Id;
    }

    private static ByKey New(string order, KeyBound bound, Candidate[] fleet, int seed = 4053, Random? random = null)
    {
        var chooser = new ByKey(order == "maglev" ? new MaglevOrder() : new RendezvousOrder(), random ?? new Random(seed), bound);
        chooser.Rebuild(fleet);
        return chooser;
    }

    private static void Give(ByKey chooser, Candidate candidate, int weight = 1)
    {
        candidate.Jobs.Give(weight, isTold: true, default);
        chooser.Changed(candidate);
    }
}
