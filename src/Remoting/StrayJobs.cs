using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Remoting;

/// <summary>Answers each <see cref="Job"/> that came to this process for a gate which is not here (any more): the job was not started.</summary>
/// <remarks>
/// A process may have the port of a worker that is gone, or its own gate may have ended; Akka turns such a job into a dead letter, and its client
/// would have to guess. Only jobs of other processes are answered: those that were sent from here are dead letters because they never left, which
/// their sender hears by itself. An answer is no job, so one that becomes a dead letter is not answered again.
/// </remarks>
internal sealed class StrayJobs : ReceiveActor
{
    public StrayJobs() => Receive<DeadLetter>(m =>
    {
        if (!m.Sender.Path.Address.HasGlobalScope)
        {
            return;
        }

        foreach (var job in Batch.MessagesIn(m.Message).OfType<Job>())
        {
            m.Sender.Tell(new JobRejected(
                job.Id, job.Attempt, JobRejectReason.NotHere, "the worker that the job was sent to is not in this process any more"));
        }
    });

    /// <summary>From now on such jobs are answered in this actor system; saying it again changes nothing.</summary>
    public static void AnswerIn(ActorSystem system) => system.WithExtension<Answering, Provider>();

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    /// <summary>There is one in an actor system. It is no actor of the application's, so it is not below <c>/user</c>.</summary>
    private sealed class Answering : IExtension
    {
        public Answering(ExtendedActorSystem system) => system.SystemActorOf(Props.Create(() => new StrayJobs()), "akkalb-stray-jobs");
    }

    private sealed class Provider : ExtensionIdProvider<Answering>
    {
        public override Answering CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
