using Akka.Actor;
using AkkaLb.Core;

namespace AkkaLb.Worker;

/// <summary>The sender of a job's message: whoever tells it something replies to the job. The first reply counts.</summary>
/// <remarks>As the reference of an <c>Ask</c>, which knows nothing of the job: a further reply is a dead letter, and one that comes after the job was
/// given up is dropped. It has a path as soon as somebody asks for it, so an actor of another node may reply too, when the message was forwarded
/// there.</remarks>
internal sealed class JobReply : MinimalActorRef
{
    private readonly Func<object?, Job, ReplyContent> _contentOf;
    private readonly IActorRef _gate;
    private readonly long _token;
    private readonly IActorRef _instance;
    private readonly Identify _question;
    private ActorPath? _path;
    private ReplyContent? _reply;
    private int _hasEnded;

    /// <param name="contentOf">What a reply is; called where the reply is made.</param>
    /// <param name="gate">It is told once that the reply has come.</param>
    /// <param name="token">The gate's name for the job.</param>
    /// <param name="instance">Does the job. When the reply has come, and the instance is through with the message that it is handling then, it is
    /// asked <paramref name="question"/> for the gate: mostly on the thread that it is still running on.</param>
    public JobReply(
        IActorRefProvider provider, JobContext context, Func<object?, Job, ReplyContent> contentOf, IActorRef gate, long token, IActorRef instance,
        Identify question)
    {
        (Provider, Context, _contentOf) = (provider, context, contentOf);
        (_gate, _token, _instance, _question) = (gate, token, instance, question);
    }

    public JobContext Context { get; }

    public override ActorPath Path => Volatile.Read(ref _path) ?? Registered();

    public override IActorRefProvider Provider { get; }

    /// <summary>The reply, at the very moment in which it is made; null: none has come.</summary>
    public ReplyContent? Content => Volatile.Read(ref _reply) is { } reply && reply != ReplyContent.Nothing ? reply : null;

    /// <summary>The job has its answer.</summary>
    /// <param name="isGivenUp">It is not the actor's, or not the whole of it.</param>
    public void End(bool isGivenUp)
    {
        var reply = Interlocked.CompareExchange(ref _reply, ReplyContent.Nothing, null);
        isGivenUp |= reply is null;
        // One that came too late for the gate to see it; nothing, where it was begun.
        (reply as ReplyContent.Streamed)?.Stream.Discard();
        // With a fence: whoever registers the path now sees that it has ended, or the path is seen here.
        Interlocked.Exchange(ref _hasEnded, 1);
        if (_path is { } path)
        {
            Provider.UnregisterTempActor(path);
        }

        Context.End(isGivenUp);
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is ActorIdentity { MessageId: JobReply mine } && mine == this)
        {
            // What it told itself behind the reply is in its mailbox by now, and the question comes behind that.
            _instance.Tell(_question, _gate);
            return;
        }

        var earlier = Volatile.Read(ref _reply);
        if (earlier is null)
        {
            var reply = _contentOf(message, Context.Job);
            earlier = Interlocked.CompareExchange(ref _reply, reply, null);
        }

        if (earlier is null)
        {
            _gate.Tell(new WorkerGate.ReplyCame(_token), ActorRefs.NoSender);
            _instance.Tell(new Identify(this), this);
        }
        else if (message is ReplyStream unwanted)
        {
            // The very one that is being sent may be told twice.
            if ((earlier as ReplyContent.Streamed)?.Stream != unwanted)
            {
                unwanted.Discard();
            }
        }
        else if (earlier != ReplyContent.Nothing && message is not null)
        {
            Provider.DeadLetters.Tell(message, this);
        }
    }

    /// <summary>Most jobs are answered by somebody who never asks where to.</summary>
    private ActorPath Registered()
    {
        var path = Provider.TempPath();
        Provider.RegisterTempActor(this, path);
        var earlier = Interlocked.CompareExchange(ref _path, path, null);
        if (earlier is not null || Volatile.Read(ref _hasEnded) == 1)
        {
            Provider.UnregisterTempActor(path);
        }

        return earlier ?? path;
    }
}
