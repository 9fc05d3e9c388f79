using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

public class WakeQueueTests
{
    private readonly WakeQueue _queue = new();

    [Fact]
    public void Jobs_come_up_when_they_are_due_the_earliest_first()
    {
        var (a, b) = (Job(1), Job(2));
        _queue.Set(a, Ms(20), aliveCount: 2);
        _queue.Set(b, Ms(10), aliveCount: 2);
        Assert.Equal(Ms(10), _queue.NextDue);
        Assert.False(_queue.TryTakeDue(Ms(9), out _));
        Assert.Equal([b, a], TakeAll(Ms(20)));
        Assert.Null(_queue.NextDue);
    }

    [Fact]
    public void Only_the_time_set_last_counts()
    {
        var job = Job(1);
        _queue.Set(job, Ms(10), aliveCount: 1);
        _queue.Set(job, Ms(30), aliveCount: 1);
        Assert.Equal(Ms(30), _queue.NextDue);
        Assert.Empty(TakeAll(Ms(29)));
        Assert.Equal([job], TakeAll(Ms(30)));
    }

    [Fact]
    public void A_job_set_twice_to_the_same_time_comes_up_once()
    {
        var job = Job(1);
        _queue.Set(job, Ms(10), aliveCount: 1);
        _queue.Set(job, Ms(10), aliveCount: 1);
        Assert.Equal([job], TakeAll(Ms(10)));
    }

    [Fact]
    public void A_job_that_is_over_does_not_come_up()
    {
        var job = Job(1);
        _queue.Set(job, Ms(10), aliveCount: 1);
        job.End();
        Assert.Null(_queue.NextDue);
        Assert.Empty(TakeAll(S(1)));
    }

    [Fact]
    public void Quick_jobs_with_far_deadlines_do_not_pile_up()
    {
        for (var i = 0; i < 100_000; i++)
        {
            var job = Job(i);
            _queue.Set(job, S(60), aliveCount: 1);
            job.End();
            Assert.InRange(_queue.Count, 0, 4_097);
        }
    }

    [Fact]
    public void A_sweep_loses_no_living_job()
    {
        List<PendingJob> alive = [.. Enumerable.Range(0, 3_000).Select(i => Job(i))];
        for (var round = 0; round < 20; round++)
        {
            alive.ForEach(job => _queue.Set(job, S(60 + round) + Ms(job.Id.Sequence), alive.Count));
        }

        Assert.InRange(_queue.Count, 3_000, 12_001);
        Assert.Equal(alive, TakeAll(S(1_000)));
    }

    [Fact]
    public void The_queue_agrees_with_a_scan_of_all_jobs() => Seeded.Runs(2_000, random =>
    {
        var (queue, jobs, now) = (new WakeQueue(), new List<PendingJob>(), TimeSpan.Zero);
        for (var step = 0; step < 60; step++)
        {
            if (random.Chance(0.3))
            {
                jobs.Add(Job(step));
                queue.Set(jobs[^1], now + Ms(random.Next(1, 50)), jobs.Count);
            }

            if (jobs.Count > 0 && random.Chance(0.6))
            {
                var job = random.Of(jobs);
                if (random.Chance(0.3))
                {
                    job.End();
                }

                queue.Set(job, now + Ms(random.Next(1, 50)), jobs.Count);
                jobs.RemoveAll(j => j.IsOver);
            }

            now += Ms(random.Next(10));
            Assert.Equal(jobs.Count == 0 ? null : jobs.Min(j => j.WakeAt), queue.NextDue);
            while (queue.TryTakeDue(now, out var due))
            {
                Assert.True(jobs.Remove(due), "came up twice, or over");
            }

            Assert.DoesNotContain(jobs, j => j.WakeAt <= now);
        }
    });

    private static PendingJob Job(long sequence) => new()
    {
        Id = new JobId(1, sequence), Service = new ServiceView("s", ClientSettings.Default, new Random(1)), Ticket = "", Message = null,
        IsIdempotent = false, Count = 1, SubmittedAt = default, Deadline = default,
    };

    private List<PendingJob> TakeAll(TimeSpan now)
    {
        var taken = new List<PendingJob>();
        while (_queue.TryTakeDue(now, out var job))
        {
            taken.Add(job);
        }

        return taken;
    }
}
