using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Worker.Tests;

/// <summary>What an actor finds behind its sender.</summary>
public class JobContextTests : GateKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private IActorRef? _client;

    [Fact]
    public async Task An_actor_finds_its_job_by_its_sender()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent) with { Attempt = 3, Idempotent = true }, TestActor);
        var job = JobContext.Of(Observer.ExpectMsg<Seen>().Client)!;
        Assert.Equal((new JobId(1, 1), 3, true), (job.Id, job.Attempt, job.IsIdempotent));
        Assert.Equal(TimeSpan.FromSeconds(60), job.Remaining);
        Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(TimeSpan.FromSeconds(1), job.Remaining);
        Assert.False(job.CancellationToken.IsCancellationRequested);
        Advance(TimeSpan.FromSeconds(2));
        await Settled(gate);
        Assert.Equal(TimeSpan.Zero, job.Remaining);
    }

    [Fact]
    public void Time_that_a_job_has_waited_for_its_instance_is_gone()
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.KeepSilent), TestActor);
        gate.Tell(Job(2, Act.KeepSilent, seconds: 10), TestActor);
        var first = Observer.ExpectMsg<Seen>().Client;
        Advance(TimeSpan.FromSeconds(4));
        first.Tell(new Did("first"));
        Assert.Equal(TimeSpan.FromSeconds(6), JobContext.Of(Observer.ExpectMsg<Seen>().Client)!.Remaining);
    }

    [Fact]
    public void Behind_another_sender_there_is_none()
    {
        Gate().Tell(new Do(Act.Reply), TestActor);
        Assert.Null(JobContext.Of(Observer.ExpectMsg<Seen>().Client));
        Assert.Null(JobContext.Of(ActorRefs.NoSender));
    }

    [Fact]
    public async Task When_its_caller_cancels_a_running_job_its_token_is_cancelled_and_its_place_is_free_when_it_has_answered()
    {
        var gate = Gate(capacity: 1);
        var job = Start(gate);
        gate.Tell(new CancelJob(new JobId(1, 1), 1), TestActor);
        await Settled(gate);
        Assert.True(job.CancellationToken.IsCancellationRequested);
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectRejected(2, JobRejectReason.OverCapacity);
        _client!.Tell(new Did("all the same"));
        ExpectDone(1);
        gate.Tell(Job(3, Act.Reply), TestActor);
        ExpectDone(3);
    }

    [Fact]
    public void When_the_deadline_passes_the_token_is_cancelled()
    {
        var job = Start(Gate());
        Advance(TimeSpan.FromSeconds(60));
        ExpectFailed(1, JobFailureReason.DeadlineExceeded);
        Assert.True(job.CancellationToken.IsCancellationRequested);
    }

    [Fact]
    public void When_the_time_to_drain_is_over_the_token_is_cancelled_and_not_before()
    {
        var gate = Gate();
        var job = Start(gate);
        gate.Tell(new StartDrain(TimeSpan.FromSeconds(5)), TestActor);
        Advance(TimeSpan.FromSeconds(4));
        Assert.False(job.CancellationToken.IsCancellationRequested);
        Advance(TimeSpan.FromSeconds(1));
        ExpectFailed(1, JobFailureReason.Drained);
        Assert.True(job.CancellationToken.IsCancellationRequested);
    }

    [Fact]
    public void When_its_gate_ends_the_token_is_cancelled()
    {
        var gate = Gate();
        var job = Start(gate);
        Sys.Stop(gate);
        ExpectFailed(1, JobFailureReason.Drained);
        Assert.True(job.CancellationToken.IsCancellationRequested);
    }

    [Fact]
    public void When_the_actor_has_replied_the_token_is_not_cancelled_any_more()
    {
        var gate = Gate();
        var job = Start(gate);
        _client!.Tell(new Did("done"));
        ExpectDone(1);
        gate.Tell(new CancelJob(new JobId(1, 1), 1), TestActor);
        Advance(TimeSpan.FromSeconds(60));
        Assert.False(job.CancellationToken.IsCancellationRequested);
    }

    [Fact]
    public void Callbacks_that_throw_or_block_keep_no_other_job_waiting()
    {
        using var held = new ManualResetEventSlim();
        var gate = Gate();
        var job = Start(gate);
        job.CancellationToken.Register(() => throw new InvalidOperationException("no such file"));
        job.CancellationToken.Register(() => held.Wait(Patience));
        gate.Tell(new CancelJob(new JobId(1, 1), 1), TestActor);
        _client!.Tell(new Did("first"));
        ExpectDone(1);
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
        EventFilter.Warning(start: "a callback on the cancellation of job 1-1 has thrown: System.InvalidOperationException: no such file")
            .ExpectOne(held.Set);
    }

    [Fact]
    public void An_actor_that_awaits_stops_when_its_job_is_cancelled_and_does_the_next()
    {
        var gate = Gate(instance: Props.Create(() => new Patient(Observer)));
        Start(gate);
        gate.Tell(new CancelJob(new JobId(1, 1), 1), TestActor);
        Assert.EndsWith("CanceledException", ExpectFailed(1, JobFailureReason.Failure).ExceptionType, StringComparison.Ordinal);
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
    }

    [Fact]
    public async Task An_actor_of_another_node_may_reply_by_the_senders_path()
    {
        var gate = Gate();
        Start(gate);
        var reply = ((ExtendedActorSystem)Sys).Provider.ResolveActorRef(_client!.Path.ToSerializationFormat());
        Assert.Same(_client, reply);
        reply.Tell(new Did("from afar"));
        Assert.Equal("from afar", ReplyIn(ExpectDone(1)));
        await Settled(gate);
        Assert.NotSame(_client, ((ExtendedActorSystem)Sys).Provider.ResolveActorRef(_client.Path.ToSerializationFormat()));
    }

    [Fact]
    public async Task Progress_goes_to_the_client_at_once_and_of_more_the_newest_when_its_time_has_come()
    {
        var gate = Gate();
        var job = Start(gate, wantsProgress: true);
        job.Report(new Did("10 %"));
        Assert.Equal((new JobId(1, 1), 1, "10 %"), Progress());
        foreach (var text in new[] { "20 %", "30 %", "40 %" })
        {
            job.Report(new Did(text));
        }

        Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("40 %", Progress().Text);
        job.Report(new Did("50 %"));
        await Settled(gate);
        _client!.Tell(new Did("done"));
        Assert.Equal("done", ReplyIn(ExpectDone(1)));
        job.Report(new Did("60 %"));
        Advance(TimeSpan.FromSeconds(1));
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
    }

    [Fact]
    public void Nobody_is_told_who_did_not_ask_for_progress()
    {
        var gate = Gate();
        var job = Start(gate);
        Assert.False(job.WantsProgress);
        job.Report(new Did("10 %"));
        _client!.Tell(new Did("done"));
        ExpectDone(1);
    }

    [Fact]
    public void Progress_that_cannot_be_sent_is_logged_and_the_job_goes_on()
    {
        var gate = Gate();
        var job = Start(gate, wantsProgress: true);
        Assert.Throws<ArgumentNullException>(() => job.Report(null!));
        EventFilter.Warning(start: "progress of job 1-1 cannot be sent: ").ExpectOne(() => job.Report(new Unlisted()));
        Advance(TimeSpan.FromMilliseconds(100));
        job.Report(new Did("10 %"));
        Assert.Equal("10 %", Progress().Text);
        _client!.Tell(new Did("done"));
        ExpectDone(1);
    }

    private (JobId Id, int Attempt, string Text) Progress()
    {
        var progress = ExpectMsg<JobProgress>();
        return (progress.Id, progress.Attempt, ((Did)Payloads.Unwrap((ExtendedActorSystem)Sys, progress.Progress)).Text);
    }

    private JobContext Start(IActorRef gate, bool wantsProgress = false)
    {
        gate.Tell(Job(1, Act.KeepSilent) with { WantsProgress = wantsProgress }, TestActor);
        _client = Observer.ExpectMsg<Seen>().Client;
        return JobContext.Of(_client)!;
    }

    /// <summary>Keeps a silent job until its token is cancelled.</summary>
    private sealed class Patient : ReceiveActor
    {
        public Patient(IActorRef observer) => ReceiveAsync<Do>(async m =>
        {
            observer.Tell(new Seen(m, Sender, Self));
            var job = JobContext.Of(Sender)!;
            try
            {
                await (m.Act == Act.KeepSilent ? Task.Delay(Timeout.Infinite, job.CancellationToken) : Task.CompletedTask);
                Sender.Tell(new Did(m.Text));
            }
            catch (OperationCanceledException e)
            {
                Sender.Tell(new Status.Failure(e));
            }
        });
    }
}
