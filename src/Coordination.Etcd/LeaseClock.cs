namespace AkkaLb.Coordination.Etcd;

/// <summary>The holder's clock: monotonic, and counting the time a suspended machine slept. Thread-safe.</summary>
/// <remarks>On Linux and macOS the monotonic clock stands still while the machine is suspended; etcd's does not wait. So whenever the wall clock
/// ran ahead of the monotonic one by more than <see cref="LeapMin"/> since the last reading, the difference counts as time passed. A wall clock
/// that is set forward therefore costs an ownership at worst; set back, it changes nothing.</remarks>
internal sealed class LeaseClock(TimeProvider timeProvider)
{
    /// <summary>Smaller differences are noise, or a clock that is being slewed: the safety margin is for those.</summary>
    private static readonly TimeSpan LeapMin = TimeSpan.FromMilliseconds(100);

    /// <summary>The two clocks must be read this close together to be compared; a thread that is pushed aside in between reads them again.</summary>
    private static readonly TimeSpan ReadingMax = TimeSpan.FromMilliseconds(10);

    private const int ReadingsMax = 3;

    private readonly long _start = timeProvider.GetTimestamp();
    private readonly DateTimeOffset _wallStart = timeProvider.GetUtcNow();
    private readonly Lock _lock = new();
    private TimeSpan _skew;
    private TimeSpan _slept;

    /// <summary>Time since this clock was made. Never goes back.</summary>
    public TimeSpan Now
    {
        get
        {
            lock (_lock)
            {
                var (elapsed, wall) = Read();
                var skew = wall - _wallStart - elapsed;
                if (skew - _skew > LeapMin)
                {
                    _slept += skew - _skew;
                }

                _skew = skew;
                return elapsed + _slept;
            }
        }
    }

    private (TimeSpan Elapsed, DateTimeOffset Wall) Read()
    {
        for (var reading = 1; ; reading++)
        {
            var before = timeProvider.GetElapsedTime(_start);
            var wall = timeProvider.GetUtcNow();
            var after = timeProvider.GetElapsedTime(_start);
            if (after - before < ReadingMax || reading == ReadingsMax)
            {
                return (after, wall);
            }
        }
    }
}
