namespace AkkaLb.Core.Gate;

/// <summary>A job between its acceptance and its answer. In the queue those that have waited longest come first.</summary>
/// <param name="since">When its caller submitted it, on the gate's clock.</param>
/// <param name="deadline">On the gate's clock.</param>
internal sealed class HeldJob(long token, JobId id, int attempt, TimeSpan since, TimeSpan deadline) : IComparable<HeldJob>
{
    public long Token { get; } = token;

    /// <summary>One try at a job: what a duplicate is recognized by.</summary>
    public (JobId Id, int Attempt) Try { get; } = (id, attempt);

    public TimeSpan Since { get; } = since;

    public TimeSpan Deadline { get; } = deadline;

    public Due Due => new(DueKind.JobDeadline, Token);

    public Due ProgressDue => new(DueKind.Progress, Token);

    public Due UntakenDue => new(DueKind.Untaken, Token);

    /// <summary>Its actor has replied, and the reply goes out in pieces.</summary>
    public bool IsReplying { get; set; }

    /// <summary>The instance it runs on; null while it is queued, or is replying.</summary>
    public InstanceSlot? RunsOn { get; set; }

    /// <summary>When it was given to the instance.</summary>
    public TimeSpan StartedAt { get; set; }

    /// <summary>The question that its reply puts to the instance; 0: the answer to that would say nothing, as more may be behind it.</summary>
    public long EndMark { get; set; }

    /// <summary>How it began, for the adaptive limit.</summary>
    public AdaptiveLimit.Start Start { get; set; }

    /// <summary>When it may tell next how far it is; null: it never has.</summary>
    public TimeSpan? ProgressAt { get; set; }

    /// <summary>It runs, and its caller does not want it any more.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>How often it came back from an instance that had already stopped.</summary>
    public int Returns { get; set; }

    public int CompareTo(HeldJob? other) => other is null ? 1 : (Since, Token).CompareTo((other.Since, other.Token));
}
