using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class LoadEstimateTests
{
    private LoadEstimate _load;

    [Fact]
    public void A_pick_counts_from_when_it_is_given_to_when_its_end_is_told()
    {
        _load.Give(1, isTold: true, default);
        _load.Give(5, isTold: true, default);
        Assert.Equal(6, _load.Estimate);
        _load.End(1, wasAccepted: true);
        Assert.Equal(5, _load.Estimate);
    }

    [Fact]
    public void A_report_is_not_added_to_the_own_picks()
    {
        Give(3);
        _load.Report(new JobCounts(3, 3), S(1));
        Assert.Equal(3, _load.Estimate);
        Assert.Equal(0, _load.Drift);
    }

    [Fact]
    public void What_a_worker_has_beside_the_own_picks_is_others()
    {
        Give(3);
        _load.Report(new JobCounts(8, 8), S(1));
        Assert.Equal(8, _load.Estimate);
        Assert.Equal(-5, _load.Drift);
    }

    [Fact]
    public void A_job_on_its_way_to_the_worker_is_not_forgotten()
    {
        Give(3);
        _load.Report(new JobCounts(2, 2), S(1));
        Assert.Equal(3, _load.Estimate);
        Assert.Equal(1, _load.Drift);
    }

    [Fact]
    public void Old_picks_that_the_worker_has_not_got_count_no_more_until_it_has_them()
    {
        Give(4);
        _load.Report(new JobCounts(1, 1), S(1));
        Assert.Equal(4, _load.Estimate);
        _load.Report(new JobCounts(2, 2), S(2));
        Assert.Equal(2, _load.Estimate);
        Give(1);
        Assert.Equal(3, _load.Estimate, 9);
        _load.Report(new JobCounts(5, 5), S(3));
        Assert.Equal(5, _load.Estimate);
    }

    [Fact]
    public void Picks_that_are_on_their_way_count_though_some_are_at_every_report()
    {
        for (var i = 1; i < 100; i++)
        {
            Give(4);
            var window = _load.Window;
            _load.Report(new JobCounts(4 * i, 1), S(0.3 * i));
            Assert.Equal(4, _load.Estimate);
            for (var n = 0; n < 4; n++)
            {
                _load.End(1, wasAccepted: true, window);
            }
        }
    }

    [Fact]
    public void Missing_picks_that_are_given_up_are_counted_out_once()
    {
        Give(4);
        for (var i = 1; i <= 3; i++)
        {
            _load.Report(new JobCounts(1, 0), S(i));
        }

        Assert.Equal(0, _load.Estimate);
        for (var i = 0; i < 4; i++)
        {
            _load.End(1, wasAccepted: false);
            Assert.Equal(0, _load.Estimate);
        }

        Give(2);
        Assert.Equal(2, _load.Estimate);
    }

    [Fact]
    public void Picks_whose_end_nobody_tells_are_expected_to_end_in_the_time_that_jobs_take()
    {
        // 10 in flight, and 100 end in each second: a job takes 0.1 s.
        _load.Report(new JobCounts(110, 10), S(1));
        for (var i = 0; i < 100; i++)
        {
            _load.Give(1, isTold: false, S(1));
        }

        _load.Report(new JobCounts(210, 10), S(2));
        Assert.Equal(10, _load.Estimate, 6);
        _load.Age(S(2.1));
        Assert.Equal(10 / Math.E, _load.Estimate, 6);
    }

    [Fact]
    public void Where_others_come_as_fast_as_they_end_the_estimate_stands_still()
    {
        for (var second = 0; second < 20; second++)
        {
            _load.Report(new JobCounts(10 + (100 * second), 10), S(second));
        }

        _load.Age(S(19.9));
        Assert.Equal(10, _load.Estimate, 3);
    }

    [Fact]
    public void Where_nobody_knows_how_long_jobs_take_they_are_expected_to_end_all_the_same()
    {
        _load.Give(1, isTold: false, default);
        _load.Age(S(30));
        Assert.InRange(_load.Estimate, 0, 0.001);
    }

    /// <summary>A pick is given before each report and accepted after it.</summary>
    [Fact]
    public void Picks_that_are_on_their_way_at_each_report_are_nobody_elses()
    {
        _load.Report(new JobCounts(1, 0), default);
        for (var second = 1; second < 20; second++)
        {
            Give(2);
            _load.End(1, wasAccepted: false);
            _load.Report(new JobCounts(second, 0), S(second));
            _load.Report(new JobCounts(second + 1, 1), S(second + 0.5));
            _load.End(1, wasAccepted: true);
        }

        Assert.Equal((0.0, 0.0), (_load.OthersPerSecond, _load.Estimate));
    }

    [Fact]
    public void A_weight_is_no_drift()
    {
        _load.Give(1000, isTold: true, default);
        _load.Report(new JobCounts(1, 1), S(1));
        Assert.Equal((1000.0, 0.0), (_load.Estimate, _load.Drift));
    }

    [Fact]
    public void A_report_does_not_undo_what_a_newer_answer_has_told()
    {
        _load.Report(new JobCounts(10, 4), S(1));
        _load.Tell(new JobCounts(12, 1), S(1.9));
        _load.Report(new JobCounts(11, 5), S(2));
        Assert.Equal(1, _load.Estimate, 3);
    }

    [Fact]
    public void A_count_out_of_reach_silences_nobody_for_longer_than_to_the_next_report()
    {
        _load.Report(new JobCounts(10, 4), S(1));
        _load.Tell(new JobCounts(long.MaxValue / 4, 0), S(1));
        _load.Report(new JobCounts(12, 2), S(2));
        _load.Tell(new JobCounts(14, 3), S(2));
        Assert.Equal(3, _load.Estimate);
    }

    [Fact]
    public void A_word_that_a_newer_one_has_overtaken_changes_nothing()
    {
        _load.Report(new JobCounts(10, 4), S(1));
        _load.Tell(new JobCounts(9, 9), S(1));
        Assert.Equal(4, _load.Estimate);
        _load.Tell(new JobCounts(10, 3), S(1));
        Assert.Equal(3, _load.Estimate);
    }

    [Fact]
    public void A_worker_that_counts_from_the_start_again_is_believed_from_its_next_report_on()
    {
        _load.Report(new JobCounts(1000, 4), S(1));
        _load.Report(new JobCounts(3, 1), S(2));
        _load.Tell(new JobCounts(9, 7), S(2));
        Assert.Equal(7, _load.Estimate);
    }

    [Fact]
    public void What_nobody_will_tell_any_more_may_still_be_in_flight()
    {
        Give(2);
        _load.GiveUp(1, default);
        Assert.Equal(2, _load.Estimate);
        _load.Report(new JobCounts(2, 1), default);
        Assert.Equal(1, _load.Estimate);
    }

    /// <summary>Jobs of this balancer and of others, exponential or of one length, whatever is told or not: the estimate is not far off, and exact
    /// where all ends are told.</summary>
    [Theory]
    [InlineData(1.0)]
    [InlineData(0.5)]
    [InlineData(0.0)]
    public void Over_a_long_run_the_estimate_follows_the_truth(double told) => Seeded.Runs(20, random =>
    {
        var load = new LoadEstimate();
        var ends = new List<(TimeSpan At, bool IsTold, bool IsOwn)>();
        var (now, accepted, errors, samples, sum) = (TimeSpan.Zero, 0L, 0.0, 0, 0.0);
        for (var step = 1; step <= 20_000; step++)
        {
            now += Ms(1);
            foreach (var ended in ends.Where(e => e.At <= now && e.IsTold))
            {
                load.End(1, wasAccepted: true);
            }

            ends.RemoveAll(e => e.At <= now);
            if (random.Chance(0.1))
            {
                var isOwn = told == 1 || random.Chance(0.7);
                var isTold = isOwn && random.Chance(told);
                ends.Add((now + Ms(-Math.Log(1 - random.NextDouble()) * 100), isTold, isOwn));
                accepted++;
                if (isOwn)
                {
                    load.Give(1, isTold, now);
                }
            }

            if (step % 1000 == 0)
            {
                load.Report(new JobCounts(accepted, ends.Count), now);
            }

            load.Age(now);
            if (step > 5000)
            {
                errors += Math.Abs(load.Estimate - ends.Count);
                sum += ends.Count;
                samples++;
            }
        }

        // 10 in flight; who knows nothing but the mean is off by 2.5 on average (a Poisson count), who believes a report for 10 service times by 3.6.
        Assert.InRange(sum / samples, 7, 13);
        Assert.InRange(errors / samples, 0, told == 1 ? 1e-6 : 3.2);
    });

    private void Give(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _load.Give(1, isTold: true, default);
        }
    }
}
