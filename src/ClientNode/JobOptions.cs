namespace AkkaLb.ClientNode;

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
}
