using System.Reflection;
using Akka.Actor;
using AkkaLb.Core;

namespace AkkaLb.Worker;

/// <summary>The parent of one instance of the user's actor, at <c>/user/{gate}-instance-{place}-{number}</c>; it ends when the instance has
/// ended.</summary>
/// <remarks>
/// Not a child of the gate, which only watches it: an actor waits for its children to end, and a gate that waits for a blocked one would answer
/// nobody. Whatever the user's actor sends to its parent, poison included, meets this one and none of the other instances.
/// </remarks>
internal sealed class InstanceKeeper : ReceiveActor
{
    private readonly Props _instanceProps;
    private readonly IActorRef _gate;
    private readonly long _birth;
    private IActorRef _instance = ActorRefs.Nobody;

    public InstanceKeeper(Props instanceProps, IActorRef gate, long birth)
    {
        (_instanceProps, _gate, _birth) = (instanceProps, gate, birth);
        Receive<Pass>(m => _instance.Forward(m.Message));
        Receive<Terminated>(_ => Context.Stop(Self));
        ReceiveAny(static _ =>
        {
        });
    }

    public static Props Props(Props instance, IActorRef gate, long birth) => Akka.Actor.Props.Create(() => new InstanceKeeper(instance, gate, birth));

    protected override void PreStart()
    {
        try
        {
            _instance = Context.ActorOf(_instanceProps, "actor");
            Context.Watch(_instance);
        }
        catch (Exception e)
        {
            // Its dispatcher or mailbox is not there, say.
            _gate.Tell(new NotCreated(_birth, ExceptionText.Of(e)));
            Context.Stop(Self);
        }
    }

    protected override SupervisorStrategy SupervisorStrategy() => new Strategy(this);

    /// <summary>Runs before the instance is restarted, so before it can answer anything that is behind what crashed it.</summary>
    private Directive OnFailure(IActorRef child, Exception cause)
    {
        if (cause is ActorInitializationException)
        {
            _gate.Tell(new NotCreated(_birth, ExceptionText.Of(CauseOf(cause))));
            return Directive.Stop;
        }

        _gate.Tell(new Crashed(_birth, ExceptionText.Of(cause), (child as LocalActorRef)?.Cell.CurrentMessage));
        return Directive.Restart;
    }

    /// <summary>What the constructor threw, without what reflection and Akka wrapped around it.</summary>
    private static Exception CauseOf(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is TargetInvocationException { InnerException: { } thrown })
            {
                return thrown;
            }
        }

        // What makes actors from the service provider wraps its reason, too.
        var cause = e;
        while (cause is ActorInitializationException or TypeLoadException && cause.InnerException is { } reason)
        {
            cause = reason;
        }

        return cause;
    }

    /// <summary>For the instance, sender kept.</summary>
    public sealed record Pass(object Message) : INoSerializationVerificationNeeded;

    /// <summary>To the gate: the instance crashed and is being restarted.</summary>
    /// <param name="Message">What it was handling; null: nothing.</param>
    public sealed record Crashed(long Birth, ExceptionText Cause, object? Message) : INoSerializationVerificationNeeded;

    /// <summary>To the gate: the instance could not be created or restarted; it ends now.</summary>
    public sealed record NotCreated(long Birth, ExceptionText Cause) : INoSerializationVerificationNeeded;

    /// <summary>Restarts a crashed instance, without a limit, and lets the gate know first. It logs nothing: that would read the exception, which
    /// may throw.</summary>
    private sealed class Strategy(InstanceKeeper keeper) : OneForOneStrategy(static _ => Directive.Restart, loggingEnabled: false)
    {
        protected override Directive Handle(IActorRef child, Exception exception) => keeper.OnFailure(child, exception);
    }
}
