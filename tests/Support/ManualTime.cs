namespace AkkaLb.Tests.Support;

/// <summary>A clock that moves when the test says so; its timers fire then, on the thread that moves it. Monotonic and wall clock can be moved
/// apart.</summary>
/// <param name="wall">What the wall clock shows at first; null: a day that no test depends on.</param>
public sealed class ManualTime(DateTimeOffset? wall = null) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private TimeSpan _elapsed;
    private DateTimeOffset _wall = wall ?? new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _elapsed.Ticks;
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _wall;
        }
    }

    /// <summary>Whether somebody waits for a time.</summary>
    public bool IsAwaited
    {
        get
        {
            lock (_lock)
            {
                return _timers.Exists(t => t.DueAt is not null);
            }
        }
    }

    /// <summary>Both clocks continue; timers that are due fire.</summary>
    public void Advance(TimeSpan by)
    {
        AdvanceSilently(by);
        FireTimers();
    }

    /// <summary>The process stands still: time passes, and nothing of it happens, timers neither.</summary>
    public void AdvanceSilently(TimeSpan by)
    {
        lock (_lock)
        {
            _elapsed += by;
            _wall += by;
        }
    }

    /// <summary>The process continues: what was due meanwhile fires now.</summary>
    public void FireTimers()
    {
        List<Timer> due;
        lock (_lock)
        {
            due = [.. _timers.Where(t => t.DueAt <= _elapsed)];
            due.ForEach(t => t.DueAt = null);
        }

        due.ForEach(t => t.Fire());
    }

    /// <summary>Only the wall clock moves: it is set, or the machine slept.</summary>
    public void SetWallClock(TimeSpan by)
    {
        lock (_lock)
        {
            _wall += by;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        lock (_lock)
        {
            _timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ManualTime time, Action fire) : ITimer
    {
        public TimeSpan? DueAt { get; set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                DueAt = dueTime == Timeout.InfiniteTimeSpan || dueTime == TimeSpan.Zero ? null : time._elapsed + dueTime;
            }

            if (dueTime == TimeSpan.Zero)
            {
                ThreadPool.QueueUserWorkItem(_ => fire());
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
