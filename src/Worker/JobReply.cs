using Akka.Actor;

namespace AkkaLb.Worker;

/// <summary>The sender of a job's message: whoever tells it something replies to the job. The first reply counts.</summary>
/// <remarks>As the reference of an <c>Ask</c>, which knows nothing of the job: a further reply is a dead letter, and one that comes after the job was
/// given up is dropped. It has a path, so an actor of another node may reply too, when the message was forwarded there.</remarks>
internal sealed class JobReply : MinimalActorRef
{
    private static readonly object Null = new();
    private static readonly object Nothing = new();

    private readonly IActorRef _gate;
    private readonly object _word;
    private object? _reply;

    /// <param name="gate">It is told <paramref name="word"/> once, when the reply has come.</param>
    public JobReply(IActorRefProvider provider, JobContext context, IActorRef gate, object word)
    {
        (Provider, Context, _gate, _word) = (provider, context, gate, word);
        Path = provider.TempPath();
        provider.RegisterTempActor(this, Path);
    }

    public JobContext Context { get; }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider { get; }

    /// <summary>True at the very moment in which the instance replies.</summary>
    public bool HasCome => Volatile.Read(ref _reply) is { } reply && reply != Nothing;

    /// <summary>Has a meaning only when it has come.</summary>
    public object? Message => _reply == Null ? null : _reply;

    /// <summary>The job has its answer.</summary>
    public void End()
    {
        var isGivenUp = Interlocked.CompareExchange(ref _reply, Nothing, null) is null;
        Provider.UnregisterTempActor(Path);
        Context.End(isGivenUp);
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        var earlier = Interlocked.CompareExchange(ref _reply, message ?? Null, null);
        if (earlier is null)
        {
            _gate.Tell(_word, ActorRefs.NoSender);
        }
        else if (earlier != Nothing && message is not null)
        {
            Provider.DeadLetters.Tell(message, this);
        }
    }
}
