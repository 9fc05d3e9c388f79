using Akka.Actor;

namespace AkkaLb.Worker.Tests;

public enum Act
{
    Reply,
    Fail,
    Crash,
    ReplyAndCrash,
    KeepSilent,
    Stop,
    ReplyUnlisted,
    ReplyHuge,
    SayThread,
    ReplyNull,
    PoisonParent,
}

/// <summary>Tells <see cref="ScriptedWorker"/> what to do.</summary>
public sealed record Do(Act Act, string Text = "");

public sealed record Did(string Text);

public sealed record Unlisted;

/// <summary>What a scripted worker tells the test of each message, before it acts on it.</summary>
public sealed record Seen(Do Message, IActorRef Client, IActorRef Worker);

/// <summary>A user's actor that does what it is told.</summary>
public sealed class ScriptedWorker : ReceiveActor
{
    public ScriptedWorker(IActorRef observer) => Receive<Do>(m =>
    {
        observer.Tell(new Seen(m, Sender, Self));
        switch (m.Act)
        {
            case Act.Reply:
                Sender.Tell(new Did(m.Text));
                break;
            case Act.Fail:
                Sender.Tell(new Status.Failure(new InvalidOperationException(m.Text)));
                break;
            case Act.Crash:
                throw new FormatException(m.Text);
            case Act.ReplyAndCrash:
                Sender.Tell(new Did(m.Text));
                throw new FormatException(m.Text);
            case Act.KeepSilent:
                break;
            case Act.Stop:
                Context.Stop(Self);
                break;
            case Act.ReplyUnlisted:
                Sender.Tell(new Unlisted());
                break;
            case Act.ReplyHuge:
                Sender.Tell(new Did(new string('x', 200_000)));
                break;
            case Act.SayThread:
                Sender.Tell(new Did(Thread.CurrentThread.Name ?? ""));
                break;
            case Act.ReplyNull:
                Sender.Tell(null);
                break;
            case Act.PoisonParent:
                Context.Parent.Tell(PoisonPill.Instance);
                break;
        }
    });

    public static Props Props(IActorRef observer) => Akka.Actor.Props.Create(() => new ScriptedWorker(observer));
}
