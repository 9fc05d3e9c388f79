using AkkaLb.ClientNode.Commands;

namespace AkkaLb.ClientNode.Tests;

public sealed class RunProgressTests
{
    [Fact]
    public void A_run_that_has_not_ended_is_never_whole()
    {
        var summary = new JobTally().Summarize(TimeSpan.FromSeconds(1));

        Assert.Equal(0.5, RunProgress.Part(summary, null, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10)));
        Assert.InRange(RunProgress.Part(summary, null, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(35)), 0.9, 0.999);
        Assert.InRange(RunProgress.Part(summary with { Done = 10 }, 10, null, TimeSpan.FromSeconds(1)), 0.9, 0.999);
    }

    [Fact]
    public void What_a_run_waits_for_is_told_and_fits_the_line()
    {
        var summary = Summary();

        Assert.Equal(
            "210 jobs/s  done 368 failed 1 retried 2  32 under way  waiting for a balancer for 12 s",
            RunProgress.Describe(summary, 32, "waiting for a balancer for 12 s", int.MaxValue));
        Assert.Equal("done 368  waiting for a balancer for 12 s", RunProgress.Describe(summary, 32, "waiting for a balancer for 12 s", 53));
    }

    [Fact]
    public void The_workers_shares_are_shown_where_there_is_room()
    {
        var summary = Summary();
        summary.Workers["worker-1"] = 123;
        summary.Workers["worker-2"] = 245;

        Assert.Equal("210 jobs/s  done 368 failed 1 retried 2  worker-1=123 worker-2=245", RunProgress.Describe(summary, 0, null, 100));
        Assert.Equal("210 jobs/s  done 368 failed 1 retried 2", RunProgress.Describe(summary, 0, null, 53));
    }

    private static JobSummary Summary() =>
        new JobTally().Summarize(TimeSpan.FromSeconds(1)) with { JobsPerSecond = 210, Done = 368, Failed = 1, Retried = 2 };
}
