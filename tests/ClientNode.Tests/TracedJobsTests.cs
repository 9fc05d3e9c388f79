using AkkaLb.BuiltInJobs;
using AkkaLb.ClientNode.Commands;
using AkkaLb.Tests.Support;

namespace AkkaLb.ClientNode.Tests;

public class TracedJobsTests
{
    private const string Rows = "seconds,memory,duration\n10,1,1\n11,3,2\n14,2,3\n";

    [Fact]
    public void The_job_of_the_command_line_gives_the_means_and_the_rows_what_each_takes()
    {
        var traced = Of(new HoldJob(10, TimeSpan.FromMilliseconds(40)));
        Assert.Equal([0, 1, 4], traced.Arrivals);
        Assert.Equal(
            [new HoldJob(5, TimeSpan.FromMilliseconds(20)), new HoldJob(15, TimeSpan.FromMilliseconds(40)),
                new HoldJob(10, TimeSpan.FromMilliseconds(60))],
            traced.Jobs.Cast<HoldJob>());
    }

    [Fact]
    public void A_rate_takes_all_gaps_by_one_factor()
    {
        var traced = Of(new SleepJob(TimeSpan.FromMilliseconds(40)), rate: 5);
        Assert.Equal([0, 0.1, 0.4], traced.Arrivals.Select(at => Math.Round(at, 9)));
        Assert.Equal([20, 40, 60], traced.Jobs.Cast<SleepJob>().Select(job => Math.Round(job.Duration.TotalMilliseconds, 6)));
    }

    [Fact]
    public void With_more_jobs_than_rows_they_come_again_a_mean_gap_later()
    {
        var traced = Of(new SpinJob(TimeSpan.FromMilliseconds(40)), jobs: 5);
        Assert.Equal([0, 1, 4, 6, 7], traced.Arrivals);
        Assert.Equal(5, traced.Jobs.Length);
        Assert.Equal(40, traced.Jobs.Cast<SpinJob>().Average(job => job.Duration.TotalMilliseconds), 3);
    }

    [Fact]
    public void A_job_without_a_duration_and_rows_without_one_are_refused()
    {
        Assert.Contains("primes has no duration", Assert.Throws<FormatException>(() => Of(new PrimesJob(10))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "third column", Assert.Throws<FormatException>(() => Of(new SpinJob(default), "seconds,memory\n1,1\n2,1\n")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_an_open_loop_a_job_begins_at_its_time_though_none_has_ended()
    {
        var (time, begun, end) = (new ManualTime(), 0, new TaskCompletionSource());
        var run = OpenLoop.RunAsync([0, 1, 1, 5], 10, Begin, time, CancellationToken.None);
        Assert.Equal(1, Volatile.Read(ref begun));
        time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => Volatile.Read(ref begun) == 3);
        time.Advance(TimeSpan.FromSeconds(3.9));
        Assert.Equal(3, Volatile.Read(ref begun));
        end.SetResult();
        await UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.1));
            return run.IsCompleted;
        });
        Assert.Equal((4, 0), (begun, await run));

        Task Begin(int number)
        {
            Assert.Equal(number + 1, Interlocked.Increment(ref begun));
            return end.Task;
        }
    }

    [Fact]
    public async Task A_job_that_comes_when_too_many_are_under_way_begins_late_and_is_counted()
    {
        var begun = 0;
        TaskCompletionSource[] ends = [new(), new(), new()];
        var run = OpenLoop.RunAsync([0, 0, 0], 2, number =>
        {
            Interlocked.Increment(ref begun);
            return ends[number].Task;
        }, TimeProvider.System, CancellationToken.None);
        Assert.Equal(2, Volatile.Read(ref begun));
        ends[0].SetResult();
        await UntilAsync(() => Volatile.Read(ref begun) == 3);
        ends[1].SetResult();
        ends[2].SetResult();
        Assert.Equal(1, await run);
    }

    [Fact]
    public async Task Once_interrupted_no_further_job_begins_and_those_begun_are_waited_for()
    {
        using var interrupted = new CancellationTokenSource();
        var end = new TaskCompletionSource();
        var begun = 0;
        var run = OpenLoop.RunAsync([0, 1_000], 10, _ =>
        {
            begun++;
            return end.Task;
        }, TimeProvider.System, interrupted.Token);
        await interrupted.CancelAsync();
        Assert.False(run.IsCompleted);
        end.SetResult();
        await run;
        Assert.Equal(1, begun);
    }

    private static Task UntilAsync(Func<bool> isSo) => Task.Run(async () =>
    {
        while (!isSo())
        {
            await Task.Yield();
        }
    }).WaitAsync(TimeSpan.FromSeconds(20));

    private static TracedJobs Of(IBuiltInMessage job, string rows = Rows, int? jobs = null, double? rate = null) =>
        TracedJobs.Of(Trace.Read(new StringReader(rows)), job, jobs, rate);
}
