using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace AkkaLb.Messages;

/// <summary>A scheduler for Akka.NET on one timer, which is set for what is due next: where nothing is due, nothing ticks.</summary>
/// <remarks>
/// <para>Akka's own wheel turns every 10 ms. In a node that has nothing to do its turns are nearly all the processor time there is, and what becomes
/// due waits for the end of a turn: it is 10 to 20 ms late. Here it is as late as the runtime's timer is.</para>
/// <para>What is due at the same time runs one after the other in the order in which it became due, on a thread of the pool. What is repeated and
/// was late is not made up for. Whatever is left when the actor system ends is run then, as Akka's own scheduler does. Thread-safe.</para>
/// </remarks>
public sealed class OnDemandScheduler : SchedulerBase, IDateTimeOffsetNowTimeProvider, IDisposable
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    /// <summary>What the runtime's timers can wait for is bounded; longer waits are set again on the way.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Entry, (TimeSpan At, long Order)> _entries = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;
    private TimeSpan? _timerDue;
    private long _lastOrder;
    private bool _isRunning;
    private bool _isDisposed;

    /// <summary>Called by Akka, which found this type's name under <c>akka.scheduler.implementation</c>.</summary>
    /// <param name="scheduler">The actor system's configuration; nothing of it counts here.</param>
    public OnDemandScheduler(Config scheduler, ILoggingAdapter log)
        : this(scheduler, log, TimeProvider.System)
    {
    }

    internal OnDemandScheduler(Config scheduler, ILoggingAdapter log, TimeProvider time)
        : base(scheduler, log)
    {
        (_time, _start) = (time, time.GetTimestamp());
        _timer = time.CreateTimer(static self => ((OnDemandScheduler)self!).RunDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public override TimeSpan MonotonicClock => _time.GetElapsedTime(_start);

    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    protected override DateTimeOffset TimeNow => _time.GetUtcNow();

    /// <summary>How much is scheduled, also what was cancelled and is not due yet.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Runs what is left. Nothing can be scheduled any more.</summary>
    public void Dispose()
    {
        List<Entry> left = [];
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            while (_entries.TryDequeue(out var entry, out _))
            {
                left.Add(entry);
            }
        }

        _timer.Dispose();
        left.ForEach(entry => Run(entry));
    }

    protected override void InternalScheduleTellOnce(
        TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(delay, TimeSpan.Zero, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        Add(delay, TimeSpan.Zero, action, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        Add(delay, TimeSpan.Zero, action.Run, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Add(initialDelay, interval, action, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Add(initialDelay, interval, action.Run, cancelable);

    private void Add(TimeSpan delay, TimeSpan interval, Action action, ICancelable? cancelable)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                throw new SchedulerException("the scheduler has ended with its actor system");
            }

            var now = MonotonicClock;
            _entries.Enqueue(new Entry(action, interval, cancelable), (now + delay, ++_lastOrder));
            SetTimer(now);
        }
    }

    /// <summary>On a thread of the pool. One turn at a time: what becomes due meanwhile belongs to it.</summary>
    private void RunDue()
    {
        lock (_lock)
        {
            _timerDue = null;
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        while (true)
        {
            Entry entry;
            TimeSpan at;
            lock (_lock)
            {
                var now = MonotonicClock;
                if (!_entries.TryPeek(out entry!, out var due) || due.At > now)
                {
                    _isRunning = false;
                    SetTimer(now);
                    return;
                }

                _entries.Dequeue();
                at = due.At;
            }

            if (Run(entry) && entry.Interval > TimeSpan.Zero)
            {
                Repeat(entry, at);
            }
        }
    }

    private void Repeat(Entry entry, TimeSpan at)
    {
        lock (_lock)
        {
            var (now, next) = (MonotonicClock, at + entry.Interval);
            if (!_isDisposed)
            {
                _entries.Enqueue(entry, (next > now ? next : now + entry.Interval, ++_lastOrder));
            }
        }
    }

    /// <returns>False: it was cancelled, or it failed and is not run again.</returns>
    private bool Run(Entry entry)
    {
        if (entry.Cancelable is { IsCancellationRequested: true })
        {
            return false;
        }

        try
        {
            entry.Action();
            return true;
        }
#pragma warning disable CA1031 // Whatever it was, what else is due is run: it is other people's.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.Error(e, "something that was scheduled has failed");
            return false;
        }
    }

    /// <summary>Only a timer that would be late is set again, and a turn that is under way sets it at its end.</summary>
    private void SetTimer(TimeSpan now)
    {
        if (_isDisposed || _isRunning || !_entries.TryPeek(out _, out var due) || _timerDue <= due.At)
        {
            return;
        }

        // The runtime's timer counts whole milliseconds, and zero of them is at once.
        var wait = due.At <= now ? Millisecond : TimeSpan.FromMilliseconds(Math.Ceiling((due.At - now).TotalMilliseconds));
        wait = wait < WaitMax ? wait : WaitMax;
        _timerDue = now + wait;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private sealed record Entry(Action Action, TimeSpan Interval, ICancelable? Cancelable);
}
