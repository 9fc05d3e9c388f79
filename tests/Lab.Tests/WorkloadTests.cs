using AkkaLb.Bench.Lab;
using AkkaLb.Bench.Lab.Work;
using AkkaLb.ClientNode.Commands;

namespace AkkaLb.Lab.Tests;

public class WorkloadTests
{
    private static readonly Setting Files = new() { Arrivals = "trace.csv", Durations = Durations.File, ServiceTime = 0.2, Utilisation = 0.7 };

    [Fact]
    public void Speeds_have_the_shares_that_were_asked_for()
    {
        var speeds = SpeedList.Parse("0.5:0.3,1:0.5,2:0.2").For(11);
        Assert.Equal([(0.5, 3), (1.0, 6), (2.0, 2)], speeds.CountBy(s => s).Select(pair => (pair.Key, pair.Value)).Order());
    }

    [Fact]
    public void Speeds_without_shares_have_equal_ones()
    {
        Assert.Equal([1, 1, 1, 4, 4, 4], SpeedList.Parse("1,4").For(6));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1:")]
    [InlineData("0")]
    [InlineData("1:2:3")]
    [InlineData("1,,2")]
    [InlineData("1e3")]
    [InlineData("-1")]
    public void What_is_no_list_of_speeds_is_refused(string text)
    {
        Assert.Throws<FormatException>(() => SpeedList.Parse(text));
    }

    [Fact]
    public void A_file_is_stretched_until_the_utilisation_results_and_repeated_until_there_are_enough_jobs()
    {
        var trace = new Trace([0, 1, 5, 7], [1, 2, 3, 2], [5, 1, 1, 1]);
        var work = Make(Files with { Jobs = 10_000 }, trace);
        var offered = work.Durations.Sum() / (work.Arrivals[^1] * 10_000 / 9_999 * Files.Capability);
        Assert.Equal(0.7, offered, 6);
        Assert.Equal(0.2, work.Durations.Average(), 6);
        Assert.Equal(work.Durations[0], work.Durations[4]);
        Assert.Equal(WorkloadMaker.JobBytesMean, work.Bytes.Average(), 1.0);
        Assert.Equal(["the file's 4 rows are repeated end to end until there are 10000 jobs"], work.Notes);
    }

    [Fact]
    public void Gaps_of_a_file_keep_their_ratios_and_its_mean_gap_is_between_two_rounds()
    {
        var work = Make(Files with { Jobs = 12 }, new Trace([0, 1, 6], null, [1, 1, 1]));
        var gaps = work.Arrivals.Skip(1).Zip(work.Arrivals, (later, earlier) => (later - earlier) / (work.Arrivals[1] - work.Arrivals[0]));
        Assert.Equal([1, 5, 3, 1, 5, 3, 1, 5, 3, 1, 5], gaps.Select(gap => Math.Round(gap, 6)));
    }

    [Fact]
    public void A_duration_that_would_outlast_the_run_is_cut_and_said_so()
    {
        var durations = Enumerable.Repeat(1.0, 10_000).ToArray();
        durations[7] = 1e9;
        var setting = Files with { Jobs = 10_000 };
        var work = Make(setting, new Trace([.. Enumerable.Range(0, 10_000)], null, durations));

        // On the slowest worker it takes just the whole run.
        Assert.Equal(work.Arrivals[^1] * 10_000 / 9_999, work.Durations[7] / 0.5, 6);
        Assert.Equal(0.2, work.Durations.Average(), 6);
        Assert.Single(work.Notes, note => note.StartsWith("1 of 10000 durations would outlast the run", StringComparison.Ordinal));
    }

    [Fact]
    public void The_cut_is_where_the_largest_is_so_many_times_the_mean()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            double[] weights = [.. Enumerable.Range(0, random.Next(2, 50)).Select(_ => Math.Exp(6 * random.NextDouble()))];
            var longest = 1.1 + (3 * random.NextDouble());
            if (DurationCap.Of(weights, longest) is not { } cap)
            {
                Assert.True(weights.Max() <= longest * weights.Average(), $"seed {seed}");
                continue;
            }

            Assert.True(weights.Max() > cap, $"seed {seed}");
            Assert.Equal(longest, cap / weights.Average(w => Math.Min(w, cap)), 6);
        }
    }

    [Fact]
    public void The_heavy_tail_has_mean_one_and_its_bounds()
    {
        // Variance 1.5 k^1.5 (106^0.5 - 0.35^0.5) / 0.5 - 1, about 5: five standard errors of 400,000 draws are 0.02.
        var random = new Random(4053);
        double[] draws = [.. Enumerable.Range(0, 400_000).Select(_ => BoundedPareto.Draw(random))];
        Assert.InRange(draws.Average(), 0.98, 1.02);
        Assert.InRange(draws.Min(), 0.35, 0.36);
        Assert.InRange(draws.Max(), 30, 107);
    }

    [Fact]
    public void Poisson_jobs_come_at_the_rate_that_makes_the_utilisation()
    {
        var setting = new Setting { Jobs = 100_000, ServiceTime = 3 };
        var work = Make(setting, null);
        Assert.InRange(work.Arrivals[^1] / (100_000 * 3 / (0.8 * setting.Capability)), 0.985, 1.015);
        Assert.InRange(work.Durations.Average(), 2.95, 3.05);
    }

    private static Workload Make(Setting setting, Trace? trace) => new WorkloadMaker(setting, trace).Make();
}
