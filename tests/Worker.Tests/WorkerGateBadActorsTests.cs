using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Worker.Tests;

/// <summary>The twin of the core's property test: the gate itself, with real actors that behave badly, in an order that a seed decides.</summary>
public sealed class WorkerGateBadActorsTests : GateKit
{
    private const int Jobs = 120;
    private const int Clients = 4;
    
    /// <summary>Real time without any answer after which one is taken to be missing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    public static TheoryData<Habit> Habits => [.. Enum.GetValues<Habit>()];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Each_job_is_answered_once_and_not_by_its_deadline_however_actors_behave(int seed)
    {
        var random = new Random(seed);
        var habits = Enum.GetValues<Habit>().Where(h => h != Habit.KeepSilent).ToArray();
        Run($"seed {seed}", random.Next(1, 5), () => habits[random.Next(habits.Length)]);
    }

    /// <summary>Every second job is an ordinary one: those are done, each and every one.</summary>
    [Theory]
    [MemberData(nameof(Habits))]
    public void Jobs_beside_one_bad_habit_are_done(Habit habit)
    {
        var turn = 0;
        Run(habit.ToString(), 2, () => turn++ % 2 == 0 ? Habit.Answer : habit);
    }

    private void Run(string name, int instances, Func<Habit> next)
    {
        var clients = Enumerable.Range(0, Clients).Select(_ => CreateTestProbe()).ToArray();
        var gate = Gate(Jobs, instances, "instances", Props.Create(() => new BadActor()));
        var habits = new Habit[Jobs + 1];
        for (var i = 1; i <= Jobs; i++)
        {
            habits[i] = next();
            gate.Tell(Job(i, habits[i]), clients[i % Clients]);
        }

        var answers = new Dictionary<long, IAkkaLbMessage>();
        var progressAt = Environment.TickCount64;
        while (answers.Count < Jobs && Environment.TickCount64 - progressAt < Patience.TotalMilliseconds)
        {
            foreach (var client in clients)
            {
                while (client.ReceiveOne(TimeSpan.Zero) is IAkkaLbMessage answer)
                {
                    Assert.True(answers.TryAdd(IdOf(answer).Sequence, answer), $"{name}: {IdOf(answer)} is answered twice");
                    progressAt = Environment.TickCount64;
                }
            }

            // Everybody has handled what there was before the clock moves: nobody seems slow who is not.
            Advance(TimeSpan.FromMilliseconds(50));
        }

        var missing = Enumerable.Range(1, Jobs).Where(i => !answers.ContainsKey(i)).Select(i => $"{i} {habits[i]}");
        Assert.True(answers.Count == Jobs, $"{name}: never answered: {string.Join(", ", missing)}");
        for (var i = 1; i <= Jobs; i++)
        {
            Assert.True(IsFit(habits[i], answers[i]), $"{name}: job {i}, {habits[i]}: {answers[i]}");
        }

        Assert.Equal(0, Gauge.Load.Jobs.InFlight);
        Assert.All(clients, c => Assert.False(c.HasMessages, $"{name}: more answers than jobs"));
    }

    private Job Job(long sequence, Habit habit) => new(
        new JobId(1, sequence),
        1,
        TimeSpan.FromHours(habit == Habit.KeepSilent ? 0.001 : 100),
        false,
        Payloads.Wrap((ExtendedActorSystem)Sys, new Do(Act.Reply, habit.ToString()), 100_000));

    private static JobId IdOf(IAkkaLbMessage answer) => answer switch
    {
        JobDone m => m.Id,
        JobFailed m => m.Id,
        JobRejected m => m.Id,
        _ => throw new ArgumentException(answer.ToString(), nameof(answer)),
    };

    private static bool IsFit(Habit habit, IAkkaLbMessage answer) => habit switch
    {
        Habit.KeepSilent => answer is JobFailed { Reason: JobFailureReason.DeadlineExceeded }
            or JobRejected { Reason: JobRejectReason.DeadlinePassed },
        Habit.StopSilently or Habit.PoisonItself or Habit.KillItself or Habit.Throw or Habit.ThrowUnreadable or Habit.PoisonItsParent
            or Habit.StopByReceiveTimeout => answer is JobFailed { Reason: JobFailureReason.Crash },
        Habit.FailUnreadably => answer is JobFailed { Reason: JobFailureReason.Failure },
        Habit.ReplyNull or Habit.ReplyUnsendable => answer is JobFailed { Reason: JobFailureReason.UnsendableReply },
        Habit.IgnoreIt => answer is JobRejected { Reason: JobRejectReason.Unhandled },
        _ => answer is JobDone,
    };

