namespace AkkaLb.Core.Clients;

/// <summary>One job, or one assignment without a job, between submission and end.</summary>
internal sealed class PendingJob
{
    /// <summary>Those of a higher priority first, and of those the oldest.</summary>
    public static readonly Comparer<PendingJob> FirstInTurn = Comparer<PendingJob>.Create(
        (a, b) => (b.Priority, a.Id.Sequence).CompareTo((a.Priority, b.Id.Sequence)));

    public required JobId Id { get; init; }

    /// <summary>Of which a worker is to do it.</summary>
    public required ServiceView Service { get; init; }

    public required object Ticket { get; set; }

    /// <summary>Null for an assignment without a job.</summary>
    public required Payload? Message { get; set; }

    public required bool IsIdempotent { get; init; }

    /// <summary>How many workers to ask for; 1 for a job.</summary>
    public required int Count { get; init; }

    /// <summary>The load that it is expected to be, in ordinary jobs.</summary>
    public int Weight { get; init; } = 1;

    public JobPriority Priority { get; init; }

    public bool WantsProgress { get; init; }

    /// <summary>How large a reply in pieces may be; 0: it takes none.</summary>
    public int ReplyBytesMax { get; init; }

    public bool WantsStream { get; init; }

    public JobTrace? Trace { get; init; }

    /// <summary>Its questions and attempts are told to the shell.</summary>
    public bool IsMeasured { get; init; }

    /// <summary>In state <see cref="PendingState.InFlight"/>: why this attempt has no result, once that is known.</summary>
    public string? AttemptError { get; set; }

    /// <summary>In state <see cref="PendingState.InFlight"/>: what has come of a reply in pieces; null: none has.</summary>
    public IncomingReply? Reply { get; set; }

    /// <summary>Its caller has messages of the stream already: it cannot be tried again.</summary>
    public bool HasBegunStream { get; set; }

    /// <summary>What it belongs to; null: nothing.</summary>
    public string? Key { get; init; }

    public required TimeSpan SubmittedAt { get; init; }

    public required TimeSpan Deadline { get; init; }

    public PendingState State { get; set; } = PendingState.NeedsBalancer;

    /// <summary>When the clock has something to say about it next: the deadline, a back-off's end or an unanswered request.</summary>
    public TimeSpan WakeAt { get; set; }

    /// <summary>In state <see cref="PendingState.Assigning"/>: the request that is out.</summary>
    public long RequestId { get; set; }

    /// <summary>With whom it was asked for, as long as the balancer has said nothing to its request.</summary>
    public AskingTurn? Turn { get; set; }

    /// <summary>The pick that was asked for it, or ahead, and has not ended, as far as the balancer knows; 0: there is none.</summary>
    public long Pick { get; set; }

    public TimeSpan? FirstAskedAt { get; set; }

    public TimeSpan AssignTime { get; set; }

    public int Sends { get; set; }

    /// <summary>Attempts whose outcome is unknown, and where they were sent: it may have run there. Those that surely were not started are not
    /// among them.</summary>
    public List<(int Attempt, WorkerKey Worker)> Unknown { get; } = [];

    /// <summary>Tries that came to nothing so far; the exponent of the back-off.</summary>
    public int Retries { get; set; }

    /// <summary>The worker it was sent to last; in state <see cref="PendingState.InFlight"/> it may be there.</summary>
    public AssignedWorker? Target { get; set; }

    /// <summary>In state <see cref="PendingState.InFlight"/>: what is known of the gate that it was sent to.</summary>
    public GateSight? Gate { get; set; }

    public TimeSpan SentAt { get; set; }

    /// <summary>Workers of earlier sends, oldest first: a late answer is credited to the one that gives it.</summary>
    public List<WorkerKey>? EarlierWorkers { get; set; }

    /// <summary>Workers that refused this very job: left out of its assignments, and of no other job's, until nobody else is left.</summary>
    public List<WorkerKey>? Refused { get; set; }

    /// <summary>Workers that cannot read, or do not handle, this message: never asked for it again.</summary>
    public List<WorkerKey>? Incapable { get; set; }

    /// <summary>What the last of <see cref="Incapable"/> said.</summary>
    public string LastInability { get; set; } = "";

    /// <summary>It had to wait for a free place at least once.</summary>
    public bool HasWaited { get; set; }

    /// <summary>In state <see cref="PendingState.Assigning"/>: its request left out workers because they are full.</summary>
    public bool LeavesOutFull { get; set; }

    /// <summary>In state <see cref="PendingState.Assigning"/>: its request left out others than <see cref="Incapable"/>.</summary>
    public bool LeavesOutOthers { get; set; }

    /// <summary>The worker the balancer named last, sent to or not; null when it never named one.</summary>
    public WorkerKey? LastNamed { get; set; }

    /// <summary>Any worker will do that may get an ordinary job.</summary>
    public bool IsPlain => this is
    {
        Message: not null, Key: null, Weight: 1, Priority: JobPriority.Normal, TakesAnyone: false, Refused: null, Incapable: null,
    };

    /// <summary>The last worker that may have run it; null when nobody may have.</summary>
    public WorkerKey? MayHaveRunAt => Unknown.Count == 0 ? null : Unknown[^1].Worker;

    /// <summary>Everybody was left out: the next assignment takes whoever there is.</summary>
    public bool TakesAnyone { get; set; }

    public AssignRejectReason? LastRejection { get; set; }

    public string LastTrouble { get; set; } = "";

    public bool IsOver { get; private set; }

    /// <summary>The job has ended. Its place in the wake queue may outlive it for long, so what it holds of the user's is let go.</summary>
    public void End() => (IsOver, Ticket, Message) = (true, "", null);
}

/// <summary>Jobs that were asked for together.</summary>
internal sealed class AskingTurn(TimeSpan askedAt)
{
    /// <summary>When they were asked for.</summary>
    public TimeSpan AskedAt => askedAt;

    /// <summary>How many of them have had no word from the balancer.</summary>
    public int Unanswered { get; set; }
}

internal enum PendingState
{
    /// <summary>Waits for a link to a balancer.</summary>
    NeedsBalancer,

    /// <summary>Waits until fewer turns of requests are out.</summary>
    ToAsk,

    /// <summary>A request is out.</summary>
    Assigning,

    /// <summary>Waits for a free place, behind older jobs and those of a higher priority.</summary>
    Waiting,

    /// <summary>Waits before it asks again.</summary>
    BackingOff,

    /// <summary>Sent to a worker, not yet answered.</summary>
    InFlight,
}
