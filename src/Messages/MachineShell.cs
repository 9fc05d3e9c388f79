using System.Runtime.ExceptionServices;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Machines;
using AkkaLb.Endpoints;

namespace AkkaLb.Messages;

/// <summary>An actor around a decision machine: its mailbox hands in the inputs, its effects are carried out in order, and one timer brings the
/// ticks.</summary>
/// <remarks>
/// Each effect is taken out before it is carried out: whatever happens, it is not carried out twice. One that throws is contained, see
/// <see cref="Contain"/>; the others are carried out all the same. An effect may hand in another input on the way: what follows from that is carried
/// out behind what is left. A machine that throws is a bug: the actor crashes, as any actor does, when what was decided before is carried out.
/// What is sent to one peer while the mailbox is worked through goes in one message: see <see cref="Send"/>.
/// </remarks>
public abstract class MachineShell<TEffect> : ReceiveActor, IWithTimers
{
    /// <summary>Longer timers are set again on the way: Akka's wheel need not know of days.</summary>
    private static readonly TimeSpan TimerMax = TimeSpan.FromHours(1);

    /// <summary>Room for so many effects is kept; more was a burst.</summary>
    private const int OutboxKept = 1024;

    /// <summary>After so many messages what waits to be sent goes out, though there are more in the mailbox.</summary>
    private const int HandledBeforeFlush = 64;

    private readonly IScheduler _clock = Context.System.Scheduler;
    private readonly RareLines _unreadable = new(TimeSpan.FromMinutes(1), linesMax: 100);
    private readonly PeerOutbox? _peers;
    private readonly OperatorLog _operator;
    private int _handled;
    private readonly IMachine<TEffect> _machine;
    private readonly List<TEffect> _outbox = [];
    private ExceptionDispatchInfo? _bug;
    private int _nextEffect;
    private bool _isActing;
    private TimeSpan? _timerDue;

