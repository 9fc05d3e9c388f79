using AkkaLb.Core.Gate;

namespace AkkaLb.Core.Tests.Gate;

public class GateCoreTests
{
    [Fact]
    public void An_instance_gets_no_job_before_it_has_answered_that_it_is_there()
    {
        var gate = new GateBench(capacity: 2, instances: 1, ready: false);
        Assert.Equal("", gate.Job(1));
        Assert.Equal("start 1 on i0, able", gate.Idle(0));
    }

    [Fact]
    public void A_reply_is_the_answer_and_the_instance_is_asked_whether_it_is_through()
    {
        var gate = new GateBench(2, 1);
        Assert.Equal("start 1 on i0", gate.Job(1));
        Assert.Equal("", gate.Job(2));
        Assert.Equal("done 1", gate.Reply(1));
        Assert.Equal("start 2 on i0", gate.Idle(0));
        Assert.Equal("failed 2 Failure", gate.Failure(2));
    }

    [Fact]
    public void A_job_whose_reply_goes_out_in_pieces_keeps_its_place_and_not_its_instance()
    {
        var gate = new GateBench(2, 1, queue: 1);
        gate.Job(1);
        Assert.Equal("", gate.ReplyBegun(1));
        gate.Idle(0);
        Assert.Equal("start 2 on i0", gate.Job(2));
        Assert.Equal("", gate.Job(3));
        Assert.Equal("", gate.ReplyBegun(2));
        Assert.Equal("", gate.Idle(0));
        Assert.Equal("done 1, start 3 on i0", gate.Reply(1));
        Assert.Equal("failed 2 Failure", gate.Failure(2));
        Assert.Equal("", gate.Reply(2));
    }

