namespace AkkaLb.Core.Clients;

/// <summary>What a client decides with. Ranges are checked where they are read.</summary>
/// <param name="AssignTimeout">How long one <c>Assign</c> may go unanswered before it is asked again; default 1 s.</param>
/// <param name="LeaveOutFor">How long a worker whose connection broke is left out of this client's assignments; default 5 s.</param>
/// <param name="BackOff">Between two tries of a job; default 10 ms doubling to 1 s, full jitter.</param>
/// <param name="SendsMax">How many sends of unknown outcome one job may have; default 5, at least 1. Sends that surely did not arrive do not
/// count.</param>
/// <param name="RulingDelay">How long after a broken connection jobs that were on it are judged; default 200 ms. See
/// <see cref="ClientInput.ConnectionLost"/>.</param>
/// <param name="JobsMax">Jobs not yet finished at once; more are refused; default 100,000.</param>
/// <param name="RetryBudget">Bounds retries of unknown outcome over all jobs.</param>
/// <param name="GateSilence">How long a worker that has jobs of this client may be silent before it is asked whether it is there, and the time
/// between two questions; default 3 s. See <see cref="GateWatch"/>.</param>
/// <param name="GateTimeout">How long it may leave the questions unanswered before its jobs' outcome is unknown; default 12 s, at least
/// <see cref="GateSilence"/>.</param>
public sealed record ClientSettings(
    TimeSpan AssignTimeout,
    TimeSpan LeaveOutFor,
    BackOff BackOff,
    int SendsMax,
    TimeSpan RulingDelay,
    int JobsMax,
    RetryBudgetSettings RetryBudget,
    TimeSpan GateSilence,
    TimeSpan GateTimeout)
{
    /// <summary>Where the client is, so that workers there are preferred, a name by the rule of <see cref="WorkerRecord.IsZone"/>; default empty: it
    /// does not tell.</summary>
    /// <exception cref="ArgumentException">It is no such name.</exception>
    public string Zone
    {
        get;
        init => field = WorkerRecord.IsZone(value) ? value : throw new ArgumentException($"'{value}' is no zone: must be {WorkerService.Rule}");
    } = "";

    /// <summary>For replies in pieces, of all jobs together, in bytes: a large message takes its length, a stream 1 MiB while it lasts. A job whose
    /// reply has no room waits for it, in its turn; one that is larger fails. Default 256 MiB, at least 1 MiB. Not counted are the first piece of
    /// each reply, a frame at most, and what a caller has not read of a stream that has ended, 1 MiB at most.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1 MiB.</exception>
    public long RepliesBytesMax
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, ReplyTally.Window, nameof(RepliesBytesMax));
            field = value;
        }
    } = 256L << 20;

    /// <summary>How many picks the client keeps at most, of each service, for jobs that may come: 0 to <see cref="Assign.AheadMax"/>, default 16.
    /// Where jobs follow one another closely they need not wait for the balancer then. 0: it asks when there is a job.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public int PicksAheadMax
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(PicksAheadMax));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Assign.AheadMax, nameof(PicksAheadMax));
            field = value;
        }
    } = Assign.AheadMax;

    public static ClientSettings Default { get; } = new(
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(5),
        new BackOff(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1)),
        5,
        TimeSpan.FromMilliseconds(200),
        100_000,
        RetryBudgetSettings.Default,
        TimeSpan.FromSeconds(3),
        TimeSpan.FromSeconds(12));
}
