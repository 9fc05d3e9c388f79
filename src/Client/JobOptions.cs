using AkkaLb.Core;

namespace AkkaLb.Client;

/// <summary>How one job is to be run.</summary>
public sealed record JobOptions
{
    /// <summary>Longest deadline: 100 days, the bound of durations on the wire.</summary>
    public static readonly TimeSpan DeadlineMax = TimeSpan.FromDays(100);

    /// <summary>The default: 60 s, runs at most once.</summary>
    public static JobOptions Default { get; } = new();

    /// <summary>One bound for everything: assigning, sending, retries and the work itself. Default 60 s, above zero, at most 100 days.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Whether the job may run twice. Then it is tried again when its worker was lost while it was there; otherwise that ends in
    /// <see cref="Core.Clients.JobError.WorkerLost"/>. Default false.
    /// </summary>
    public bool IsIdempotent { get; init; }

    /// <summary>
    /// What the job belongs to: a user, a document, a shard. With a policy that goes by it (<c>rendezvous</c>, <c>maglev</c>), jobs of one key go to
    /// one worker as long as that has room, so that what it keeps in memory for the key is of use. Other policies pay no heed to it. It is a wish and
    /// not a lock: the worker changes when members come or go. 1 to <see cref="Assign.KeyLengthMax"/> characters. Default null: none.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>
    /// The load that the job is expected to be, in ordinary jobs, for policies that count jobs in flight. 1 to <see cref="Assign.WeightMax"/>,
    /// default 1.
    /// </summary>
    public int Weight { get; init; } = 1;

    /// <summary>
    /// Which jobs go first where they wait for a free place: at a balancer with the policy <c>first-free</c>, and among this client's own. At the
    /// balancer one of ten places goes to a lower priority that waits, so that nobody is starved. In the queue of a worker jobs go by their age.
    /// Default <see cref="JobPriority.Normal"/>.
    /// </summary>
    public JobPriority Priority { get; init; } = JobPriority.Normal;

    /// <summary>
    /// The kind of worker that is to do it: workers register in a service (<c>akkalb.worker.service</c>). 1 to
    /// <see cref="WorkerService.LengthMax"/> ASCII letters, digits, underscores and hyphens. Default <see cref="WorkerService.Default"/>.
    /// </summary>
    public string Service { get; init; } = WorkerService.Default;

    /// <summary>
    /// Is told how far the job is, in the messages that its worker reports: at most 10 a second, the newest of them, one after another, on the thread
    /// pool. None is begun when the job has ended; one that is being told then may end a moment later. Best effort. What it throws is logged once,
    /// and does no harm to the job. A <see cref="Progress{T}"/> calls its handlers by itself, in the context that it was made in. Default null:
    /// nothing is sent. </summary>
    public IProgress<object>? Progress { get; init; }

    /// <summary>How large its reply may be, in bytes, where that is more than a frame takes: it comes in pieces then, and is in memory whole at
    /// both sides. 0 to <see cref="Job.ReplyBytesCeiling"/> (1 GiB); 0: it has to fit into one frame. Default 16 MiB. A message of a stream has to
    /// fit into one frame in any case. The worker has a bound of its own, and <see cref="Core.Clients.ClientSettings.RepliesBytesMax"/> is one for
    /// all jobs of a client.</summary>
    public int ReplyBytesMax { get; init; } = 16 << 20;

    /// <param name="options">The caller's name of these options.</param>
    /// <exception cref="ArgumentException">One of them is outside of its range.</exception>
    internal void ThrowIfUnfit(string options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Deadline, TimeSpan.Zero, options);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Deadline, DeadlineMax, options);
        if (ReplyBytesMax is < 0 or > Job.ReplyBytesCeiling)
        {
            throw new ArgumentOutOfRangeException(options, ReplyBytesMax, $"a reply takes 0 to {Job.ReplyBytesCeiling} bytes");
        }

        if (Weight is < 1 or > Assign.WeightMax)
        {
            throw new ArgumentOutOfRangeException(options, Weight, $"a job's weight is 1 to {Assign.WeightMax}");
        }

        if (!Enum.IsDefined(Priority))
        {
            throw new ArgumentOutOfRangeException(options, Priority, "a job's priority is Low, Normal or High");
        }

        if (!WorkerService.IsValid(Service))
        {
            throw new ArgumentException($"'{Service}' is no name of a service, which is {WorkerService.Rule}", options);
        }

        if (Key is { Length: 0 or > Assign.KeyLengthMax })
        {
            throw new ArgumentException($"a job's key has 1 to {Assign.KeyLengthMax} characters, not {Key.Length}; null is no key", options);
        }
    }
}
