using System.Collections.Concurrent;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Messages;
using AkkaLb.Registry;

namespace AkkaLb.Client.Tests;

public class ClientActorTests : ClientKit
{
    private static readonly TimeSpan Ruling = ClientSettings.Default.RulingDelay;

    [Fact]
    public async Task The_end_of_the_clients_actor_is_told_to_its_program_and_ends_its_jobs()
    {
        var here = ((ExtendedActorSystem)Sys).Provider.DefaultAddress;
        var client = new BalancedClient(Sys, ownsSystem: true, new BalancedClientOptions { Balancers = new FixedBalancers([here]) });
        var run = client.RunAsync("job");
        ExpectAssign();
        Sys.Stop(ClientActor);
        Assert.StartsWith("the actor /user/", await client.Ended.WaitAsync(TimeSpan.FromSeconds(20)), StringComparison.Ordinal);
        Assert.Equal(JobError.Closed, Assert.IsType<JobOutcome.Failed>((await run.WaitAsync(TimeSpan.FromSeconds(20))).Outcome).Error);
    }

    [Fact]
    public async Task A_job_goes_to_the_assigned_worker_and_its_reply_comes_back()
    {
        var run = Run();
        var job = Assign(A).ExpectMsg<Job>();
        Assert.Equal((1, false, "job"), (job.Attempt, job.Idempotent, Payloads.Unwrap((ExtendedActorSystem)Sys, job.Message)));
        Assert.InRange(job.Remaining, TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(60));
        Done(job, 5);
        Assert.Equal((A, 5, 1), await DoneAsync(run));
    }

    [Fact]
    public async Task What_is_in_flight_is_counted_by_worker()
    {
        _ = Run();
        var job = Assign(A).ExpectMsg<Job>();
        Assert.Equal([new(A, 1)], await Client.InFlightAsync());
        Done(job, 5);
        Assert.Empty(await Client.InFlightAsync());
    }

    [Fact]
    public async Task A_worker_that_fails_the_job_ends_it()
    {
        var run = Run(isIdempotent: true);
        var job = Assign(A).ExpectMsg<Job>();
        ClientActor.Tell(new JobFailed(job.Id, job.Attempt, JobFailureReason.Crash, "System.FormatException", "bad digit"));
        var failed = await FailedAsync(run);
        Assert.Equal((JobError.WorkerFailed, A, "System.FormatException: bad digit"), (failed.Error, failed.Worker, failed.Cause));
    }

    [Fact]
    public async Task No_workers_is_asked_again_until_there_is_one()
    {
        var run = Run();
        Reject(AssignRejectReason.NoWorkers, TimeSpan.FromMilliseconds(500));
        await PassAsync(TimeSpan.FromMilliseconds(249));
        Assert.False(Balancer.HasMessages);
        await PassAsync(TimeSpan.FromMilliseconds(251));
        Done(Assign(A).ExpectMsg<Job>(), 5);
        Assert.Equal((A, 5, 1), await DoneAsync(run));
    }

    [Fact]
    public async Task Without_workers_until_the_deadline_it_says_so()
    {
        var run = Run(seconds: 0.4);
        Reject(AssignRejectReason.NoWorkers, TimeSpan.FromSeconds(5));
        await PassAsync(TimeSpan.FromMilliseconds(400));
        var failed = await FailedAsync(run);
        Assert.Equal((JobError.NoWorker, AssignRejectReason.NoWorkers), (failed.Error, failed.Rejection));
    }

    [Fact]
    public async Task A_rejected_job_is_tried_elsewhere_though_it_may_not_run_twice()
    {
        var run = Run();
        var job = Assign(A).ExpectMsg<Job>();
        ClientActor.Tell(new JobRejected(job.Id, job.Attempt, JobRejectReason.OverCapacity));
        await PassAsync(TimeSpan.FromSeconds(0.5));
        var assign = ExpectAssign();
        Assert.Equal([A], assign.LeaveOut);
        var gate = CreateTestProbe();
        Answer(assign, B, new FakeGate(Sys, AddressOf(B), gate));
        Done(gate.ExpectMsg<Job>(), 6);
        Assert.Equal((B, 6, 2), await DoneAsync(run));
    }

