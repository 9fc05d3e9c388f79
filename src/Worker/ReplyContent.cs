using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Worker;

/// <summary>What an actor has replied to its job, as it can be sent.</summary>
internal abstract record ReplyContent
{
    /// <summary>The job has its answer, and it is not the actor's.</summary>
    public static ReplyContent Nothing { get; } = new None();

    private const string ClientBound = "ReplyBytesMax of the job";
    private const string WorkerBound = "akkalb.worker.reply-bytes-max, GateSettings.ReplyBytesMax";

    private ReplyContent() { }

    /// <summary>Made where the actor replies, on its thread: a large message, or a serializer that hangs, is no other job's trouble.</summary>
    /// <param name="job">Says what its client takes.</param>
    /// <param name="pieceBytesMax">What a frame can carry.</param>
    /// <param name="replyBytesMax">What this worker sends in pieces.</param>
    public static ReplyContent Of(ExtendedActorSystem system, object? message, Job job, int pieceBytesMax, int replyBytesMax)
    {
        try
        {
            return message switch
            {
                Akka.Actor.Status.Failure { Cause: var cause } => new Failure(cause is null ? null : ExceptionText.Of(cause)),
                null => new Unsendable(new ExceptionText(
                    typeof(ArgumentException).FullName!, "the worker's actor replied null, which is no message", "")),
                ReplyStream stream when !job.WantsStream => Refused(stream),
                ReplyStream stream => new Streamed(stream),
                _ => Wrap(system, message, job.ReplyBytesMax, pieceBytesMax, replyBytesMax),
            };
        }
#pragma warning disable CA1031 // A serializer of the user's may throw anything; that is the trouble of this one reply.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new Unsendable(ExceptionText.Of(e));
        }
    }

    private static Unsendable Refused(ReplyStream stream)
    {
        stream.Discard();
        return new Unsendable(new ExceptionText(
            typeof(InvalidOperationException).FullName!, "the worker's actor replied with a stream, and the client wants one message", ""));
    }

    private static Message Wrap(ExtendedActorSystem system, object message, int clientMax, int pieceMax, int workerMax)
    {
        var max = Math.Min(clientMax, workerMax);
        return new Message(
            max <= pieceMax ? Payloads.Wrap(system, message, pieceMax)
            : Payloads.Wrap(system, message, max, clientMax < workerMax ? ClientBound : WorkerBound));
    }

    public sealed record Message(Payload Payload) : ReplyContent;

    public sealed record Streamed(ReplyStream Stream) : ReplyContent;

    /// <param name="Cause">Null: it names none.</param>
    public sealed record Failure(ExceptionText? Cause) : ReplyContent;

    /// <summary>It cannot be sent.</summary>
    public sealed record Unsendable(ExceptionText Cause) : ReplyContent;

    private sealed record None : ReplyContent;
}
