using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit;

namespace AkkaLb.Tests.Support;

/// <summary>A <see cref="TestScheduler"/> that owns the monotonic clock too: TestKit's moves timers and leaves that clock on real time.</summary>
/// <remarks>One thread at a time: two that schedule for the same instant at once make TestKit's lose one of the timers. <see cref="Advance"/> is one
/// of them, because it schedules what repeats.</remarks>
public sealed class VirtualScheduler : TestScheduler, IScheduler, IAdvancedScheduler, ITimeProvider
{
    private readonly Lock _oneAtATime = new();
    private readonly DateTimeOffset _start;

    public VirtualScheduler(Config config, ILoggingAdapter log)
        : base(config, log) => _start = Now;

    TimeSpan ITimeProvider.MonotonicClock => Now - _start;

    TimeSpan ITimeProvider.HighResMonotonicClock => Now - _start;

    IAdvancedScheduler IScheduler.Advanced => this;

    public new void Advance(TimeSpan offset)
    {
        lock (_oneAtATime)
        {
            base.Advance(offset);
        }
    }

    void ITellScheduler.ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender) =>
        Alone(() => ScheduleTellOnce(delay, receiver, message, sender));

    void ITellScheduler.ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Alone(() => ScheduleTellOnce(delay, receiver, message, sender, cancelable));

    void ITellScheduler.ScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender) =>
        Alone(() => ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender));

    void ITellScheduler.ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Alone(() => ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender, cancelable));

    void IActionScheduler.ScheduleOnce(TimeSpan delay, Action action) => Alone(() => ScheduleOnce(delay, action));

    void IActionScheduler.ScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) => Alone(() => ScheduleOnce(delay, action, cancelable));

    void IActionScheduler.ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action) =>
        Alone(() => ScheduleRepeatedly(initialDelay, interval, action));

    void IActionScheduler.ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Alone(() => ScheduleRepeatedly(initialDelay, interval, action, cancelable));

    private void Alone(Action schedule)
    {
        lock (_oneAtATime)
        {
            schedule();
        }
    }
}
