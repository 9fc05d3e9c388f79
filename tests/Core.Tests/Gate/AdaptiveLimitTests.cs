using System.Globalization;
using AkkaLb.Core.Gate;
using Xunit.Abstractions;

namespace AkkaLb.Core.Tests.Gate;

public class AdaptiveLimitTests(ITestOutputHelper output)
{
    private const int Max = 64;

    /// <summary>Seeds of each world. What is claimed of many is claimed of their mean.</summary>
    private const int Seeds = 12;

    public static TheoryData<int, string> ProcessorsAndKinds()
    {
        var data = new TheoryData<int, string>();
        foreach (var processors in (int[])[1, 2, 4, 8, 16])
        {
            foreach (var kind in Kinds)
            {
                data.Add(processors, kind);
            }
        }

        return data;
    }

    public static TheoryData<string> AllKinds() => [.. Kinds];

    [Theory]
    [MemberData(nameof(ProcessorsAndKinds))]
    public void Computing_jobs_use_the_processors_and_run_at_nearly_full_speed(int processors, string kind)
    {
        var worlds = Worlds(seed => new LimitWorld(Max, Math.Max(1, processors / 2), Seconds(kind), seed) { Processors = processors }, 900, 600);
        Tell($"{processors} processors, {kind}", worlds, processors);
        Assert.All(worlds, w => Assert.InRange(w.Throughput / processors, 0.7, 1.001));
        Assert.InRange(worlds.Average(w => w.Throughput) / processors, 0.95, 1.001);
        Assert.InRange(worlds.Average(w => w.Slowdown), 1, 1.2);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Waiting_jobs_come_to_use_nearly_all_places(string kind)
    {
        var worlds = Worlds(seed => new LimitWorld(Max, 1, Seconds(kind), seed) { Waits = (_, _) => true }, 600, 300);
        Tell($"waiting, {kind}", worlds, Max);
        Assert.All(worlds, w => Assert.InRange(w.Most, 50, Max));
        Assert.InRange(worlds.Average(w => w.Throughput) / Max, 0.92, 1.001);
    }

    [Theory]
    [InlineData("constant")]
    [InlineData("exponential")]
    [InlineData("heavy")]
    public void Processors_that_a_neighbour_takes_and_gives_back_are_noticed(string kind)
    {
        var worlds = Enumerable.Range(0, Seeds).Select(seed => new LimitWorld(Max, 4, Seconds(kind), seed) { Processors = 4 }).ToList();
        Assert.InRange(Mean(300, 300), 3.8, 5);
        worlds.ForEach(w => w.Processors = 2);
        Assert.InRange(Mean(600, 300), 1.8, 2.6);
        worlds.ForEach(w => w.Processors = 4);
        Assert.InRange(Mean(1200, 300), 3.6, 5);

        double Mean(double before, double seconds) => worlds.Average(w =>
        {
            w.Run(before);
            var passed = w.Run(seconds);
            return (passed.Least + passed.Most) / 2.0;
        });
    }

    [Fact]
    public void Other_jobs_are_noticed_whenever_they_come()
    {
        for (var before = 10; before <= 200; before += 10)
        {
            var waits = false;
            var world = new LimitWorld(Max, 2, random => waits ? 0.05 : Seconds("exponential")(random), seed: before)
            {
                Processors = 2,
                Waits = (_, _) => waits,
            };
            world.Run(before);
            waits = true;
            world.Run(900);
            Assert.InRange(world.Limit.Found, 50, Max);
            waits = false;
            world.Run(600);
            Assert.InRange(world.Limit.Found, 1, 4);
        }
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void A_worker_that_has_little_to_do_does_not_run_away(double load)
    {
        var worlds = Worlds(
            seed => new LimitWorld(Max, 2, Seconds("exponential"), seed) { Processors = 2, Arrivals = load * 2 / 0.1 }, 600, 1200);
        Assert.All(worlds, w => Assert.InRange(w.Most, 2, 4));
        Assert.InRange(worlds.Average(w => w.Slowdown), 1, 1.25);
    }

    [Fact]
    public void Without_a_job_that_uses_up_the_limit_it_stays() => Assert.All(
        Worlds(seed => new LimitWorld(Max, 8, Seconds("exponential"), seed) { Waits = (_, _) => true, Callers = 3 }, 600, 600),
        w => Assert.Equal((8, 8), (w.Least, w.Most)));

    [Fact]
    public void It_follows_the_number_of_callers_no_further_than_they_are() => Assert.All(
        Worlds(seed => new LimitWorld(Max, 2, Seconds("exponential"), seed) { Waits = (_, _) => true, Callers = 10 }, 600, 600),
        w => Assert.InRange(w.Most, 8, 14));

    /// <summary>Nine of ten wait for a moment; what limits the worker is the tenth, which computes for long.</summary>
    [Fact]
    public void Short_jobs_that_wait_do_not_hide_long_ones_that_compute()
    {
        var worlds = Worlds(
            seed => new LimitWorld(Max, 2, Seconds("two kinds"), seed) { Processors = 2, Waits = (_, seconds) => seconds < 0.1 }, 1200, 600);
        Assert.All(worlds, w => Assert.InRange(w.Most, 2, 5));
        Assert.InRange(worlds.Average(w => w.Throughput), 1.9, 2.3);
    }

    [Fact]
    public void One_job_of_an_hour_does_not_keep_it_from_adapting()
    {
        var isFirst = true;
        var world = new LimitWorld(Max, 2, Seconds, seed: 1) { Waits = (_, _) => true };
        world.Run(600);
        Assert.InRange(world.Limit.Found, 50, Max);

        double Seconds(Random random)
        {
            var length = isFirst ? 3600 : 0.1;
            isFirst = false;
            return length;
        }
    }

    [Fact]
    public void With_one_place_there_is_nothing_to_find()
    {
        var world = new LimitWorld(1, 1, Seconds("exponential"), seed: 1);
        world.Run(600);
        Assert.Equal((1, 1, 1), (world.Limit.Found, world.Limit.Current, world.Limit.Places));
    }

    [Fact]
    public void Whatever_it_is_told_it_stays_within_its_bounds() => Seeded.Runs(200, random =>
    {
        var max = 1 + random.Next(100);
        var limit = new AdaptiveLimit(max, 1 + random.Next(max));
        var (now, starts) = (TimeSpan.FromDays(random.Next(1000)), new List<(AdaptiveLimit.Start Start, TimeSpan At)>());
        for (var i = 0; i < 3000; i++)
        {
            now += random.Chance(0.5) ? TimeSpan.Zero : TimeSpan.FromTicks((long)Math.Pow(10, 15 * random.NextDouble() * random.NextDouble()));
            if (starts.Count == 0 || (starts.Count < 2 * max && random.Chance(0.5)))
            {
                starts.Add((limit.Started(starts.Count + 1, now), now));
            }
            else
            {
                // Some jobs are forgotten without an end.
                var (start, at) = starts[random.Next(starts.Count)];
                starts.Remove((start, at));
                if (random.Chance(0.9))
                {
                    limit.Ended(start, now - at, starts.Count + 1, now);
                }
            }

            Assert.InRange(limit.Current, 1, max);
            Assert.InRange(limit.Places, limit.Current, max);
            Assert.InRange(limit.Found, 1, limit.Places);
        }
    });

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4, 0)]
    [InlineData(4, 5)]
    public void Bounds_that_cannot_be_are_refused(int max, int first) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdaptiveLimit(max, first));

    private void Tell(string what, List<LimitWorld.Passed> worlds, double best) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what}: throughput {worlds.Average(w => w.Throughput) / best:0.000} (least {worlds.Min(w => w.Throughput) / best:0.00}), "
            + $"slowdown {worlds.Average(w => w.Slowdown):0.00} (most {worlds.Max(w => w.Slowdown):0.00})"));

    private static List<LimitWorld.Passed> Worlds(Func<int, LimitWorld> world, double before, double seconds) =>
        [.. Enumerable.Range(0, Seeds).Select(world).Select(w =>
        {
            w.Run(before);
            return w.Run(seconds);
        })];

    private static readonly string[] Kinds = ["constant", "exponential", "heavy", "two kinds", "two halves"];

    /// <summary>Of a mean of 0.1 s.</summary>
    private static Func<Random, double> Seconds(string kind) => kind switch
    {
        "constant" => _ => 0.1,
        "exponential" => r => -0.1 * Math.Log(1 - r.NextDouble()),
        "heavy" => HeavyTailed,
        "two kinds" => r => r.NextDouble() < 0.9 ? 0.01 : 0.91,
        "two halves" => r => r.NextDouble() < 0.5 ? 0.002 : 0.198,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Bounded Pareto, 1.5, the longest a thousand times the shortest.</summary>
    private static double HeavyTailed(Random random)
    {
        const double Ratio = 1000;
        var shortest = 0.1 / (3 * (1 - Math.Pow(Ratio, -0.5)) / (1 - Math.Pow(Ratio, -1.5)));
        return shortest * Math.Pow(1 - (random.NextDouble() * (1 - Math.Pow(Ratio, -1.5))), -1 / 1.5);
    }
}
