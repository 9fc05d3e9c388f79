using System.Runtime.Serialization;
using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Messages;
using AkkaLb.Samples.GreeterWorker;
using AkkaLb.Scenarios.Cluster;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios;

/// <summary>One job: how it gets to a worker, and how it ends.</summary>
public sealed class JobScenarios(ITestOutputHelper output) : Scenario(output)
{
    [Fact]
    public async Task A_registered_worker_is_assigned_and_its_reply_comes_back()
    {
        var worker = await Cluster.AddWorkerAsync("w1");
        var client = await Cluster.ConnectAsync();

        var picked = Assert.IsType<JobOutcome.Picked>((await client.AssignAsync(1, LoopbackCluster.Patience)).Outcome);
        Assert.Equal(worker.Key, Assert.Single(picked.Workers).Worker);
        Assert.Equal(new Did("w1", "hello", 1), await AskAsync(client, Act.Reply, "hello"));
    }

    [Fact]
    public async Task A_users_own_messages_and_actor_need_nothing_but_the_list_of_messages()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Actor = Props.Create<Greeter>() });
        var client = await Cluster.ConnectAsync();

        Assert.Equal(new Greeting("Hello, Wörld!"), await client.AskAsync<Greeting>(new Greet("Wörld"), Once));
    }

    [Fact]
    public async Task An_unlisted_or_oversized_message_is_refused_before_anything_is_sent()
    {
        await Cluster.AddWorkerAsync("w1");
        await Cluster.AddWorkerAsync("w2");
        var client = await Cluster.ConnectAsync();

        await Assert.ThrowsAsync<SerializationException>(() => client.RunAsync(new Unlisted()));
        await Assert.ThrowsAsync<SerializationException>(() => client.RunAsync(new Do(Act.Reply, new string('x', 200_000))));

        // Nobody was even asked for a worker: round robin still begins with the first.
        Assert.Equal("w1", (await AskAsync(client, Act.Reply)).Worker);
        Assert.Equal("w1: \n", Stage.Begun.Value);
    }

    [Fact]
    public async Task A_reply_that_is_unlisted_or_oversized_fails_the_job_as_unsendable()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Instances = 1 });
        var client = await Cluster.ConnectAsync();

        foreach (var act in new[] { Act.ReplyUnlisted, Act.ReplyHuge })
        {
            var failed = await FailAsync(client, act, options: Once with { ReplyBytesMax = 0 });
            Assert.Equal((JobError.WorkerFailed, JobFailureReason.UnsendableReply), (failed.Error, failed.Failure));
        }

        Assert.Equal("after", (await AskAsync(client, Act.Reply, "after")).Text);
    }

    [Fact]
    public async Task A_crash_fails_its_job_with_the_exceptions_type_and_text_and_the_instance_does_the_next()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Instances = 1 });
        var client = await Cluster.ConnectAsync();

        var crash = await Assert.ThrowsAsync<JobFailedException>(() => AskAsync(client, Act.Crash, "no such luck", Idempotent));
        Assert.Equal((JobError.WorkerFailed, JobFailureReason.Crash, "w1", 1), (
            crash.Error, crash.Outcome.Failure, crash.Worker?.Id, crash.Outcome.Sends));
        Assert.Equal("System.FormatException: no such luck", crash.Outcome.Cause);
        Assert.Equal(new Did("w1", "next", 1), await AskAsync(client, Act.Reply, "next"));
    }

    [Fact]
    public async Task A_failure_reply_fails_its_job_and_the_actor_keeps_its_state()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Instances = 1 });
        var client = await Cluster.ConnectAsync();

        var failed = await FailAsync(client, Act.Fail, "not today", Idempotent);
        Assert.Equal((JobError.WorkerFailed, JobFailureReason.Failure, 1), (failed.Error, failed.Failure, failed.Sends));
        Assert.Equal("System.InvalidOperationException: not today", failed.Cause);
        Assert.Equal(2, (await AskAsync(client, Act.Reply)).Count);
    }

    [Fact]
    public async Task A_job_past_its_deadline_fails_and_its_instance_is_replaced()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Instances = 1 });
        var client = await Cluster.ConnectAsync();
        await AskAsync(client, Act.Reply);

        var failed = await FailAsync(client, Act.Hold, "forever", new JobOptions { Deadline = TimeSpan.FromMilliseconds(300) });
        Assert.Equal((JobError.DeadlineExceeded, "w1"), (failed.Error, failed.Worker?.Id));
        Assert.InRange(failed.Total, TimeSpan.FromMilliseconds(290), TimeSpan.FromSeconds(5));
        Assert.Equal(new Did("w1", "next", 1), await AskAsync(client, Act.Reply, "next"));
    }

    [Fact]
    public async Task A_reply_after_the_deadline_is_ignored()
    {
        // A gate that knows no deadlines; the real one would have failed the job itself.
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Gate = Props.Create(() => new TardyGate()) });
        var client = await Cluster.ConnectAsync();

        var failed = await FailAsync(client, Act.Reply, "first", new JobOptions { Deadline = TimeSpan.FromMilliseconds(300) });
        Assert.Equal(JobError.DeadlineExceeded, failed.Error);

        // The gate now answers the first job, then this one.
        Assert.Equal("second", (await AskAsync(client, Act.Reply, "second")).Text);
        Assert.Empty(await client.InFlightAsync());
    }

    [Fact]
    public async Task A_message_that_is_no_job_passes_the_gate_and_keeps_its_sender()
    {
        await Cluster.AddWorkerAsync("w1");
        var (client, system) = await Cluster.ConnectOnAsync();
        var picked = Assert.IsType<JobOutcome.Picked>((await client.AssignAsync(1, LoopbackCluster.Patience)).Outcome);

        var gate = Resolve(system, picked.Workers[0].Gate);
        Assert.Equal(new Did("w1", "past the gate", 1), await gate.Ask<Did>(new Do(Act.Reply, "past the gate"), LoopbackCluster.Patience));
    }

    [Fact]
    public async Task A_stateful_worker_with_one_instance_does_one_job_at_a_time()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Instances = 1 });
        var (client, system) = await Cluster.ConnectOnAsync();

        var first = AskAsync(client, Act.Hold, "first");
        await Stage.UntilBegunAsync("w1", "first");
        var others = Enumerable.Range(0, 20).Select(_ => AskAsync(client, Act.Reply, "other")).ToList();

        // The balancer answers in order, so all twenty are sent when it answers this; and the gate has them all when it answers what is sent
        // after them.
        var picked = Assert.IsType<JobOutcome.Picked>((await client.AssignAsync(1, LoopbackCluster.Patience)).Outcome);
        await Resolve(system, picked.Workers[0].Gate).Ask<ActorIdentity>(new Identify(null), LoopbackCluster.Patience);
        Assert.Equal("w1: first\n", Stage.Begun.Value);

        Stage.Release("first");
        Assert.Equal(1, (await first).Count);
        Assert.Equal(Enumerable.Range(2, 20), (await Task.WhenAll(others)).Select(did => did.Count).Order());
    }

    /// <summary>Keeps the first job until the second has come; then answers both, with what they asked for.</summary>
    private sealed class TardyGate : ReceiveActor
    {
        public TardyGate()
        {
            Job? first = null;
            Receive<Job>(job =>
            {
                if (first is null)
                {
                    first = job;
                    return;
                }

                Answer(first);
                Answer(job);
            });
        }

        private void Answer(Job job)
        {
            var system = (ExtendedActorSystem)Context.System;
            var text = ((Do)Payloads.Unwrap(system, job.Message)).Text;
            Sender.Tell(new JobDone(job.Id, job.Attempt, Payloads.Wrap(system, new Did("w1", text, 0), 1000)));
        }
    }

    private static IActorRef Resolve(ActorSystem system, string path) => ((ExtendedActorSystem)system).Provider.ResolveActorRef(path);
}