    [Fact]
    public async Task A_dead_letter_was_never_sent_and_is_tried_elsewhere_though_it_may_not_run_twice()
    {
        var run = Run();
        NeverSent(Assign(A).ExpectMsg<Job>());
        Assert.Equal(A, Balancer.ExpectMsg<WorkerUnreachable>().Worker);
        await PassAsync(TimeSpan.FromSeconds(0.5));
        Done(Assign(B).ExpectMsg<Job>(job => Assert.Equal(2, job.Attempt)), 6);
        Assert.Equal((B, 6, 2), await DoneAsync(run));
    }

    [Fact]
    public async Task A_batch_that_was_never_sent_means_the_same_for_each_of_its_jobs()
    {
        var (run, other) = (Run(), Run());
        var first = Assign(A).ExpectMsg<Job>();
        NeverSent(first, Assign(A).ExpectMsg<Job>());
        Balancer.ExpectMsg<WorkerUnreachable>();
        await PassAsync(TimeSpan.FromSeconds(0.5));
        Done(Assign(B).ExpectMsg<Job>(job => Assert.Equal(2, job.Attempt)), 6);
        Done(Assign(B).ExpectMsg<Job>(job => Assert.Equal(2, job.Attempt)), 7);
        await DoneAsync(run);
        await DoneAsync(other);
    }

    [Fact]
    public async Task Another_clients_dead_letter_means_nothing()
    {
        var run = Run();
        var job = Assign(A).ExpectMsg<Job>();
        NeverSent(job with { Id = new JobId(job.Id.Client ^ 1, job.Id.Sequence) });
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.False(Balancer.HasMessages);
        Done(job, 5);
        Assert.Equal((A, 5, 1), await DoneAsync(run));
    }

