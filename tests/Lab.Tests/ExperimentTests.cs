using AkkaLb.Bench.Lab;
using AkkaLb.Bench.Lab.Deciding;
using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Validation;
using AkkaLb.Bench.Lab.Work;
using AkkaLb.Core.Policies;

namespace AkkaLb.Lab.Tests;

public class ExperimentTests
{
    private static readonly Setting Small = new() { Workers = 10, Jobs = 2_000 };

    /// <summary>M/M/1 with so few jobs that 10 % is a wide enough tolerance for the seed.</summary>
    private static readonly Setting Single = new() { Workers = 1, Speeds = SpeedList.Parse("1"), Slots = 1, Utilisation = 0.5, Jobs = 30_000 };

    public static TheoryData<string> Policies => [.. Policy.All.Select(p => p.Name)];

    [Fact]
    public void A_single_queue_takes_what_theory_says()
    {
        var result = Run(Single, Limits.CentralQueue);
        Assert.InRange(result.Mean, 1.9, 2.1);
        Assert.InRange(result.P99, 0.9 * Theory.SingleQueueQuantile(0.5, 0.99), 1.1 * Theory.SingleQueueQuantile(0.5, 0.99));
    }

    [Fact]
    public void A_shared_processor_takes_what_theory_says_whatever_the_distribution()
    {
        var shared = Single with { Discipline = Discipline.Shared };
        Assert.InRange(Run(shared, Limits.ShortestQueue).Mean, 1.9, 2.1);
        Assert.InRange(Run(shared with { Durations = Durations.Pareto }, Limits.ShortestQueue).Mean, 1.8, 2.2);
    }

    [Fact]
    public void A_central_queue_before_equal_workers_is_the_queue_of_many_servers()
    {
        var result = Run(Single with { Workers = 4, Utilisation = 0.8 }, Limits.CentralQueue);
        Assert.InRange(result.Mean / Theory.ManyServersMean(0.8, 4), 0.93, 1.07);
        Assert.Equal(0, result.Hot);
    }

