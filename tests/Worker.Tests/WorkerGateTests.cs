using Akka.Actor;
using Akka.TestKit;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Tests.Support;

namespace AkkaLb.Worker.Tests;

public class WorkerGateTests : GateKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_reply_is_the_jobs_result()
    {
        Gate().Tell(Job(1, Act.Reply, "hello"), TestActor);
        Assert.Equal("hello", ReplyIn(ExpectDone(1)));
    }

    [Fact]
    public void A_failure_reply_is_a_failed_job_with_type_and_text()
    {
        Gate().Tell(Job(1, Act.Fail, "no such file"), TestActor);
        var failed = ExpectFailed(1, JobFailureReason.Failure);
        Assert.Equal(("System.InvalidOperationException", "no such file"), (failed.ExceptionType, failed.Text));
    }

    [Fact]
    public void A_crash_is_its_jobs_failure_and_the_next_job_is_done()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.Crash, "bad digit"), TestActor);
        gate.Tell(Job(2, Act.Reply), TestActor);
        var failed = ExpectFailed(1, JobFailureReason.Crash);
        Assert.Equal(("System.FormatException", "bad digit"), (failed.ExceptionType, failed.Text));
        ExpectDone(2);
    }

    [Fact]
    public void A_crash_after_the_reply_is_charged_to_nobody()
    {
        var gate = Gate(capacity: 1000);
        for (var i = 1; i <= 500; i++)
        {
            gate.Tell(Job(i, i % 2 == 0 ? Act.Reply : Act.ReplyAndCrash), TestActor);
        }

        for (var i = 1; i <= 500; i++)
        {
            ExpectDone(i);
        }
    }

    [Fact]
    public void A_crash_on_another_message_is_not_charged_to_the_job_behind_it()
    {
        var gate = Gate(capacity: 1000);
        for (var i = 1; i <= 100; i++)
        {
            gate.Tell(new Do(Act.Crash), TestActor);
            gate.Tell(Job(i, Act.Reply), TestActor);
        }

        for (var i = 1; i <= 100; i++)
        {
            ExpectDone(i);
        }
    }

    [Fact]
    public async Task A_job_past_its_deadline_fails_and_a_new_instance_does_the_next()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent, seconds: 5), TestActor);
        gate.Tell(Job(2, Act.Reply), TestActor);
        var silent = Observer.ExpectMsg<Seen>().Worker;
        await Settled(gate);
        Advance(TimeSpan.FromSeconds(5));
        ExpectFailed(1, JobFailureReason.DeadlineExceeded);
        ExpectDone(2);
        Assert.NotEqual(silent, Observer.ExpectMsg<Seen>().Worker);
    }

    [Fact]
    public async Task A_late_reply_is_dropped()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent, seconds: 5), TestActor);
        var client = Observer.ExpectMsg<Seen>().Client;
        await Settled(gate);
        Advance(TimeSpan.FromSeconds(5));
        ExpectFailed(1, JobFailureReason.DeadlineExceeded);
        client.Tell(new Did("late"));
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
    }

    [Fact]
    public async Task A_queued_job_past_its_deadline_is_rejected()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        gate.Tell(Job(2, Act.Reply, seconds: 5), TestActor);
        await Settled(gate);
        Advance(TimeSpan.FromSeconds(5));
        ExpectRejected(2, JobRejectReason.DeadlinePassed);
    }

    [Fact]
    public void A_job_that_waits_and_is_cancelled_is_not_started_and_not_answered()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        var client = Observer.ExpectMsg<Seen>().Client;
        gate.Tell(Job(2, Act.Reply), TestActor);
        gate.Tell(new CancelJob(new JobId(1, 2), 1), TestActor);
        gate.Tell(Job(3, Act.Reply, "third"), TestActor);
        client.Tell(new Did("first"));
        ExpectDone(1);
        ExpectDone(3);
        Assert.Equal("third", Observer.ExpectMsg<Seen>().Message.Text);
        Assert.Equal(0, Gauge.Load.Jobs.InFlight);
    }

    [Fact]
    public void Over_capacity_is_rejected_and_the_gauge_shows_what_is_held()
    {
        var gate = Gate(capacity: 2);
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        gate.Tell(Job(2, Act.Reply), TestActor);
        gate.Tell(Job(3, Act.Reply), TestActor);
        ExpectRejected(3, JobRejectReason.OverCapacity);
        Assert.Equal(2, Gauge.Load.Jobs.InFlight);
    }

    [Fact]
    public void One_instance_does_jobs_one_by_one_in_order()
    {
        var gate = Gate(capacity: 50);
        for (var i = 1; i <= 50; i++)
        {
            gate.Tell(Job(i, Act.KeepSilent), TestActor);
        }

        for (var i = 1; i <= 50; i++)
        {
            Observer.ExpectMsg<Seen>().Client.Tell(new Did($"{i}"));
            Assert.Equal($"{i}", ReplyIn(ExpectDone(i)));
        }
    }

    [Fact]
    public void The_same_try_that_comes_twice_is_answered_once()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        Observer.ExpectMsg<Seen>().Client.Tell(new Did("once"));
        ExpectDone(1);
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
    }

    [Fact]
    public void An_instance_that_stops_itself_fails_its_job_and_is_built_again()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.Stop), TestActor);
        Assert.Contains("stopped itself", ExpectFailed(1, JobFailureReason.Crash).Text, StringComparison.Ordinal);
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
    }

    [Fact]
    public void An_instance_that_cannot_be_created_is_tried_again_after_a_second()
    {
        var tries = 0;
        var gate = Gate(instance: Props.Create(() => new Fussy(Observer, () => Interlocked.Increment(ref tries) > 1)), abilityListener: TestActor);
        Assert.Contains("not yet", ExpectMsg<GateAbility>().Trouble, StringComparison.Ordinal);
        // Nothing tells when the gate has noticed; each round moves the clock on until its timer is set and due.
        AwaitAssert(() =>
        {
            Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(2, Volatile.Read(ref tries));
        });
        Assert.Equal(new GateAbility(null), ExpectMsg<GateAbility>());
        gate.Tell(Job(1, Act.Reply), TestActor);
        ExpectDone(1);
    }

    [Fact]
    public void A_message_that_is_no_job_reaches_an_instance_with_its_sender()
    {
        Gate().Tell(new Do(Act.Reply, "direct"), TestActor);
        Assert.Equal("direct", ExpectMsg<Did>().Text);
    }

    [Fact]
    public void Messages_that_are_no_jobs_take_the_instances_in_turn()
    {
        var gate = Gate(instances: 2);
        for (var i = 0; i < 4; i++)
        {
            gate.Tell(new Do(Act.KeepSilent), TestActor);
        }

        var workers = Enumerable.Range(0, 4).Select(_ => Observer.ExpectMsg<Seen>().Worker).GroupBy(w => w).Select(g => g.Count());
        Assert.Equal([2, 2], workers);
    }

    [Fact]
    public void A_message_that_this_worker_cannot_read_was_not_started_and_is_logged_with_the_jobs_id()
    {
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Akka.Event.Warning));
        var gate = Gate();
        gate.Tell(Job(1, Act.Reply) with { Message = new Payload(4054, "unknown", new byte[] { 1 }) }, TestActor);
        Assert.Contains("unknown", ExpectRejected(1, JobRejectReason.Unreadable).Text, StringComparison.Ordinal);
        Assert.StartsWith("job 1-1 was not started: ", log.ExpectMsg<Akka.Event.Warning>().Message.ToString(), StringComparison.Ordinal);
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
        Assert.Equal(["1-2 1 done"], Ledger.Lines);
    }

    [Fact]
    public void A_message_that_the_actor_does_not_handle_was_not_started_and_is_logged_with_the_jobs_id()
    {
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Akka.Event.Warning));
        var gate = Gate();
        var greeting = Payloads.Wrap((ExtendedActorSystem)Sys, new Did("nobody handles this"), dataBytesMax: 100_000);
        gate.Tell(Job(1, Act.Reply) with { Message = greeting }, TestActor);
        var sentence = $"the worker's actor does not handle {typeof(Did)}";
        Assert.Equal(sentence, ExpectRejected(1, JobRejectReason.Unhandled).Text);
        Assert.Equal($"job 1-1 was not started: {sentence}", log.ExpectMsg<Akka.Event.Warning>().Message.ToString());
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
        Assert.Equal(["1-2 1 done"], Ledger.Lines);
    }

    [Fact]
    public void A_null_reply_fails_its_job()
    {
        Gate().Tell(Job(1, Act.ReplyNull), TestActor);
        Assert.Contains("replied null", ExpectFailed(1, JobFailureReason.UnsendableReply).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_one_who_listens_is_told_when_the_first_instance_is_ready()
    {
        Gate(instances: 3, abilityListener: TestActor);
        Assert.Equal(new GateAbility(null), ExpectMsg<GateAbility>());
    }

    [Fact]
    public void A_worker_whose_actor_cannot_be_created_says_so_and_rejects_jobs_at_once()
    {
        var gate = Gate(instances: 2, instance: Props.Create(() => new Fussy(Observer, () => false)), abilityListener: TestActor);
        var trouble = ExpectMsg<GateAbility>().Trouble;
        Assert.Equal("the worker's actor cannot be created: System.InvalidOperationException: not yet", trouble);
        gate.Tell(Job(1, Act.Reply), TestActor);
        Assert.Equal(trouble, ExpectRejected(1, JobRejectReason.Unable).Text);
    }

    [Fact]
    public void A_dispatcher_that_is_not_there_makes_the_worker_unable_and_does_not_end_it()
    {
        var gate = Gate(dispatcher: "nowhere", abilityListener: TestActor);
        Assert.Contains("nowhere", ExpectMsg<GateAbility>().Trouble, StringComparison.Ordinal);
        gate.Tell(Job(1, Act.Reply), TestActor);
        ExpectRejected(1, JobRejectReason.Unable);
    }

    [Fact]
    public async Task A_worker_whose_threads_are_blocked_says_so_rejects_jobs_at_once_and_works_again_when_one_is_free()
    {
        using var open = new ManualResetEventSlim();
        using var inside = new CountdownEvent(2);
        var blocking = Props.Create(() => new Blocking(open, inside));
        var gate = Gate(instances: 2, dispatcher: "instances", instance: blocking, threads: 2, abilityListener: TestActor);
        ExpectMsg<GateAbility>();
        gate.Tell(Job(1, Act.KeepSilent, seconds: 5), TestActor);
        gate.Tell(Job(2, Act.KeepSilent, seconds: 5), TestActor);
        Assert.True(inside.Wait(TimeSpan.FromSeconds(10)));
        await Settled(gate);
        Pass(TimeSpan.FromSeconds(5));
        ExpectMsg<JobFailed>();
        ExpectMsg<JobFailed>();
        await Settled(gate);
        Pass(Core.Gate.GateSettings.EndMax);
        Assert.Contains("blocked", ExpectMsg<GateAbility>().Trouble, StringComparison.Ordinal);
        gate.Tell(Job(3, Act.Reply), TestActor);
        ExpectRejected(3, JobRejectReason.Unable);
        open.Set();
        Assert.Equal(new GateAbility(null), ExpectMsg<GateAbility>());
        gate.Tell(Job(4, Act.Reply), TestActor);
        ExpectDone(4);
    }

    [Theory]
    [InlineData(Act.ReplyUnlisted, "Unlisted")]
    [InlineData(Act.ReplyHuge, "maximum-frame-size")]
    public void A_reply_that_cannot_be_sent_fails_its_job(Act act, string named)
    {
        Gate().Tell(Job(1, act), TestActor);
        Assert.Contains(named, ExpectFailed(1, JobFailureReason.UnsendableReply).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Draining_lets_the_running_finish_and_continues_rejecting()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        gate.Tell(Job(2, Act.Reply), TestActor);
        var client = Observer.ExpectMsg<Seen>().Client;
        gate.Tell(new StartDrain(TimeSpan.FromSeconds(30)), TestActor);
        ExpectRejected(2, JobRejectReason.Draining);
        client.Tell(new Did("last"));
        ExpectDone(1);
        Assert.Equal(new Drained(0), ExpectMsg<Drained>());
        gate.Tell(Job(3, Act.Reply), TestActor);
        ExpectRejected(3, JobRejectReason.Draining);
    }

    [Fact]
    public async Task When_the_time_to_drain_is_over_running_jobs_fail_and_a_warning_says_how_many()
    {
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Akka.Event.Warning));
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        Observer.ExpectMsg<Seen>();
        gate.Tell(new StartDrain(TimeSpan.FromSeconds(3)), TestActor);
        await Settled(gate);
        Advance(TimeSpan.FromSeconds(3));
        ExpectFailed(1, JobFailureReason.Drained);
        Assert.Equal(new Drained(1), ExpectMsg<Drained>());
        Assert.Equal(
            "this worker gave up 1 running job after 3 s of draining: the time to drain is how long they may take",
            log.ExpectMsg<Akka.Event.Warning>().Message.ToString());
    }

    [Fact]
    public void A_gate_that_stops_answers_what_it_holds()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        gate.Tell(Job(2, Act.Reply), TestActor);
        Observer.ExpectMsg<Seen>();
        Sys.Stop(gate);
        ExpectRejected(2, JobRejectReason.Draining);
        ExpectFailed(1, JobFailureReason.Drained);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_gate_that_ends_while_an_instance_is_blocked_answers_what_it_holds(bool isKilled)
    {
        using var open = new ManualResetEventSlim();
        using var inside = new CountdownEvent(1);
        var gate = Gate(dispatcher: "instances", instance: Props.Create(() => new Blocking(open, inside)));
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        Assert.True(inside.Wait(TimeSpan.FromSeconds(10)));
        gate.Tell(Job(2, Act.Reply), TestActor);
        gate.Tell(isKilled ? Kill.Instance : PoisonPill.Instance, TestActor);
        ExpectRejected(2, JobRejectReason.Draining);
        ExpectFailed(1, JobFailureReason.Drained);
        open.Set();
    }

    [Fact]
    public void A_gate_that_is_restarted_answers_what_it_held_and_does_the_next_jobs()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        gate.Tell(Job(2, Act.Reply), TestActor);
        Observer.ExpectMsg<Seen>();
        ((IInternalActorRef)gate).Restart(new InvalidOperationException("a fault of the gate's own"));
        ExpectRejected(2, JobRejectReason.Draining);
        ExpectFailed(1, JobFailureReason.Drained);
        gate.Tell(Job(3, Act.Reply), TestActor);
        ExpectDone(3);
    }

    [Fact]
    public void A_ledger_that_throws_anything_keeps_no_job_from_its_answer()
    {
        var gate = Gate(ledger: new ThrowingLedger());
        for (var i = 1; i <= 3; i++)
        {
            gate.Tell(Job(i, i == 2 ? Act.Crash : Act.Reply), TestActor);
        }

        ExpectDone(1);
        ExpectFailed(2, JobFailureReason.Crash);
        ExpectDone(3);
    }

    [Fact]
    public void What_an_instance_sends_to_its_parent_meets_no_other_instance()
    {
        var gate = Gate(capacity: 2, instances: 2);
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        var client = Observer.ExpectMsg<Seen>().Client;
        gate.Tell(Job(2, Act.PoisonParent), TestActor);
        ExpectFailed(2, JobFailureReason.Crash);
        client.Tell(new Did("first"));
        Assert.Equal("first", ReplyIn(ExpectDone(1)));
        gate.Tell(Job(3, Act.Reply), TestActor);
        ExpectDone(3);
    }

    [Fact]
    public async Task A_job_for_an_instance_whose_end_is_on_the_way_already_is_done_by_another()
    {
        using var ledger = new WaitingLedger();
        var gate = Gate(instances: 2, ledger: ledger);
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        var first = Observer.ExpectMsg<Seen>();
        gate.Tell(Job(2, Act.Reply), TestActor);
        var second = Observer.ExpectMsg<Seen>().Worker;
        ExpectDone(2);
        // The gate waits for its ledger while the second instance ends, behind a job that the gate will give to it.
        ledger.IsClosed = true;
        first.Client.Tell(new Did("first"));
        ledger.Entered.Wait(Patience);
        gate.Tell(Job(3, Act.Reply), TestActor);
        var keeper = await Sys.ActorSelection(second.Path.Parent).ResolveOne(Patience);
        Watch(keeper);
        Sys.Stop(second);
        ExpectTerminated(keeper);
        ledger.Open.Set();
        ExpectDone(1);
        ExpectDone(3);
    }

    [Fact]
    public void Finished_jobs_are_in_the_ledger_before_their_answers()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.Reply), TestActor);
        ExpectDone(1);
        Assert.Equal(["1-1 1 done"], Ledger.Lines);
        gate.Tell(Job(2, Act.Crash), TestActor);
        ExpectFailed(2, JobFailureReason.Crash);
        gate.Tell(Job(3, Act.Reply, seconds: 0), TestActor);
        ExpectRejected(3, JobRejectReason.DeadlinePassed);
        Assert.Equal(["1-1 1 done", "1-2 1 failed"], Ledger.Lines);
    }

    [Fact]
    public void Instances_run_on_their_own_dispatcher()
    {
        Gate(dispatcher: "instances").Tell(Job(1, Act.SayThread), TestActor);
        Assert.Contains("instances", ReplyIn(ExpectDone(1)), StringComparison.Ordinal);
    }

    /// <summary>Moves the clock without asking the instances, which cannot answer.</summary>
    private void Pass(TimeSpan time) => ((VirtualScheduler)Sys.Scheduler).Advance(time);

    private sealed class ThrowingLedger : IJobLedger
    {
        public void Finished(JobId id, int attempt, string outcome) => throw new NotSupportedException();
    }

    /// <summary>Keeps the gate waiting once it is closed.</summary>
    private sealed class WaitingLedger : IJobLedger, IDisposable
    {
        public bool IsClosed { get; set; }

        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Open { get; } = new();

        public void Finished(JobId id, int attempt, string outcome)
        {
            if (IsClosed)
            {
                Entered.Set();
                Open.Wait(Patience);
            }
        }

        public void Dispose()
        {
            Entered.Dispose();
            Open.Dispose();
        }
    }

    /// <summary>Holds its thread while it has a job to be silent on.</summary>
    private sealed class Blocking : ReceiveActor
    {
        public Blocking(ManualResetEventSlim open, CountdownEvent inside) => Receive<Do>(m =>
        {
            if (m.Act == Act.KeepSilent)
            {
                inside.Signal();
                open.Wait(TimeSpan.FromSeconds(30));
            }

            Sender.Tell(new Did(m.Text));
        });
    }

    private sealed class Fussy : ReceiveActor
    {
        public Fussy(IActorRef observer, Func<bool> isWilling)
        {
            if (!isWilling())
            {
                throw new InvalidOperationException("not yet");
            }

            Receive<Do>(m =>
            {
                observer.Tell(new Seen(m, Sender, Self));
                Sender.Tell(new Did(m.Text));
            });
        }
    }
}