    [Fact]
    public async Task A_job_that_may_run_twice_is_tried_elsewhere_when_its_connection_is_lost()
    {
        var run = Run(isIdempotent: true);
        Assign(A).ExpectMsg<Job>();
        LoseConnection(A);
        Assert.Equal(A, Balancer.ExpectMsg<WorkerUnreachable>().Worker);
        await PassAsync(Ruling - TimeSpan.FromMilliseconds(1));
        Assert.False(Balancer.HasMessages);
        await PassAsync(TimeSpan.FromMilliseconds(1));
        await PassAsync(TimeSpan.FromMilliseconds(10));
        Done(Assign(B).ExpectMsg<Job>(), 6);
        Assert.Equal((B, 6, 2), await DoneAsync(run));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_job_that_may_not_run_twice_is_lost_with_its_connection(bool isError)
    {
        var run = Run();
        Assign(A).ExpectMsg<Job>();
        if (isError)
        {
            Connect(A);
            Sys.EventStream.Publish(new AssociationErrorEvent(
                new InvalidOperationException(
                    "outer", new IOException("reset by peer")), NodeAddress.Of("127.0.0.1", 4), AddressOf(A), false, Akka.Event.LogLevel.ErrorLevel));
        }
        else
        {
            LoseConnection(A);
        }

        Balancer.ExpectMsg<WorkerUnreachable>();
        await PassAsync(Ruling);
        var failed = await FailedAsync(run);
        Assert.Equal(
            (JobError.WorkerLost, A, isError ? "the connection failed: reset by peer" : "the connection was lost"), (
                failed.Error, failed.Worker, failed.Cause));
    }

    [Fact]
    public async Task A_dead_letter_before_the_ruling_saves_a_job_that_may_not_run_twice()
    {
        var run = Run();
        var job = Assign(A).ExpectMsg<Job>();
        LoseConnection(A);
        NeverSent(job);
        Balancer.ExpectMsg<WorkerUnreachable>();
        await PassAsync(Ruling);
        Done(Assign(B).ExpectMsg<Job>(), 6);
        Assert.Equal((B, 6, 2), await DoneAsync(run));
    }

    [Fact]
    public async Task The_loss_of_another_workers_connection_means_nothing()
    {
        var run = Run();
        var job = Assign(A).ExpectMsg<Job>();
        LoseConnection(B);
        await PassAsync(Ruling);
        Done(job, 5);
        Assert.Equal((A, 5, 1), await DoneAsync(run));
    }

    [Fact]
    public async Task A_gate_that_is_silent_is_asked_and_given_up_and_used_again_when_it_is_heard()
    {
        var run = Run();
        var probe = CreateTestProbe();
        var gate = new FakeGate(Sys, AddressOf(A), probe, answersIdentify: false);
        Answer(ExpectAssign(), A, gate);
        var job = probe.ExpectMsg<Job>();
        for (var i = 0; i < 5; i++)
        {
            await PassAsync(ClientSettings.Default.GateSilence);
            probe.ExpectMsg<FakeGate.Asked>();
        }

        Assert.Equal((JobError.WorkerLost, A), ((await FailedAsync(run)).Error, (await FailedAsync(run)).Worker));
        Balancer.ExpectMsg<WorkerUnreachable>();
        _ = Run();
        Assert.Equal([A], ExpectAssign().LeaveOut);
        ClientActor.Tell(new JobFailed(job.Id, job.Attempt, JobFailureReason.Crash, "", ""), gate);
        _ = Run();
        Assert.Empty(ExpectAssign().LeaveOut);
    }

    [Fact]
    public async Task A_job_is_lost_with_its_gate_when_another_process_answers_that_it_is_not_there()
    {
        var run = Run();
        var probe = CreateTestProbe();
        var gate = new FakeGate(Sys, AddressOf(A), probe, answersIdentify: false);
        Answer(ExpectAssign(), A, gate);
        probe.ExpectMsg<Job>();
        await PassAsync(ClientSettings.Default.GateSilence);
        var question = probe.ExpectMsg<FakeGate.Asked>().Question;
        // as our own dead letters say of one that cannot be reached
        ClientActor.Tell(new ActorIdentity(question, ActorRefs.Nobody), ActorRefs.NoSender);
        ClientActor.Tell(new ActorIdentity(question, null), gate);
        Assert.Equal((JobError.WorkerLost, "the worker is not there any more"), ((await FailedAsync(run)).Error, (await FailedAsync(run)).Cause));
    }

    [Fact]
    public async Task A_refused_job_says_how_long_it_has_waited_and_goes_when_the_hint_has_passed()
    {
        var run = Run();
        var job = Assign(A).ExpectMsg<Job>();
        Assert.Equal(TimeSpan.Zero, job.Waited);
        ClientActor.Tell(new JobRejected(job.Id, job.Attempt, JobRejectReason.OverCapacity, "full", TimeSpan.FromMilliseconds(800)));
        Reject(AssignRejectReason.AllExcluded, TimeSpan.FromMilliseconds(100));
        await PassAsync(TimeSpan.FromMilliseconds(799));
        Assert.False(Balancer.HasMessages);
        await PassAsync(TimeSpan.FromMilliseconds(201));
        var again = Assign(A).ExpectMsg<Job>();
        Assert.Equal(TimeSpan.FromMilliseconds(1000), again.Waited);
        Done(again, 5);
        Assert.Equal((A, 5, 2), await DoneAsync(run));
    }

    [Fact]
    public async Task A_job_that_no_worker_handles_ends_at_once_with_what_they_said()
    {
        var run = Run();
        var job = Assign(A).ExpectMsg<Job>();
        ClientActor.Tell(new JobRejected(job.Id, job.Attempt, JobRejectReason.Unhandled, "the actor does not handle SleepJob"));
        await PassAsync(TimeSpan.FromMilliseconds(10));
        Reject(AssignRejectReason.AllExcluded, TimeSpan.FromMilliseconds(100));
        var failed = await FailedAsync(run);
        Assert.Equal(
            (JobError.Unsupported, A, "worker a did not start it (Unhandled): the actor does not handle SleepJob"), (
                failed.Error, failed.Worker, failed.Cause));
    }

    [Theory]
    [InlineData("", "text", "text")]
    [InlineData("Type", "", "Type")]
    [InlineData("Type", "text", "Type: text")]
    public async Task A_cause_names_what_there_is_of_type_and_text(string type, string text, string cause)
    {
        var run = Run();
        var job = Assign(A).ExpectMsg<Job>();
        ClientActor.Tell(new JobFailed(job.Id, job.Attempt, JobFailureReason.Failure, type, text));
        Assert.Equal(cause, (await FailedAsync(run)).Cause);
    }

    [Fact]
    public async Task A_job_without_an_answer_ends_at_its_deadline()
    {
        var run = Run(isIdempotent: true, seconds: 3);
        Assign(A).ExpectMsg<Job>();
        await PassAsync(TimeSpan.FromSeconds(3));
        Assert.Equal((JobError.DeadlineExceeded, A), ((await FailedAsync(run)).Error, (await FailedAsync(run)).Worker));
    }

    [Fact]
    public async Task A_lost_balancer_is_sought_and_asked_again()
    {
        var run = Run();
        ExpectAssign();
        Watch(BalancerActor);
        Sys.Stop(BalancerActor);
        ExpectTerminated(BalancerActor);
        StartBalancer();
        for (var i = 0; i < 100 && !Balancer.HasMessages; i++)
        {
            await PassAsync(TimeSpan.FromMilliseconds(250));
        }

        Done(Assign(A).ExpectMsg<Job>(), 5);
        Assert.Equal((A, 5, 1), await DoneAsync(run));
    }

    [Fact]
    public async Task A_balancer_that_stops_is_left_and_another_sought()
    {
        var run = Run();
        Reject(AssignRejectReason.Stopping, TimeSpan.FromMilliseconds(500));
        await PassAsync(TimeSpan.FromMilliseconds(1));
        await PassAsync(TimeSpan.FromMilliseconds(500));
        Done(Assign(A).ExpectMsg<Job>(), 5);
        Assert.Equal((A, 5, 1), await DoneAsync(run));
    }

    [Fact]
    public async Task A_question_without_an_answer_is_asked_again()
    {
        var run = Run();
        var first = ExpectAssign();
        await PassAsync(ClientSettings.Default.AssignTimeout);
        var second = ExpectAssign();
        Assert.NotEqual(first.RequestId, second.RequestId);
        var gate = CreateTestProbe();
        Answer(first, A, new FakeGate(Sys, AddressOf(A), gate));
        Answer(second, B, new FakeGate(Sys, AddressOf(B), gate));
        Done(gate.ExpectMsg<Job>(), 5);
        Assert.Equal((B, 5, 1), await DoneAsync(run));
    }

    [Fact]
    public async Task Workers_can_be_asked_for_without_a_job()
    {
        var run = Client.AssignAsync(2, TimeSpan.FromSeconds(10));
        var assign = ExpectAssign();
        Assert.Equal(2, assign.Count);
        Answer(assign, A, TestActor);
        Assert.Equal(A, Assert.Single(Assert.IsType<JobOutcome.Picked>((await run).Outcome).Workers).Worker);
    }

    [Fact]
    public async Task A_job_in_flight_that_is_cancelled_is_waited_for_no_more_and_its_worker_hears_of_it_once()
    {
        using var cancelling = new CancellationTokenSource();
        var run = Client.RunAsync("job", cancellationToken: cancelling.Token);
        var gate = Assign(A);
        var job = gate.ExpectMsg<Job>();
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(new CancelJob(job.Id, job.Attempt), gate.ExpectMsg<CancelJob>());
        Assert.Empty(await Client.InFlightAsync());
        Done(job, 5);
        await PassAsync(TimeSpan.FromMinutes(2));
        Assert.False(gate.HasMessages);
    }

    [Fact]
    public async Task Progress_is_told_to_whom_wants_it_and_a_handler_that_throws_harms_nobody()
    {
        var told = new BlockingCollection<object>();
        var run = Client.RunAsync("job", new JobOptions { Progress = new Handler(told.Add) });
        var job = Assign(A).ExpectMsg<Job>();
        var failing = Client.RunAsync(
            "job", new JobOptions { Progress = new Handler(_ => throw new InvalidOperationException("no disk")) });
        var other = Assign(A).ExpectMsg<Job>();
        _ = Run();
        Assert.Equal((true, true, false), (job.WantsProgress, other.WantsProgress, Assign(A).ExpectMsg<Job>().WantsProgress));

        Report(job, 30);
        Assert.True(told.TryTake(out var first, TimeSpan.FromSeconds(20)));
        Assert.Equal(30L, first);
        EventFilter.Warning(start: "progress of a job could not be told to its caller: System.InvalidOperationException: no disk")
            .ExpectOne(() => Report(other, 40));
        Report(job, 50);
        Assert.True(told.TryTake(out var second, TimeSpan.FromSeconds(20)));
        Assert.Equal(50L, second);
        Done(job, 5);
        Done(other, 6);
        Assert.Equal((A, 5, 1), await DoneAsync(run));
        Assert.Equal((A, 6, 1), await DoneAsync(failing));
    }

    /// <summary>A handler that takes its time gets the newest when it is through, and never two at once.</summary>
    [Fact]
    public async Task Of_progress_that_comes_faster_than_it_is_handled_the_newest_is_told()
    {
        using var begun = new SemaphoreSlim(0);
        using var door = new SemaphoreSlim(0);
        var told = new BlockingCollection<object>();
        _ = Client.RunAsync("job", new JobOptions
        {
            Progress = new Handler(m =>
            {
                begun.Release();
                Assert.True(door.Wait(TimeSpan.FromSeconds(20)));
                told.Add(m);
            }),
        });
        var job = Assign(A).ExpectMsg<Job>();
        Report(job, 1);
        Assert.True(await begun.WaitAsync(TimeSpan.FromSeconds(20)));
        Report(job, 2);
        Report(job, 3);
        await Settled(ClientActor);
        door.Release(3);
        Assert.Equal([1L, 3L], told.GetConsumingEnumerable().Take(2));
    }

    private void Report(Job job, long number) => ClientActor.Tell(
        new JobProgress(job.Id, job.Attempt, Payloads.Wrap((ExtendedActorSystem)Sys, number, 10_000)), ActorRefs.NoSender);

    private sealed class Handler(Action<object> handle) : IProgress<object>
    {
        public void Report(object value) => handle(value);
    }

    [Fact]
    public async Task What_is_cancelled_before_it_is_sent_is_not_sent()
    {
        using var cancelling = new CancellationTokenSource();
        var ask = Client.AskAsync<long>("job", cancellationToken: cancelling.Token);
        var assign = ExpectAssign();
        var wish = Client.AssignAsync(1, TimeSpan.FromSeconds(60), cancellationToken: cancelling.Token);
        ExpectAssign();
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ask.WaitAsync(TimeSpan.FromSeconds(20)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wish.WaitAsync(TimeSpan.FromSeconds(20)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Client.RunAsync("job", cancellationToken: cancelling.Token));
        var gate = CreateTestProbe();
        Answer(assign, A, new FakeGate(Sys, AddressOf(A), gate));
        await PassAsync(TimeSpan.FromMinutes(2));
        Assert.False(gate.HasMessages);
        Assert.False(Balancer.HasMessages);
    }

    [Fact]
    public async Task A_job_that_has_ended_is_not_cancelled()
    {
        using var cancelling = new CancellationTokenSource();
        var run = Client.RunAsync("job", cancellationToken: cancelling.Token);
        var gate = Assign(A);
        Done(gate.ExpectMsg<Job>(), 5);
        Assert.Equal((A, 5, 1), await DoneAsync(run));
        await cancelling.CancelAsync();
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.False(gate.HasMessages);
    }

    [Fact]
    public async Task After_StopSending_nothing_is_sent_and_what_is_in_flight_finishes()
    {
        var inFlight = Run();
        var job = Assign(A).ExpectMsg<Job>();
        var assigning = Run();
        ExpectAssign();
        Client.StopSending();
        Assert.Equal(JobError.Closed, (await FailedAsync(assigning)).Error);
        Assert.Equal(JobError.Closed, (await FailedAsync(Run())).Error);
        Done(job, 5);
        Assert.Equal((A, 5, 1), await DoneAsync(inFlight));
    }

    [Fact]
    public async Task Disposing_ends_every_job_as_closed()
    {
        var inFlight = Run();
        Assign(A).ExpectMsg<Job>();
        var assigning = Run();
        await Client.DisposeAsync();
        Assert.Equal(JobError.Closed, (await FailedAsync(inFlight)).Error);
        Assert.Equal(JobError.Closed, (await FailedAsync(assigning)).Error);
    }

    [Fact]
    public async Task After_disposing_a_job_ends_at_once_and_does_not_hang()
    {
        await Client.DisposeAsync();
        Assert.Equal(JobError.Closed, (await FailedAsync(Run())).Error);
        Assert.Equal(JobError.Closed, (await FailedAsync(Client.AssignAsync(1, TimeSpan.FromSeconds(1)))).Error);
        Assert.Empty(await Client.InFlightAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        await Client.DisposeAsync();
    }

    [Fact]
    public async Task When_the_application_ends_its_own_system_every_job_ends_as_closed()
    {
        var inFlight = Run();
        Assign(A).ExpectMsg<Job>();
        await Sys.Terminate();
        Assert.Equal(JobError.Closed, (await FailedAsync(inFlight)).Error);
        Assert.Equal(JobError.Closed, (await FailedAsync(Run())).Error);
    }

    [Fact]
    public async Task A_deadline_that_no_message_can_carry_is_refused_and_disturbs_nobody()
    {
        var inFlight = Run();
        var job = Assign(A).ExpectMsg<Job>();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Client.RunAsync("job", new JobOptions { Deadline = TimeSpan.MaxValue }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.AssignAsync(1, TimeSpan.MaxValue));
        Done(job, 5);
        Assert.Equal((A, 5, 1), await DoneAsync(inFlight));
    }

    [Fact]
    public void A_key_a_weight_and_a_priority_go_to_the_balancer()
    {
        _ = Client.RunAsync("job", new JobOptions { Key = "ada", Weight = 7, Priority = JobPriority.High });
        var assign = ExpectAssign();
        Assert.Equal(("ada", 7, JobPriority.High), (assign.Key, assign.Weight, assign.Priority));
        _ = Run();
        assign = ExpectAssign();
        Assert.Equal((null, 1, JobPriority.Normal), (assign.Key, assign.Weight, assign.Priority));
    }

    public static TheoryData<JobOptions, string> UnfitOptions => new()
    {
        { new JobOptions { Key = "" }, "a job's key has 1 to 1024 characters, not 0" },
        { new JobOptions { Key = new string('k', 1025) }, "a job's key has 1 to 1024 characters, not 1025" },
        { new JobOptions { Weight = 0 }, "a job's weight is 1 to 1000" },
        { new JobOptions { Weight = 1001 }, "a job's weight is 1 to 1000" },
        { new JobOptions { Priority = (JobPriority)7 }, "a job's priority is Low, Normal or High" },
    };

    [Theory]
    [MemberData(nameof(UnfitOptions))]
    public async Task An_option_outside_of_its_range_is_refused(JobOptions options, string why)
    {
        var refused = await Assert.ThrowsAnyAsync<ArgumentException>(() => Client.RunAsync("job", options));
        Assert.StartsWith(why, refused.Message, StringComparison.Ordinal);
        Assert.Equal("options", refused.ParamName);
    }

    [Fact]
    public async Task A_message_that_cannot_be_written_throws_before_anything_is_sent()
    {
        await Client.WaitForBalancerAsync(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<SerializationException>(() => Client.AskAsync<long>(new Unlisted()));
        await Assert.ThrowsAsync<SerializationException>(() => Client.AskAsync<long>(new byte[200_000]));
        await Assert.ThrowsAsync<SerializationException>(() => Client.AskAsync<long>(PoisonPill.Instance));
        _ = Run();
        ExpectAssign();
        Assert.False(Balancer.HasMessages);
    }

    [Fact]
    public async Task A_reply_of_another_type_is_an_invalid_cast()
    {
        var reply = Client.AskAsync<string>("job");
        Done(Assign(A).ExpectMsg<Job>(), 5);
        Assert.Contains("worker a replied with", (await Assert.ThrowsAsync<InvalidCastException>(() => reply)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_balancer_waiting_for_one_ends_with_a_sentence()
    {
        await using var client = BalancedClient.On(Sys, new BalancedClientOptions { Balancers = new FixedBalancers([]) });
        var e = await Assert.ThrowsAsync<NoBalancerException>(() => client.WaitForBalancerAsync(TimeSpan.FromMilliseconds(100)));
        Assert.Equal("no balancer answered within 0.1 s", e.Message);
    }

    private sealed record Unlisted;
}