    [Fact]
    public void A_reply_in_pieces_that_its_client_leaves_fails()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1, seconds: 600);
        gate.ReplyBegun(1);
        // It may take long to make the first piece.
        Assert.Equal("", gate.After(31));
        gate.ReplyTaken(1);
        Assert.Equal("", gate.After(29));
        gate.ReplyTaken(1);
        Assert.Equal("", gate.After(29));
        Assert.Equal("failed 1 UnsendableReply", gate.After(1));
        Assert.Equal("", gate.ReplyTaken(1));
        Assert.Equal(0, gate.Core.JobsHeld);
        gate.ReplyStopped(1);
        Assert.Null(gate.Core.NextDue);
    }

    [Fact]
    public void At_its_deadline_a_reply_in_pieces_ends_and_no_instance_is_stopped()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1, seconds: 10);
        gate.ReplyBegun(1);
        gate.Idle(0);
        Assert.Equal("failed 1 DeadlineExceeded", gate.After(10));
        Assert.Equal("start 2 on i0", gate.Job(2));
    }

    [Fact]
    public void A_cancelled_job_sends_no_pieces()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        gate.ReplyBegun(1);
        Assert.Equal("drop 1", gate.Cancel(1));
        gate.ReplyStopped(1);
        gate.Idle(0);
        gate.Job(2);
        gate.Cancel(2);
        Assert.Equal("drop 2", gate.ReplyBegun(2));
    }

    [Fact]
    public void A_reply_that_was_given_up_keeps_its_place_until_what_makes_it_has_ended()
    {
        var gate = new GateBench(1, 1, queue: 1);
        gate.Job(1);
        gate.ReplyBegun(1);
        gate.Idle(0);
        gate.Cancel(1);
        Assert.Equal("", gate.Job(2));
        Assert.Equal("rejected 3 OverCapacity", gate.Job(3));
        Assert.Equal("start 2 on i0", gate.ReplyStopped(1));
        Assert.Equal("", gate.ReplyStopped(1));
        Assert.Null(gate.Core.Trouble);
    }

    [Fact]
    public void When_replies_that_were_given_up_hold_every_place_for_a_second_the_worker_is_unable_until_one_ends()
    {
        var gate = new GateBench(2, 1);
        foreach (var job in new[] { 1, 2 })
        {
            gate.Job(job);
            gate.ReplyBegun(job);
            gate.Idle(0);
            gate.Cancel(job);
        }

        Assert.Equal("", gate.After(0.9));
        Assert.StartsWith("unable", gate.After(0.1), StringComparison.Ordinal);
        Assert.Contains("places (2) are taken by replies that were given up", gate.Core.Trouble, StringComparison.Ordinal);
        Assert.Equal("rejected 3 Unable", gate.Job(3));
        Assert.Equal("able", gate.ReplyStopped(1));
        Assert.Equal("start 4 on i0", gate.Job(4));
    }

    [Fact]
    public void Replies_in_pieces_take_nothing_of_the_number_that_run_at_full_speed()
    {
        var gate = new GateBench(capacity: 8, instances: 8, firstLimit: 1);
        gate.Job(1);
        gate.ReplyBegun(1);
        Assert.StartsWith("start 2", gate.Job(2), StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_of_an_instance_does_not_touch_what_it_has_replied()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        gate.ReplyBegun(1);
        gate.Idle(0);
        gate.Crash(0);
        gate.Stopped(0);
        Assert.Equal("done 1", gate.Reply(1));
    }

    [Fact]
    public void Draining_waits_for_replies_in_pieces_and_fails_them_in_the_end()
    {
        var gate = new GateBench(3, 1);
        gate.Job(1);
        gate.ReplyBegun(1);
        gate.Idle(0);
        gate.Job(2);
        gate.ReplyBegun(2);
        Assert.DoesNotContain("drained", gate.Drain(5), StringComparison.Ordinal);
        Assert.Equal("done 1", gate.Reply(1));
        Assert.EndsWith("failed 2 Drained, drained 1", gate.After(5), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_first_reply_counts()
    {
        var gate = new GateBench(1, 1);
        gate.Job(1);
        gate.Reply(1);
        Assert.Equal("", gate.Reply(1));
        Assert.Equal("", gate.Failure(1));
    }

    [Fact]
    public void Jobs_wait_in_the_order_in_which_they_came()
    {
        var gate = new GateBench(3, 1);
        gate.Job(1);
        gate.Job(2);
        gate.Job(3);
        gate.Reply(1);
        Assert.Equal("start 2 on i0", gate.Idle(0));
        gate.Reply(2);
        Assert.Equal("start 3 on i0", gate.Idle(0));
    }

    [Fact]
    public void A_crash_is_the_failure_of_the_job_it_met_and_the_instance_works_again_after_its_restart()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        gate.Job(2);
        Assert.Equal("failed 1 Crash, probe i0", gate.Crash(0));
        Assert.Equal("start 2 on i0", gate.Idle(0));
    }

    [Fact]
    public void A_crash_after_the_reply_is_charged_to_nobody()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        gate.Job(2);
        gate.Reply(1);
        Assert.Equal("late crash i0", gate.Crash(0));
        Assert.Equal("start 2 on i0", gate.Idle(0));
    }

    [Fact]
    public void An_idle_instance_that_crashes_is_asked_before_it_gets_a_job()
    {
        var gate = new GateBench(2, 1);
        Assert.Equal("late crash i0, probe i0", gate.Crash(0));
        Assert.Equal("", gate.Job(1));
        Assert.Equal("start 1 on i0", gate.Idle(0));
    }

    [Fact]
    public void Over_capacity_is_rejected_and_an_answer_makes_room()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        gate.Job(2);
        Assert.Equal("rejected 3 OverCapacity", gate.Job(3));
        gate.Reply(1);
        Assert.Equal("", gate.Job(4));
        Assert.Equal(2, gate.Core.JobsHeld);
    }

    [Fact]
    public void A_running_job_past_its_deadline_fails_and_its_instance_is_replaced()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1, seconds: 5);
        Assert.Equal(gate.Now + TimeSpan.FromSeconds(5), gate.Core.NextDue);
        Assert.Equal("", gate.After(4.9));
        var birth = gate.Birth(0);
        Assert.Equal("failed 1 DeadlineExceeded, stop i0, build i0, probe i0", gate.After(0.1));
        Assert.Equal("", gate.Ended(birth));
        Assert.Null(gate.Core.NextDue);
    }

    [Fact]
    public void A_queued_job_past_its_deadline_was_not_started()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        gate.Job(2, seconds: 5);
        Assert.Equal("rejected 2 DeadlinePassed", gate.After(5));
    }

    [Fact]
    public void A_queued_job_past_its_deadline_is_not_started_when_the_tick_is_late()
    {
        var gate = new GateBench(3, 1);
        gate.Job(1);
        gate.Job(2, seconds: 5);
        gate.Job(3);
        gate.Reply(1);
        gate.Wait(6);
        Assert.Equal("rejected 2 DeadlinePassed, start 3 on i0", gate.Idle(0));
    }

    [Fact]
    public void A_job_that_waits_and_is_cancelled_is_not_started_and_its_place_is_free()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        gate.Job(2);
        Assert.Equal("drop 2", gate.Cancel(2));
        Assert.Equal(1, gate.Core.JobsHeld);
        gate.Job(3);
        gate.Reply(1);
        Assert.Equal("start 3 on i0", gate.Idle(0));
    }

    [Fact]
    public void A_job_that_runs_and_is_cancelled_is_told_once_and_ends_as_any_other()
    {
        var gate = new GateBench(1, 1);
        gate.Job(1);
        Assert.Equal("cancel 1", gate.Cancel(1));
        Assert.Equal("", gate.Cancel(1));
        Assert.Equal("rejected 2 OverCapacity", gate.Job(2));
        Assert.Equal("failed 1 Failure", gate.Failure(1));
        gate.Idle(0);
        Assert.Equal("start 3 on i0", gate.Job(3));
    }

    [Fact]
    public void A_cancelled_job_past_its_deadline_fails_as_any_other()
    {
        var gate = new GateBench(1, 1);
        gate.Job(1, seconds: 5);
        gate.Cancel(1);
        Assert.Equal("failed 1 DeadlineExceeded, stop i0, build i0, probe i0", gate.After(5));
    }

    [Fact]
    public void Progress_is_told_at_once_and_then_once_in_100_ms_at_most()
    {
        var gate = new GateBench(2, 2);
        gate.Job(1);
        gate.Job(2);
        Assert.Equal("progress 1", gate.Progress(1));
        Assert.Equal("progress 2", gate.Progress(2));
        gate.Wait(0.04);
        Assert.Equal("", gate.Progress(1));
        Assert.Equal("", gate.Progress(1));
        Assert.Equal("progress 1", gate.After(0.06));
        Assert.Equal("", gate.Progress(1));
        Assert.Equal("", gate.After(0.05));
        Assert.Equal("progress 1", gate.After(0.05));
        Assert.Equal("", gate.After(0.1));
        Assert.Equal("progress 1", gate.Progress(1));
    }

    [Fact]
    public void Progress_of_a_job_that_does_not_run_or_is_cancelled_is_not_told()
    {
        var gate = new GateBench(4, 2);
        gate.Job(1);
        gate.Job(2);
        gate.Job(3);
        gate.Progress(1);
        gate.Progress(1);
        gate.Progress(2);
        gate.Progress(2);
        Assert.Equal("", gate.Progress(3));
        Assert.Equal("", gate.Progress(4));
        gate.Cancel(2);
        gate.Reply(1);
        Assert.Equal("", gate.After(1));
        Assert.Equal("", gate.Progress(1));
        Assert.Equal("", gate.Progress(2));
    }

    [Fact]
    public void Cancelling_another_attempt_or_a_job_that_has_ended_means_nothing()
    {
        var gate = new GateBench(1, 1);
        gate.Job(1, attempt: 2);
        Assert.Equal("", gate.Cancel(1, attempt: 1));
        gate.Reply(1);
        Assert.Equal("", gate.Cancel(1, attempt: 2));
    }

    [Fact]
    public void A_cancelled_job_that_comes_back_from_an_instance_that_had_ended_does_not_wait_again()
    {
        var gate = new GateBench(1, 1, begins: false);
        gate.Job(1);
        gate.Cancel(1);
        Assert.Equal("drop 1", gate.Returned(1));
        Assert.Equal(0, gate.Core.JobsHeld);
    }

    [Fact]
    public void A_worker_that_drains_has_drained_when_its_cancelled_jobs_have_ended()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        gate.Cancel(1);
        Assert.Equal("draining 1 for 10", gate.Drain(10));
        Assert.Equal("done 1, drained 0", gate.Reply(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_job_without_time_left_is_rejected(double seconds) =>
        Assert.Equal("rejected 1 DeadlinePassed", new GateBench(1, 1).Job(1, seconds));

    [Fact]
    public void The_longest_deadline_does_not_overflow()
    {
        var gate = new GateBench(1, 1);
        var effects = new List<GateEffect>();
        gate.Core.JobArrived(1, new JobId(1, 1), 1, TimeSpan.MaxValue, TimeSpan.Zero, gate.Now, effects);
        Assert.IsType<GateEffect.Start>(Assert.Single(effects));
    }

    [Fact]
    public void The_same_try_is_ignored_while_it_is_held_and_another_attempt_is_not()
    {
        var gate = new GateBench(3, 1);
        gate.Numbered(1, sequence: 9);
        Assert.Equal("ignore 2", gate.Numbered(2, sequence: 9));
        Assert.Equal("", gate.Numbered(3, sequence: 9, attempt: 2));
        gate.Reply(1);
        Assert.Equal("", gate.Numbered(4, sequence: 9));
        Assert.Equal(2, gate.Core.JobsHeld);
    }

    [Fact]
    public void A_message_that_cannot_be_read_was_not_started_and_leaves_the_instance_free()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        gate.Job(2);
        Assert.Equal("rejected 1 Unreadable, start 2 on i0", gate.Unreadable(1));
    }

    [Fact]
    public void An_instance_that_stops_itself_fails_its_job_and_is_built_again()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        Assert.Equal("failed 1 Crash, build i0, probe i0", gate.Stopped(0));
    }

    [Fact]
    public void An_instance_that_ends_before_it_was_ready_is_built_again_after_a_pause_that_grows_to_10_s()
    {
        var gate = new GateBench(2, 1, ready: false);
        gate.Stopped(0);
        foreach (var seconds in new[] { 1.0, 2, 4, 8, 10, 10 })
        {
            Assert.Equal("", gate.After(seconds - 0.1));
            Assert.Equal("build i0, probe i0", gate.After(0.1));
            gate.Stopped(0);
        }
    }

    [Fact]
    public void An_answer_to_an_earlier_question_frees_nothing()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1, seconds: 5);
        gate.Reply(1);
        var old = gate.Mark(0);
        gate.Message();
        gate.Job(2);
        Assert.Equal("", gate.Idle(0, old));
        Assert.Equal("start 2 on i0", gate.Idle(0));
    }

    [Fact]
    public void Messages_that_are_no_jobs_take_the_instances_in_turn()
    {
        var gate = new GateBench(2, 2);
        gate.Job(1);
        Assert.Equal("forward i0", gate.Message());
        Assert.Equal("forward i1, probe i1", gate.Message());
        Assert.Equal("forward i0", gate.Message());
    }

    [Fact]
    public void A_message_that_is_no_job_passes_over_instances_that_are_down()
    {
        var gate = new GateBench(2, 2, ready: false);
        gate.Stopped(0);
        Assert.Equal("forward i1, probe i1", gate.Message());
        Assert.Equal("unable", gate.Stopped(1));
        Assert.Equal("undeliverable", gate.Message());
    }

    [Fact]
    public void Draining_rejects_what_waits_and_what_comes_and_lets_the_running_finish()
    {
        var gate = new GateBench(4, 1);
        gate.Job(1);
        gate.Job(2);
        gate.Job(3);
        Assert.Equal("rejected 2 Draining, rejected 3 Draining, draining 1 for 10", gate.Drain(10));
        Assert.Equal("rejected 4 Draining", gate.Job(4));
        Assert.Equal("done 1, drained 0", gate.Reply(1));
        Assert.Equal("rejected 5 Draining", gate.Job(5));
        Assert.Null(gate.Core.NextDue);
    }

    [Fact]
    public void Without_jobs_the_drain_is_over_at_once_and_can_be_asked_for_again()
    {
        var gate = new GateBench(4, 1);
        Assert.Equal("drained 0", gate.Drain(10));
        Assert.Equal("drained 0", gate.Drain(10));
        Assert.Null(gate.Core.NextDue);
    }

    [Fact]
    public void When_the_time_to_drain_is_over_running_jobs_fail()
    {
        var gate = new GateBench(4, 2);
        gate.Job(1);
        gate.Job(2);
        gate.Drain(10);
        Assert.Equal("given up 2 after 10, failed 1 Drained, probe i0, failed 2 Drained, drained 2, probe i1", gate.After(10));
        Assert.Equal("", gate.Reply(1));
    }

    [Fact]
    public void A_second_drain_can_only_shorten_the_time()
    {
        var gate = new GateBench(4, 1);
        gate.Job(1);
        gate.Drain(10);
        Assert.Equal("", gate.Drain(20));
        Assert.Equal(gate.Now + TimeSpan.FromSeconds(10), gate.Core.NextDue);
        gate.After(2);
        Assert.Equal("", gate.Drain(3));
        Assert.Equal("given up 1 after 5, failed 1 Drained, drained 1, probe i0", gate.After(3));
    }

    [Fact]
    public void A_drain_without_time_gives_up_what_runs_and_tells_only_that()
    {
        var gate = new GateBench(4, 1);
        gate.Job(1);
        Assert.Equal("", gate.Drain(0));
        Assert.Equal("given up 1 after 0, failed 1 Drained, drained 1, probe i0", gate.After(0));
    }

    [Theory]
    [InlineData(0, 1, 0, 1)]
    [InlineData(1, 0, 0, 1)]
    [InlineData(1, 1, -1, 1)]
    [InlineData(1, 1, 0, 0)]
    public void Sizes_below_their_least_are_refused(int capacity, int instances, int queue, int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new GateSettings(capacity, instances, queue, threads));

    // ---- what was not started

    [Fact]
    public void A_job_that_came_back_from_a_stopped_instance_waits_again_before_younger_ones()
    {
        var gate = new GateBench(3, 1);
        gate.Job(1);
        gate.Job(2);
        Assert.Equal("", gate.Returned(1));
        Assert.Equal("build i0, probe i0", gate.Stopped(0));
        Assert.Equal("start 1 on i0", gate.Idle(0));
    }

    [Fact]
    public void A_job_that_comes_back_again_and_again_is_rejected()
    {
        var gate = new GateBench(1, 1);
        gate.Job(1);
        for (var i = 0; i < GateSettings.ReturnsMax; i++)
        {
            Assert.Equal("", gate.Returned(1));
            gate.Stopped(0);
            Assert.Equal("start 1 on i0", gate.Idle(0));
        }

        Assert.Equal("rejected 1 Unable", gate.Returned(1));
        Assert.Equal(0, gate.Core.JobsHeld);
    }

    [Fact]
    public void A_job_whose_instance_ends_before_it_has_begun_was_not_started_and_waits_again()
    {
        var gate = new GateBench(2, 1, begins: false);
        gate.Job(1);
        Assert.Equal("build i0, probe i0", gate.Stopped(0));
        Assert.Equal("start 1 on i0", gate.Idle(0));
        gate.Idle(0);
        Assert.Equal("failed 1 Crash, build i0, probe i0", gate.Stopped(0));
    }

    [Fact]
    public void A_job_that_comes_back_while_the_worker_drains_is_rejected()
    {
        var gate = new GateBench(1, 1);
        gate.Job(1);
        gate.Drain(10);
        Assert.Equal("rejected 1 Draining, drained 0", gate.Returned(1));
    }

    [Fact]
    public void A_crash_before_the_job_has_begun_is_not_charged_to_it()
    {
        var gate = new GateBench(1, 1, begins: false);
        Assert.Equal("start 1 on i0", gate.Job(1));
        Assert.Equal("late crash i0", gate.Crash(0, isOnJob: false));
        Assert.Equal("", gate.Idle(0));
        Assert.Equal("done 1", gate.Reply(1));
    }

    [Fact]
    public void A_crash_on_another_message_after_the_job_has_begun_is_charged_to_it()
    {
        var gate = new GateBench(1, 1);
        gate.Job(1);
        Assert.Equal("failed 1 Crash, probe i0", gate.Crash(0, isOnJob: false));
    }

    [Fact]
    public void A_message_that_is_not_handled_was_not_started_and_a_reply_that_came_first_counts()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        Assert.Equal("rejected 1 Unhandled, probe i0", gate.Unhandled(1));
        Assert.Equal("no handler", gate.Text);
        gate.Idle(0);
        gate.Job(2);
        gate.Reply(2);
        Assert.Equal("", gate.Unhandled(2));
    }

    // ---- the queue

    [Fact]
    public void The_queue_holds_jobs_beyond_the_capacity_and_no_more_run_than_the_capacity()
    {
        var gate = new GateBench(capacity: 1, instances: 2, queue: 2);
        Assert.Equal("start 1 on i0", gate.Job(1));
        Assert.Equal("", gate.Job(2));
        Assert.Equal("", gate.Job(3));
        Assert.Equal("rejected 4 OverCapacity", gate.Job(4));
        Assert.Equal("done 1, start 2 on i1", gate.Reply(1));
    }

    [Fact]
    public void Among_those_that_wait_the_one_whose_caller_has_waited_longest_goes_first()
    {
        var gate = new GateBench(1, 1, queue: 3);
        gate.Job(1);
        gate.Job(2, waited: 1);
        gate.Job(3, waited: 5);
        gate.Wait(2);
        gate.Job(4, waited: 4);
        gate.Reply(1);
        Assert.Equal("start 3 on i0", gate.Idle(0));
        gate.Reply(3);
        Assert.Equal("start 4 on i0", gate.Idle(0));
    }

    [Fact]
    public void When_the_queue_is_full_an_older_job_takes_the_place_of_the_youngest()
    {
        var gate = new GateBench(1, 1, queue: 2);
        gate.Job(1);
        gate.Job(2, waited: 1);
        gate.Job(3, waited: 2);
        Assert.Equal("rejected 4 OverCapacity", gate.Job(4, waited: 0.5));
        Assert.Equal("rejected 2 OverCapacity", gate.Job(5, waited: 1.5));
        Assert.Equal(3, gate.Core.JobsHeld);
    }

    [Fact]
    public void A_running_job_never_makes_room_for_an_older_one()
    {
        var gate = new GateBench(1, 1);
        gate.Job(1);
        Assert.Equal("rejected 2 OverCapacity", gate.Job(2, waited: 60));
    }

    [Fact]
    public void A_refusal_says_when_those_that_wait_will_have_been_started()
    {
        var gate = new GateBench(2, 2, queue: 1);
        gate.Job(1);
        gate.Job(2);
        gate.Job(3);
        gate.Job(4);
        Assert.Equal(GateSettings.RetryAfterUnknown, gate.RetryAfter);
        gate.Wait(0.4);
        gate.Reply(1);
        gate.Idle(0);
        gate.Job(5);
        Assert.Equal("rejected 6 OverCapacity", gate.Job(6));
        // One that waits and this one, at 0.4 s each, on two instances.
        Assert.Equal(TimeSpan.FromSeconds(0.4), gate.RetryAfter);
    }

    [Theory]
    [InlineData(0.0001, 0.01)]
    [InlineData(60, 1)]
    public void The_hint_when_to_come_again_stays_between_its_bounds(double service, double hint)
    {
        var gate = new GateBench(1, 1);
        gate.Job(1, seconds: 100);
        gate.Wait(service);
        gate.Reply(1);
        gate.Idle(0);
        gate.Job(2);
        gate.Job(3);
        Assert.Equal(TimeSpan.FromSeconds(hint), gate.RetryAfter);
    }

    // ---- can this worker work?

    [Fact]
    public void The_first_instance_that_is_ready_proves_that_the_worker_can_work()
    {
        var gate = new GateBench(2, 2, ready: false);
        Assert.Equal("able", gate.Idle(1));
        Assert.Equal("", gate.Idle(0));
    }

    [Fact]
    public void When_no_instance_can_be_created_jobs_are_rejected_at_once_with_the_cause_until_one_can()
    {
        var gate = new GateBench(2, 2, ready: false);
        Assert.Equal("", gate.Job(1));
        Assert.Equal("", gate.Stopped(0, "no disk"));
        Assert.Equal("unable, rejected 1 Unable", gate.Stopped(1, "no disk"));
        Assert.Equal("the worker's actor cannot be created: no disk", gate.Text);
        Assert.Equal("rejected 2 Unable", gate.Job(2));
        Assert.Equal("build i0, probe i0, build i1, probe i1", gate.After(1));
        Assert.Equal("rejected 3 Unable", gate.Job(3));
        gate.Stopped(0, "no disk");
        Assert.Equal("able, build i0, probe i0", gate.Idle(1));
        Assert.Equal("start 4 on i1", gate.Job(4));
    }

    [Fact]
    public void One_instance_that_cannot_be_created_leaves_the_worker_able()
    {
        var gate = new GateBench(2, 2, ready: false);
        gate.Stopped(0, "no disk");
        Assert.Equal("able", gate.Idle(1));
        Assert.Equal("start 1 on i1", gate.Job(1));
    }

    [Fact]
    public void A_worker_is_unable_while_as_many_stopped_instances_as_it_has_threads_have_not_ended()
    {
        var gate = new GateBench(4, 2, threads: 2);
        gate.Job(1, seconds: 5);
        gate.Job(2, seconds: 5);
        gate.Job(3);
        var (first, second) = (gate.Birth(0), gate.Birth(1));
        gate.After(5);
        Assert.Equal("unable, rejected 3 Unable", gate.After(1));
        Assert.Contains("threads (2) are blocked: 2 instances were stopped at the deadline and did not end", gate.Text, StringComparison.Ordinal);
        Assert.Equal("rejected 4 Unable", gate.Job(4));
        Assert.Equal("", gate.Ended(first));
        Assert.Equal("able", gate.Idle(0));
        Assert.Equal("", gate.Ended(second));
    }

    [Fact]
    public void Instances_that_end_soon_after_they_were_stopped_are_no_trouble()
    {
        var gate = new GateBench(2, 1, threads: 1);
        gate.Job(1, seconds: 5);
        var birth = gate.Birth(0);
        gate.After(5);
        gate.Idle(0);
        gate.Ended(birth);
        Assert.Equal("", gate.After(10));
        Assert.Equal("start 2 on i0", gate.Job(2));
    }

    [Fact]
    public void Stopped_instances_that_do_not_end_bound_how_many_are_created_in_their_place()
    {
        // Replacements get threads of their own here, as on a pool that grows.
        var gate = new GateBench(1, 1, threads: 2);
        var births = new List<long>();
        for (var i = 1; i <= 3; i++)
        {
            births.Add(gate.Birth(0));
            gate.Job(i, seconds: 0.1);
            Assert.Equal(i <= 2 ? $"failed {i} DeadlineExceeded, stop i0, build i0, probe i0" : $"failed {i} DeadlineExceeded, stop i0",
                gate.After(0.1));
            gate.Idle(0);
        }

        Assert.Equal("build i0, probe i0", gate.Ended(births[0]));
    }

    [Fact]
    public void When_jobs_wait_for_3_s_and_no_instance_becomes_free_the_worker_is_unable_until_one_does()
    {
        var gate = new GateBench(4, 1);
        gate.Job(1);
        gate.Reply(1);
        gate.After(10);
        Assert.Equal("", gate.Job(2));
        Assert.Equal("", gate.After(2.9));
        Assert.Equal("unable, rejected 2 Unable", gate.After(0.1));
        Assert.Equal("rejected 3 Unable", gate.Job(3));
        Assert.Equal("able", gate.Idle(0));
        Assert.Equal("start 4 on i0", gate.Job(4));
    }

    [Fact]
    public void Jobs_that_wait_for_one_that_takes_long_are_no_trouble()
    {
        var gate = new GateBench(4, 1);
        gate.Job(1);
        gate.Job(2);
        Assert.Equal("", gate.After(30));
        gate.Reply(1);
        Assert.Equal("", gate.After(2.9));
        Assert.Equal("start 2 on i0", gate.Idle(0));
    }

    [Fact]
    public void An_instance_that_does_not_take_its_job_is_no_progress()
    {
        var gate = new GateBench(4, 1, begins: false);
        gate.Job(1);
        gate.Job(2);
        Assert.Equal("unable, rejected 2 Unable", gate.After(3));
        Assert.Equal("able", gate.Idle(0));
    }

    [Fact]
    public void A_drain_that_is_asked_for_while_the_worker_is_unable_ends()
    {
        var gate = new GateBench(1, 1, ready: false);
        gate.Stopped(0);
        Assert.Equal("drained 0", gate.Drain(10));
        Assert.Equal("rejected 1 Draining", gate.Job(1));
    }
}
