using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Remoting;

namespace AkkaLb.Remoting.Tests;

public sealed class StrayJobsTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly Job Job = new(new JobId(1, 7), 2, TimeSpan.FromSeconds(60), false, new Payload(4053, "n", Array.Empty<byte>()));

    private readonly ExtendedActorSystem _here = Start();
    private readonly ExtendedActorSystem _client = Start();

    [Fact]
    public async Task A_job_for_a_gate_that_is_not_in_this_process_is_answered_as_not_started_unless_it_was_sent_from_here()
    {
        StrayJobs.AnswerIn(_here);
        StrayJobs.AnswerIn(_here);
        await _here.ActorSelection("/system/akkalb-stray-jobs").ResolveOne(Patience);
        var path = $"{_here.Provider.DefaultAddress}/user/worker#1234567";

        var own = _here.Provider.ResolveActorRef(path).Ask<object>(Job, Patience);
        var rejected = await _client.Provider.ResolveActorRef(path).Ask<JobRejected>(Job, Patience);

        Assert.Equal((Job.Id, Job.Attempt, JobRejectReason.NotHere), (rejected.Id, rejected.Attempt, rejected.Reason));
        Assert.Equal("the worker that the job was sent to is not in this process any more", rejected.Text);
        // Its dead letter came first: an answer to it would be here.
        Assert.False(own.IsCompleted);
    }

    [Fact]
    public async Task Each_job_of_a_batch_for_such_a_gate_is_answered()
    {
        StrayJobs.AnswerIn(_here);
        await _here.ActorSelection("/system/akkalb-stray-jobs").ResolveOne(Patience);
        var serializer = (WireSerializer)_client.Serialization.FindSerializerForType(typeof(Batch));
        var batch = new Batch([serializer.TryPack(Job)!.Value, serializer.TryPack(Job with { Attempt = 3 })!.Value]);
        using var inbox = Inbox.Create(_client);

        _client.Provider.ResolveActorRef($"{_here.Provider.DefaultAddress}/user/worker#1234567").Tell(batch, inbox.Receiver);

        Assert.Equal(2, ((JobRejected)inbox.Receive(Patience)).Attempt);
        Assert.Equal(3, ((JobRejected)inbox.Receive(Patience)).Attempt);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Task.WhenAll(_here.Terminate(), _client.Terminate());

    private static ExtendedActorSystem Start() =>
        (ExtendedActorSystem)ActorSystem.Create(SystemConfig.SystemName, SystemConfig.Remoting("127.0.0.1", 0));
}