    public enum Habit
    {
        Answer,
        AnswerAndStop,
        AnswerPutItBackAndStop,
        AnswerAndPoisonItself,
        AnswerAndKillItself,
        AnswerAndThrow,
        AnswerTwice,
        AnswerLater,
        AnswerThroughAnother,
        AnswerAndFloodParent,
        AnswerAndStopByReceiveTimeout,
        AnswerAndThrowInPostStop,
        AnswerAndThrowInPreRestart,
        AnswerAndThrowInPostRestart,
        AnswerAndStopItsChildren,
        StopSilently,
        PoisonItself,
        KillItself,
        Throw,
        ThrowUnreadable,
        StopByReceiveTimeout,
        PoisonItsParent,
        ReplyNull,
        ReplyUnsendable,
        FailUnreadably,
        IgnoreIt,
        KeepSilent,
    }

    /// <summary>An exception that cannot be read.</summary>
    private sealed class UnreadableException : Exception
    {
        public override string Message => throw new InvalidOperationException("no message");

        public override string? StackTrace => throw new InvalidOperationException("no stack trace");

        public override string ToString() => throw new InvalidOperationException("no text");
    }

    private sealed class BadActor : UntypedActor
    {
        private Habit _last;

        protected override void OnReceive(object message)
        {
            if (message is ReceiveTimeout)
            {
                Context.Stop(Self);
                return;
            }

            if (message is not Do work)
            {
                Unhandled(message);
                return;
            }

            _last = Enum.Parse<Habit>(work.Text);
            if (_last.ToString().StartsWith("Answer", StringComparison.Ordinal) && _last is not (Habit.AnswerLater or Habit.AnswerThroughAnother))
            {
                Sender.Tell(new Did(work.Text));
            }

            Behave(message);
        }

        private void Behave(object message)
        {
            switch (_last)
            {
                case Habit.AnswerAndStop or Habit.AnswerAndThrowInPostStop or Habit.StopSilently:
                    Context.Stop(Self);
                    break;
                case Habit.AnswerPutItBackAndStop:
                    Self.Forward(message);
                    Context.Stop(Self);
                    break;
                case Habit.AnswerAndPoisonItself or Habit.PoisonItself:
                    Self.Tell(PoisonPill.Instance);
                    break;
                case Habit.AnswerAndKillItself or Habit.KillItself:
                    Self.Tell(Kill.Instance);
                    break;
                case Habit.AnswerTwice:
                    Sender.Tell(new Did("again"));
                    break;
                case Habit.AnswerLater:
                    var client = Sender;
                    Task.Run(() => client.Tell(new Did("later")));
                    break;
                case Habit.AnswerThroughAnother:
                    Context.ActorOf(Props.Create(() => new BadActor())).Forward(new Do(Act.Reply, nameof(Habit.Answer)));
                    break;
                case Habit.AnswerAndFloodParent:
                    for (var i = 0; i < 100; i++)
                    {
                        Context.Parent.Tell(message);
                    }

                    break;
                case Habit.AnswerAndStopByReceiveTimeout or Habit.StopByReceiveTimeout:
                    SetReceiveTimeout(TimeSpan.FromMilliseconds(100));
                    break;
                case Habit.AnswerAndStopItsChildren:
                    Context.Stop(Context.ActorOf(Props.Create(() => new BadActor())));
                    break;
                case Habit.Throw or Habit.AnswerAndThrow or Habit.AnswerAndThrowInPreRestart or Habit.AnswerAndThrowInPostRestart:
                    throw new FormatException("thrown");
                case Habit.ThrowUnreadable:
                    throw new UnreadableException();
                case Habit.PoisonItsParent:
                    Context.Parent.Tell(PoisonPill.Instance);
                    break;
                case Habit.ReplyNull:
                    Sender.Tell(null);
                    break;
                case Habit.ReplyUnsendable:
                    Sender.Tell(new Unlisted());
                    break;
                case Habit.FailUnreadably:
                    Sender.Tell(new Status.Failure(new UnreadableException()));
                    break;
                case Habit.IgnoreIt:
                    Unhandled(message);
                    break;
            }
        }

        protected override void PostStop()
        {
            if (_last == Habit.AnswerAndThrowInPostStop)
            {
                throw new UnreadableException();
            }
        }

        protected override void PreRestart(Exception reason, object message)
        {
            if (_last == Habit.AnswerAndThrowInPreRestart)
            {
                throw new UnreadableException();
            }

            base.PreRestart(reason, message);
        }

        protected override void PostRestart(Exception reason)
        {
            if (reason is FormatException)
            {
                throw new UnreadableException();
            }

            base.PostRestart(reason);
        }
    }
}
