using System.Runtime.ExceptionServices;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Machines;

namespace AkkaLb.Messages;

/// <summary>An actor around a decision machine: its mailbox hands in the inputs, its effects are carried out in order, and one timer brings the
/// ticks.</summary>
/// <remarks>
/// Each effect is taken out before it is carried out: whatever happens, it is not carried out twice. One that throws is contained, see
/// <see cref="Contain"/>; the others are carried out all the same. An effect may hand in another input on the way: what follows from that is carried
/// out behind what is left. A machine that throws is a bug: the actor crashes, as any actor does, when what was decided before is carried out.
/// </remarks>
public abstract class MachineShell<TEffect> : ReceiveActor, IWithTimers
{
    /// <summary>Longer timers are set again on the way: Akka's wheel need not know of days.</summary>
    private static readonly TimeSpan TimerMax = TimeSpan.FromHours(1);

    /// <summary>Room for so many effects is kept; more was a burst.</summary>
    private const int OutboxKept = 1024;

    private readonly IScheduler _clock = Context.System.Scheduler;
    private readonly IMachine<TEffect> _machine;
    private readonly List<TEffect> _outbox = [];
    private ExceptionDispatchInfo? _bug;
    private int _nextEffect;
    private bool _isActing;
    private TimeSpan? _timerDue;

    /// <param name="machine">Nobody else's.</param>
    protected MachineShell(IMachine<TEffect> machine)
    {
        _machine = machine;
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

    /// <summary>Tells the operator what the machine has to tell.</summary>
    protected void Note(string text, bool isTrouble)
    {
        if (isTrouble)
        {
            Log.Warning("{0}", text);
        }
        else
        {
            Log.Info("{0}", text);
        }
    }

    /// <inheritdoc cref="Note(string, bool)"/>
    protected void Note(string text, NoteLevel level) => Log.Log(
        level switch
        {
            NoteLevel.Info => LogLevel.InfoLevel,
            NoteLevel.Warning => LogLevel.WarningLevel,
            NoteLevel.Error => LogLevel.ErrorLevel,
        },
        null,
        "{0}",
        text);

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
}
