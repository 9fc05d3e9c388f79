using AkkaLb.Bench.Lab.Engine;

namespace AkkaLb.Lab.Tests;

public class MeterTests
{
    [Fact]
    public void Quantiles_are_response_times_that_so_many_jobs_did_not_exceed()
    {
        var meter = new Meter(jobs: 1000, firstCounted: 0, stations: 1, capability: 1);
        for (var job = 0; job < 1000; job++)
        {
            meter.Answered(job, 1000 - job);
        }

        var result = meter.Read(serviceTime: 10);
        Assert.Equal((50.0, 99.0, 99.9, 50.05), (result.P50, result.P99, result.P999, result.Mean));
    }

    [Fact]
    public void Jobs_of_the_warm_up_do_not_count()
    {
        var meter = new Meter(jobs: 2, firstCounted: 1, stations: 1, capability: 1);
        meter.Answered(0, 100);
        meter.Hot(0);
        meter.Answered(1, 1);
        var result = meter.Read(serviceTime: 1);
        Assert.Equal((1.0, 1.0, 0.0), (result.P999, result.Mean, result.Hot));
    }

    [Fact]
    public void Imbalance_is_the_largest_load_over_the_mean_averaged_over_the_time_in_which_there_is_any()
    {
        var meter = new Meter(jobs: 1, firstCounted: 0, stations: 2, capability: 1);
        meter.BeginTime(0);
        meter.LoadChanged(0, 1, 2); // nothing until 2
        meter.LoadChanged(1, 1, 3); // 2 for a second
        meter.EndTime(6); // 1 for three
        meter.Answered(0, 1);
        Assert.Equal(5.0 / 4, meter.Read(serviceTime: 1).Imbalance);
    }

    [Fact]
    public void The_largest_of_many_numbers_is_that_of_a_plain_search()
    {
        var random = new Random(4053);
        foreach (var count in (int[])[1, 2, 3, 7, 64, 100])
        {
            var (tree, plain) = (new MaxTree(count), new double[count]);
            for (var change = 0; change < 1000; change++)
            {
                var place = random.Next(count);
                plain[place] = random.Next(20);
                tree.Set(place, plain[place]);
                Assert.Equal(plain.Max(), tree.Max);
            }
        }
    }
}
