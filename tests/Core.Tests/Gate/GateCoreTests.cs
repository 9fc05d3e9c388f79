using AkkaLb.Core.Gate;

namespace AkkaLb.Core.Tests.Gate;

public class GateCoreTests
{
    [Fact]
    public void An_instance_gets_no_job_before_it_has_answered_that_it_is_there()
    {
        var gate = new GateBench(capacity: 2, instances: 1, ready: false);
        Assert.Equal("", gate.Job(1));
        Assert.Equal("start 1 on i0", gate.Idle(0));
    }

    [Fact]
    public void A_reply_is_the_answer_and_the_instance_is_asked_whether_it_is_through()
    {
        var gate = new GateBench(2, 1);
        Assert.Equal("start 1 on i0", gate.Job(1));
        Assert.Equal("", gate.Job(2));
        Assert.Equal("done 1, probe i0", gate.Reply(1));
        Assert.Equal("start 2 on i0", gate.Idle(0));
        Assert.Equal("failed 2 Failure, probe i0", gate.Failure(2));
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
        Assert.Equal("failed 1 DeadlineExceeded, stop i0, build i0, probe i0", gate.After(0.1));
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
        gate.Core.JobArrived(1, new JobId(1, 1), 1, TimeSpan.MaxValue, gate.Now, effects);
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
    public void An_unreadable_message_fails_its_job_and_leaves_the_instance_free()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        gate.Job(2);
        Assert.Equal("failed 1 UnreadableMessage, start 2 on i0", gate.Unreadable(1));
    }

    [Fact]
    public void An_instance_that_stops_itself_fails_its_job_and_is_built_anew()
    {
        var gate = new GateBench(2, 1);
        gate.Job(1);
        Assert.Equal("failed 1 Crash, build i0, probe i0", gate.Stopped(0));
    }

    [Fact]
    public void An_instance_that_ends_before_it_was_ready_is_built_again_after_a_pause()
    {
        var gate = new GateBench(2, 1, ready: false);
        Assert.Equal("", gate.Stopped(0));
        Assert.Equal("", gate.After(0.9));
        Assert.Equal("build i0, probe i0", gate.After(0.1));
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
        gate.Stopped(1);
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
        Assert.Equal("done 1, drained 0, probe i0", gate.Reply(1));
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
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Sizes_below_one_are_refused(int capacity, int instances) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new GateSettings(capacity, instances));
}
