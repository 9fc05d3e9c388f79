namespace AkkaLb.Core.Clients;

/// <summary>What a client knows of one worker's gate. See <see cref="GateWatch"/>.</summary>
internal sealed class GateSight(long number, AssignedWorker target, TimeSpan now)
{
    /// <summary>Names it in questions and answers; never used again.</summary>
    public long Number => number;

    public WorkerKey Worker => Target.Worker;

    public AssignedWorker Target { get; set; } = target;

    /// <summary>Jobs that were sent to it and are not answered.</summary>
    public HashSet<PendingJob> Jobs { get; } = [];

    /// <summary>When it said something last, or when its silence began to count because it got a job.</summary>
    public TimeSpan HeardAt { get; set; } = now;

    /// <summary>When the first of the questions was asked that are unanswered; null: there is none.</summary>
    public TimeSpan? AskedAt { get; set; }

    /// <summary>It left the questions unanswered for too long; null: it is in use.</summary>
    public TimeSpan? SilentSince { get; set; }

    /// <summary>When <see cref="GateWatch"/> looks at it next.</summary>
    public TimeSpan DueAt { get; set; }
}
