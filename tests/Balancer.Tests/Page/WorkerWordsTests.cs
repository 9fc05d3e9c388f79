using AkkaLb.Balancer.Page;
using AkkaLb.Core;
using static AkkaLb.Balancer.Tests.Page.Reported;

namespace AkkaLb.Balancer.Tests.Page;

public sealed class WorkerWordsTests
{
    [Theory]
    [InlineData(WorkerCondition.Up, "", "first-free", "up", "Good", "")]
    [InlineData(WorkerCondition.SlowStart, "it gets 40 % of its share", "first-free", "slow start", "Busy", "it gets 40 % of its share")]
    [InlineData(WorkerCondition.Full, "", "first-free", "full", "Busy", "3.2 jobs in flight, and no free place")]
    [InlineData(WorkerCondition.Draining, "", "first-free", "draining", "Quiet", "3 jobs left")]
    [InlineData(WorkerCondition.Maintenance, "put into maintenance by ann", "random", "maintenance", "Quiet",
        "3 jobs left; put into maintenance by ann")]
    [InlineData(WorkerCondition.Ejected, "it gets none for 12 s", "first-free", "ejected", "Bad", "it gets none for 12 s")]
    [InlineData(WorkerCondition.AboveMemory, "it uses 95 % of its memory", "first-free", "above memory", "Bad", "it uses 95 % of its memory")]
    [InlineData(WorkerCondition.Unable, "no disk", "first-free", "unable", "Bad", "no disk")]
    [InlineData(
        WorkerCondition.NoReport, "", "least-load", "no report", "Bad",
        "least-load picks nobody without a fresh report, and its last report is 0.4 s old")]
    public void Each_condition_has_its_words(WorkerCondition condition, string reason, string policy, string state, string tone, string why)
    {
        var worker = NewWorker("a", inFlight: 3.2) with { Reason = reason, Details = Details with { Condition = condition, JobsLeft = 3 } };

        Assert.Equal(new WorkerWords(state, Enum.Parse<Tone>(tone), why), WorkerWords.Of(worker, policy));
    }

    [Theory]
    [InlineData("first-free", "its last report is 9 s old: its jobs in flight are only estimated, and its memory is not known")]
    [InlineData("least-load", "its last report is 9 s old: least-load does not pick it")]
    [InlineData("of-tomorrow", "its last report is 9 s old: its jobs in flight are only estimated, and its memory is not known")]
    public void An_old_report_is_told_with_what_it_means_for_the_policy(string policy, string why)
    {
        var worker = NewWorker("a") with { ResidentBytes = null, Details = Details with { ReportAge = TimeSpan.FromSeconds(9) } };

        Assert.Equal(new WorkerWords("up", Tone.Busy, why), WorkerWords.Of(worker, policy));
        var silent = worker with { Details = Details with { ReportAge = null } };
        Assert.StartsWith("none of its reports has come: ", WorkerWords.Of(silent, policy).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "no jobs left")]
    [InlineData(1, "1 job left")]
    [InlineData(1203, "1203 jobs left")]
    public void One_that_drains_says_how_many_jobs_are_left(int left, string why)
    {
        var worker = NewWorker("a") with { Details = Details with { Condition = WorkerCondition.Draining, JobsLeft = left } };

        Assert.Equal(why, WorkerWords.Of(worker, "first-free").Why);
        Assert.Equal($"{why}; no disk", WorkerWords.Of(worker with { Reason = "no disk" }, "first-free").Why);
    }

    [Fact]
    public void One_of_another_version_is_told_as_far_as_it_is_understood()
    {
        Assert.Equal(new WorkerWords("up", Tone.Good, ""), WorkerWords.Of(NewWorker("a") with { Details = null }, "first-free"));
        var held = NewWorker("a") with { IsEligible = false, Details = Details with { Condition = null }, Reason = "why not" };
        Assert.Equal(new WorkerWords("up, gets no jobs", Tone.Busy, "why not"), WorkerWords.Of(held, "first-free"));
    }
}