    [Fact]
    public void Jobs_that_a_balancer_of_production_spreads_at_random_meet_single_queues()
    {
        var result = Run(Single with { Workers = 5 }, Policy.Random);
        Assert.InRange(result.Mean, 1.85, 2.15);
        Assert.InRange(result.Hot, 0.4, 0.6);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Each_policy_brings_every_job_to_an_end(string name)
    {
        foreach (var setting in (Setting[])
            [Small, Small with { Discipline = Discipline.Shared, Balancers = 3, Stock = 4, NetworkDelay = 0.01, FinishDelay = 0.1 }])
        {
            var result = Run(setting, name);
            Assert.True(result.P50 > 0 && result.P99 >= result.P50 && result.P999 >= result.P99, name);
            Assert.True(result.Imbalance >= 1, name);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_text_and_another_seed_another()
    {
        string Text(long seed)
        {
            var setting = Small with { Seed = seed, Jobs = 500 };
            var work = new WorkloadMaker(setting, null).Make();
            string[] names = [.. Limits.Names, .. Policy.All.Select(p => p.Name)];
            return ResultJson.Of(setting, work, Experiment.RunAll(setting, work, names, default)).ToJsonString();
        }

        Assert.Equal(Text(1), Text(1));
        Assert.NotEqual(Text(1), Text(2));
    }

    [Fact]
    public void Every_message_takes_the_delay_of_the_network()
    {
        // So few jobs at a time that nobody waits: question, answer, job, result.
        var idle = new Setting { Workers = 50, Speeds = SpeedList.Parse("1"), Slots = 50, Utilisation = 0.01, Jobs = 1_000 };
        var (near, far) = (Run(idle, Policy.RoundRobin), Run(idle with { NetworkDelay = 0.25 }, Policy.RoundRobin));
        Assert.Equal(near.Mean + 1, far.Mean, 6);
    }

    [Fact]
    public void An_assignment_in_stock_saves_the_question()
    {
        // 80 jobs at a time, which take ten times as long as a question: 16 in stock are twice as many as come while one is out.
        var idle = new Setting
        {
            Workers = 40, Speeds = SpeedList.Parse("1"), Slots = 50, Utilisation = 0.04, Jobs = 2_000, ServiceTime = 0.2, NetworkDelay = 0.01,
            Clients = 1,
        };
        var (asked, question) = (Run(idle, Policy.RoundRobin).Mean, 2 * 0.01 / 0.2);
        Assert.Equal(asked - question, Run(idle with { Stock = 16 }, Policy.RoundRobin).Mean, 0.2 * question);
    }

    [Fact]
    public void One_balancer_that_is_told_ends_knows_the_queues_whatever_the_age_of_reports()
    {
        var setting = Small with { ReportAge = 100 };
        var perfect = Run(setting, Limits.ShortestQueue);
        Assert.InRange(Run(setting, Policy.LeastRequests).Mean / perfect.Mean, 0.95, 1.05);
        Assert.True(Run(setting with { FinishDelay = 2 }, Policy.LeastRequests).Mean > 1.1 * perfect.Mean);
        Assert.True(Run(setting with { IsTold = false }, Policy.LeastRequests).Mean > 1.1 * perfect.Mean);
    }

    [Fact]
    public void Requests_that_wait_in_the_balancer_of_production_make_the_central_queue()
    {
        var setting = Small with { Utilisation = 0.95, ReportAge = 10 };
        var (central, firstFree) = (Run(setting, Limits.CentralQueue), Run(setting, Policy.FirstFree));
        Assert.InRange(firstFree.Mean / central.Mean, 0.95, 1.05);
        Assert.Equal(0, firstFree.Hot);
    }

    [Fact]
    public void A_full_worker_refuses_and_the_job_is_done_elsewhere()
    {
        var result = Run(Small with { Capacity = 4, Utilisation = 0.9 }, Policy.Random);
        Assert.True(result.JobRejected > 0.01);
        Assert.Equal(0, Run(Small with { Utilisation = 0.9 }, Policy.Random).Rejected);
    }

    [Theory]
    [InlineData(Limits.CentralQueue)]
    [InlineData(Limits.ShortestDelay)]
    [InlineData(Policy.RoundRobin)]
    [InlineData(Policy.LeastLoad)]
    public void Jobs_of_killed_workers_are_done_elsewhere(string name)
    {
        // About 60 s and 12 kills; a worker is away for as long as its lease, longer, and shorter.
        foreach (var downFor in (double[])[1, 5, 20])
        {
            var setting = Small with { KillEvery = 5, DownFor = downFor, Stock = 3 };
            var (calm, killed) = (Run(Small with { Stock = 3 }, name), Run(setting, name));
            Assert.NotEqual(calm, killed);
            Assert.True(killed.Done < calm.Done + 0.05, $"{name}: {killed}");
        }
    }

    [Fact]
    public void A_worker_that_slows_down_is_loaded_by_who_does_not_look()
    {
        var slow = Small with { Speeds = SpeedList.Parse("1"), Slow = 0.2, SlowFactor = 0.1, Utilisation = 0.5 };
        Assert.True(Run(slow, Policy.RoundRobin).P99 > 3 * Run(slow, Limits.ShortestDelay).P99);
    }

    [Fact]
    public void Under_overload_all_workers_are_busy_all_the_time() =>
        Assert.InRange(Run(Small with { Utilisation = 2 }, Limits.CentralQueue).Done, 0.95, 1.05);

    [Fact]
    public void Whoever_picks_the_same_worker_every_time_is_as_uneven_as_can_be()
    {
        // All jobs at one of ten workers: its load is ten times the mean, and hardly a job finds a free slot.
        var result = Run(Small, Policy.PickFirst);
        Assert.Equal(10, result.Imbalance, 6);
        Assert.InRange(result.Hot, 0.99, 1);
    }

    private static Result Run(Setting setting, string name) => Experiment.Run(setting, new WorkloadMaker(setting, null).Make(), name);
}
