using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit;

namespace AkkaLb.Tests.Support;

/// <summary>A <see cref="TestScheduler"/> that owns the monotonic clock too: TestKit's moves timers and leaves that clock on real time.</summary>
public sealed class VirtualScheduler : TestScheduler, IScheduler, ITimeProvider
{
    private readonly DateTimeOffset _start;

    public VirtualScheduler(Config config, ILoggingAdapter log)
        : base(config, log) => _start = Now;

    TimeSpan ITimeProvider.MonotonicClock => Now - _start;

    TimeSpan ITimeProvider.HighResMonotonicClock => Now - _start;
}
