using Akka.Actor;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Worker;
using AkkaLb.WorkerNode;

namespace AkkaLb.Bench.Soak;

/// <summary>Asks an <see cref="OddActor"/> for one of its habits.</summary>
/// <param name="Work">Milliseconds, for habits that take time.</param>
internal sealed record Do(string What, int Work);

internal sealed record Said(string Text);

/// <summary>Not on the list of messages: it cannot be sent.</summary>
internal sealed record Unlisted(string Text);

/// <summary>A worker program whose actor misbehaves when it is asked to, or once a file is there.</summary>
internal static class OddWorker
{
    public const string Verb = "worker";

    /// <summary>Names the file. What stands in it is the trouble: <c>block</c>, <c>break</c> or <c>end</c>.</summary>
    public const string TroubleVariable = "AKKALB_SOAK_TROUBLE";

    public static UserMessages Messages { get; } = new([new("do", typeof(Do)), new("said", typeof(Said))]);

    public static Task<int> RunAsync(string[] args) => args is ["--deaf", .. var rest]
        ? WorkerHost.RunAsync(rest, Props.Create<DeafActor>(), Messages)
        : WorkerHost.RunAsync(args, Props.Create<OddActor>(), Messages);
}

/// <summary>Handles nothing that anybody sends.</summary>
internal sealed class DeafActor : ReceiveActor
{
    public DeafActor() => Receive<Unlisted>(_ => { });
}

/// <summary>What an actor can do to the one who asked it.</summary>
internal sealed class OddActor : ReceiveActor
{
    private static readonly string? TroubleFile = Environment.GetEnvironmentVariable(OddWorker.TroubleVariable);

    private bool _failsWhenStopped;

    public OddActor()
    {
        if (Trouble == "break")
        {
            throw new InvalidOperationException("no database today");
        }

        Receive<Do>(m =>
        {
            switch (Trouble)
            {
                case "block": Thread.Sleep(Timeout.Infinite); break;
                case "break": throw new InvalidOperationException("the database is gone");
                case "end": Context.ActorSelection($"/user/{SerializedActorPath.Gate}").Tell(PoisonPill.Instance); break;
            }

            Answer(m);
        });
        Receive<ReceiveTimeout>(_ => Context.Stop(Self));
    }

    private static string? Trouble => TroubleFile is not null && File.Exists(TroubleFile) ? File.ReadAllText(TroubleFile) : null;

    protected override void PostStop()
    {
        if (_failsWhenStopped)
        {
            throw new EvilException();
        }
    }

    protected override void PreRestart(Exception reason, object message)
    {
        if (_failsWhenStopped)
        {
            throw new EvilException();
        }

        base.PreRestart(reason, message);
    }

    private void Answer(Do m)
    {
        var said = new Said(m.What);
        switch (m.What)
        {
            case "echo": Sender.Tell(said); break;
            case "answer-stop": Sender.Tell(said); Context.Stop(Self); break;
            case "answer-poison": Sender.Tell(said); Self.Tell(PoisonPill.Instance); break;
            case "answer-timeout": Sender.Tell(said); Context.SetReceiveTimeout(TimeSpan.FromMilliseconds(5)); break;
            case "answer-throw": Sender.Tell(said); throw new InvalidOperationException("after the answer");
            case "answer-twice": Sender.Tell(said); Sender.Tell(new Said("again")); break;
            case "answer-late": Late(Sender, said); break;
            case "stop": Context.Stop(Self); break;
            case "poison": Self.Tell(PoisonPill.Instance); break;
            case "kill": Self.Tell(Kill.Instance); break;
            case "throw": throw new InvalidOperationException("thrown");
            case "throw-evil": throw new EvilException();
            case "throw-huge": throw new InvalidOperationException(new string('e', 500_000));
            case "throw-in-ends": _failsWhenStopped = true; throw new InvalidOperationException("and again when it is stopped");
            case "failure-evil": Sender.Tell(new Status.Failure(new EvilException())); break;
            case "null": Sender.Tell(null!); break;
            case "unlisted": Sender.Tell(new Unlisted("x")); break;
            case "huge": Sender.Tell(new Said(new string('x', 1_000_000))); break;
            case "unhandled": Unhandled(m); break;
            case "silent": break;
            default: throw new NotSupportedException(m.What);
        }
    }

    private static void Late(IActorRef sender, Said said) => Task.Run(async () =>
    {
        await Task.Delay(5);
        sender.Tell(said);
    });

    private sealed class EvilException : Exception
    {
        public override string Message => throw new NotSupportedException("even the message throws");

        public override string ToString() => throw new NotSupportedException("so does its text");
    }
}