    /// <param name="machine">Nobody else's.</param>
    /// <param name="journal">Keeps what is told to the operator, beside the log; null: nothing does.</param>
    protected MachineShell(IMachine<TEffect> machine, EventJournal? journal = null)
    {
        (_machine, _operator) = (machine, new OperatorLog(Log, journal, _clock));
        if (Context.System.Serialization.FindSerializerForType(typeof(Batch)) is WireSerializer serializer)
        {
            _peers = new PeerOutbox(Self, serializer);
        }

        Receive<Tick>(_ =>
        {
            _timerDue = null;
            BeforeTick();
            Step(Tick.Instance);
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected ILoggingAdapter Log { get; } = Context.GetLogger();

    /// <summary>The clock of the machine; monotonic.</summary>
    protected virtual TimeSpan Now => _clock.MonotonicClock;

    /// <summary>Messages of this type are inputs of the machine as they are.</summary>
    protected void Input<TMessage>() => Receive<TMessage>(m => Step(m!));

    /// <summary>Hands an input in and carries out what follows. Within an effect it only hands in.</summary>
    protected void Step(object input)
    {
        try
        {
            _machine.Handle(input, Now, _outbox);
        }
        catch (Exception e)
        {
            // A bug. What was decided before it is carried out, and then this actor begins again with another machine.
            _bug ??= ExceptionDispatchInfo.Capture(e);
        }

        if (_isActing)
        {
            return;
        }

        _isActing = true;
        try
        {
            while (_nextEffect < _outbox.Count)
            {
                Act(_outbox[_nextEffect++]);
            }
        }
        finally
        {
            _outbox.Clear();
            _outbox.Capacity = Math.Min(_outbox.Capacity, OutboxKept);
            (_nextEffect, _isActing) = (0, false);
        }

        if (_bug is { } bug)
        {
            _bug = null;
            bug.Throw();
        }

        AfterStep();
        SetTimer();
    }

    /// <summary>Sends it to another actor, mostly of another process: as soon as what is in the mailbox now has been handled, but at most 64 messages
    /// of it, together with what that has for the same one. In order.</summary>
    /// <param name="takesBatches">Whether that one understands a <see cref="Batch"/>; it said so.</param>
    protected void Send(IActorRef peer, IAkkaLbMessage message, bool takesBatches)
    {
        if (_peers is null)
        {
            peer.Tell(message, Self);
            return;
        }

        var wasEmpty = _peers.IsEmpty;
        _peers.Send(peer, message, takesBatches);
        if (wasEmpty && !_peers.IsEmpty)
        {
            _handled = 0;
            Self.Tell(Flush.Instance);
        }
    }

    /// <summary>Sends anything else to another actor, behind what waits to be sent to it.</summary>
    protected void SendAlone(IActorRef peer, object message)
    {
        SendWaiting(peer);
        peer.Tell(message, Self);
    }

    /// <summary>Sends what waits to be sent to another actor.</summary>
    protected void SendWaiting(IActorRef peer) => _peers?.Flush(peer);

    protected override bool AroundReceive(Receive receive, object message)
    {
        switch (message)
        {
            case Flush:
                _peers!.Flush();
                break;
            case Batch batch:
                Unpack(receive, batch);
                break;
            default:
                Handle(receive, message);
                break;
        }

        return true;
    }

    private void Handle(Receive receive, object message)
    {
        base.AroundReceive(receive, message);
        if (_peers is { IsEmpty: false } && ++_handled >= HandledBeforeFlush)
        {
            _peers.Flush();
        }
    }

    public override void AroundPreRestart(Exception cause, object message)
    {
        try
        {
            base.AroundPreRestart(cause, message);
        }
        finally
        {
            _peers?.Flush();
        }
    }

    public override void AroundPostStop()
    {
        try
        {
            base.AroundPostStop();
        }
        finally
        {
            _peers?.Flush();
        }
    }

    /// <summary>Tells the operator what the machine has to tell.</summary>
    protected void Note(string text, bool isTrouble) => Note(text, isTrouble ? NoteLevel.Warning : NoteLevel.Info);

    /// <inheritdoc cref="Note(string, bool)"/>
    protected void Note(string text, NoteLevel level) => _operator.Note(level, text);

    /// <summary>Does what the machine asks for.</summary>
    protected abstract void Perform(TEffect effect);

    /// <summary>An effect has thrown. The log says so; a shell whose machine has to know of it says it to the machine too.</summary>
    protected virtual void Contain(TEffect effect, Exception cause) =>
        Log.Error("the effect {0} failed: {1}", effect?.GetType().Name, ExceptionText.Of(cause).Details);

    /// <summary>What has to be handed in before the time is.</summary>
    protected virtual void BeforeTick()
    {
    }

    /// <summary>All effects of an input have been carried out.</summary>
    protected virtual void AfterStep()
    {
    }

    /// <summary>When one of the messages shows a bug, those behind it are for the machine that begins again.</summary>
    private void Unpack(Receive receive, Batch batch)
    {
        var handled = 0;
        try
        {
            foreach (var message in batch.Messages)
            {
                handled++;
                Handle(receive, message);
            }
        }
        finally
        {
            if (handled < batch.Entries.Count)
            {
                Self.Tell(new Batch([.. batch.Entries.Skip(handled)]), Sender);
            }
        }

        if (batch.Unreadable > 0
            && _unreadable.Say("", $"{batch.Unreadable} of the messages that {Sender} sent together cannot be read; the others can", Now) is { } line)
        {
            Log.Warning("{0}", line);
        }
    }

    private void Act(TEffect effect)
    {
        try
        {
            Perform(effect);
        }
#pragma warning disable CA1031 // Whatever it was, the other effects are carried out: they may be other people's.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ContainSafely(effect, e);
        }
    }

    private void ContainSafely(TEffect effect, Exception cause)
    {
        try
        {
            Contain(effect, cause);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.Error("the effect {0} failed: {1}", effect?.GetType().Name, ExceptionText.Of(e).Details);
        }
    }

    /// <summary>A timer that is early finds nothing due and sets the next. Only one that would be late is moved, so most inputs set none.</summary>
    private void SetTimer()
    {
        if (_machine.NextDue is not { } due || due >= _timerDue)
        {
            return;
        }

        var now = Now;
        var delay = due <= now ? TimeSpan.Zero : due - now > TimerMax ? TimerMax : due - now;
        _timerDue = now + delay;
        Timers.StartSingleTimer(nameof(Tick), Tick.Instance, delay);
    }

    /// <summary>To itself, behind what is in the mailbox.</summary>
    private sealed class Flush : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static Flush Instance { get; } = new();
    }
}
