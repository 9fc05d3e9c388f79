namespace AkkaLb.Core.Gate;

/// <summary>The sizes of a gate.</summary>
public sealed record GateSettings
{
    /// <summary>How long a place stays empty after its instance ended before it was ready: 1 second, twice as long after each further one, and at
    /// most 10 seconds. So long a worker stays unable at most after its trouble is over.</summary>
    /// <remarks>Without a pause a constructor that always throws would keep a processor busy. A longer one would keep jobs waiting
    /// after a passing trouble.</remarks>
    public static readonly BackOff Rebuild = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    /// <summary>How long an instance that was stopped may take to end before it counts as blocked: 1 second.</summary>
    public static readonly TimeSpan EndMax = TimeSpan.FromSeconds(1);

    /// <summary>How long jobs wait for any instance to settle before the worker counts as unable: 3 seconds.</summary>
    public static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(3);

    /// <summary>The hint when to come again is at least this: 10 milliseconds.</summary>
    public static readonly TimeSpan RetryAfterMin = TimeSpan.FromMilliseconds(10);

    /// <summary>The hint when to come again before any job has ended here: 100 milliseconds.</summary>
    public static readonly TimeSpan RetryAfterUnknown = TimeSpan.FromMilliseconds(100);

    /// <summary>The hint when to come again is at most this: 1 second.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(1);

    /// <summary>How far a job is is told once in so long at most: 100 milliseconds.</summary>
    public static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a client may leave a reply in pieces untaken before it counts as gone: 30 seconds.</summary>
    public static readonly TimeSpan UntakenMax = 6 * Clients.ReplyIntake.RepeatInterval;

    /// <summary>How often a job may come back from instances that had already stopped before it is rejected: 8 times.</summary>
    public const int ReturnsMax = 8;

    /// <exception cref="ArgumentOutOfRangeException">Capacity, instances or threads below 1, or a queue below 0.</exception>
    /// <param name="threads">Null: one for each instance.</param>
    /// <param name="firstLimit">Null: the capacity is fixed.</param>
    public GateSettings(int capacity, int instances, int queue = 0, int? threads = null, int? firstLimit = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(instances, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(queue);
        ArgumentOutOfRangeException.ThrowIfLessThan(firstLimit ?? 1, 1, nameof(firstLimit));
        (Capacity, Instances, Queue, Threads, FirstLimit) = (capacity, instances, queue, threads ?? instances, firstLimit);
    }

    /// <summary>How many jobs are accepted at once, running ones and those that wait for one of fewer instances together; at least 1.</summary>
    public int Capacity { get; }

    /// <summary>How many jobs run at once; at least 1. More than <see cref="Capacity"/> is allowed and of no use.</summary>
    public int Instances { get; }

    /// <summary>How many jobs more than <see cref="Capacity"/> are held and wait; 0 or more.
    /// With more, jobs wait longer here; with less, they are refused and come again.</summary>
    public int Queue { get; }

    /// <summary>How many threads the instances share; at least 1. When so many stopped instances have not ended, the worker is unable.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int Threads
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(Threads));
            field = value;
        }
    }

    /// <summary>How large one reply may be that goes out in pieces, in bytes: it is held until the client has taken it, at most
    /// <see cref="Capacity"/> of them at once. 0 to <see cref="Job.ReplyBytesCeiling"/>, default 64 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside of that.</exception>
    public int ReplyBytesMax
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(ReplyBytesMax));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Job.ReplyBytesCeiling, nameof(ReplyBytesMax));
            field = value;
        }
    } = 64 << 20;

    /// <summary>How many jobs an <see cref="AdaptiveLimit"/> lets run at first, with <see cref="Capacity"/> as its bound. Null: the capacity is
    /// fixed.</summary>
    public int? FirstLimit { get; }
}
