namespace AkkaLb.Core.Gate;

/// <summary>A job between its acceptance and its answer.</summary>
/// <param name="deadline">On the gate's clock.</param>
internal sealed class HeldJob(long token, JobId id, int attempt, TimeSpan deadline)
{
    public long Token { get; } = token;

    /// <summary>One try at a job: what a duplicate is recognized by.</summary>
    public (JobId Id, int Attempt) Try { get; } = (id, attempt);

    public TimeSpan Deadline { get; } = deadline;

    public Due Due => new(Deadline, DueKind.JobDeadline, Token);

    /// <summary>Its place in the queue; null exactly while it runs.</summary>
    public LinkedListNode<HeldJob>? Queued { get; set; }

    /// <summary>The instance it runs on; null exactly while it is queued.</summary>
    public InstanceSlot? RunsOn { get; set; }
}
