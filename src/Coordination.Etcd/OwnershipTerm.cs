namespace AkkaLb.Coordination.Etcd;

/// <summary>One ownership, from the moment it was won until it ends; it ends once and never comes back.</summary>
/// <remarks>Thread-safe: <see cref="LeaseMachine"/> extends it from one thread while any thread asks. Whoever first finds the deadline passed
/// ends it, so a renewal that is answered late cannot revive what somebody was already told to be gone.</remarks>
/// <param name="token">See <see cref="EtcdLease.FencingToken"/>.</param>
/// <param name="deadline">Until when etcd surely keeps the key, on the holder's monotonic clock.</param>
internal sealed class OwnershipTerm(long token, TimeSpan deadline)
{
    private const long Ended = long.MinValue;

    private long _deadlineTicks = deadline.Ticks;

    public long Token => token;

    /// <summary>Until when it holds unless it is extended; <see cref="TimeSpan.MinValue"/> when it ended.</summary>
    public TimeSpan Deadline => new(Interlocked.Read(ref _deadlineTicks));

    /// <summary>Whether it holds now. Asked at or after the deadline, it ends here and now.</summary>
    public bool IsHeld(TimeSpan now)
    {
        var ticks = Interlocked.Read(ref _deadlineTicks);
        while (now.Ticks >= ticks)
        {
            var seen = Interlocked.CompareExchange(ref _deadlineTicks, Ended, ticks);
            if (seen == ticks)
            {
                return false;
            }

            // It was extended, or ended, between the two reads.
            ticks = seen;
        }

        return true;
    }

    /// <summary>Moves the deadline, never back. False when the term has ended: then nothing can extend it.</summary>
    public bool TryExtend(TimeSpan now, TimeSpan deadline)
    {
        while (IsHeld(now))
        {
            var ticks = Interlocked.Read(ref _deadlineTicks);
            if (ticks == Ended)
            {
                return false;
            }

            if (deadline.Ticks <= ticks || Interlocked.CompareExchange(ref _deadlineTicks, deadline.Ticks, ticks) == ticks)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives it up before its time.</summary>
    public void End() => Interlocked.Exchange(ref _deadlineTicks, Ended);
}
