namespace AkkaLb.Core.Gate;

internal enum SlotState
{
    /// <summary>No instance: the last one ended before it was ready, or too many stopped ones have not ended.
    /// Built again when its time comes.</summary>
    Down,

    /// <summary>The instance has been asked whether it is through with what it has; it gets no job before it answers.</summary>
    Settling,

    Free,
    Running,
}

/// <summary>A place for an instance, and what the gate knows about the one there.</summary>
internal sealed class InstanceSlot(int index)
{
    public int Index { get; } = index;

    public SlotState State { get; set; } = SlotState.Down;

    /// <summary>Which instance is there: no two have the same.</summary>
    public long Birth { get; set; }

    /// <summary>The job it has; not null exactly while running.</summary>
    public HeldJob? Job { get; set; }

    /// <summary>The last question it was asked. Answers to earlier ones mean nothing: more has been put behind those.</summary>
    public long Mark { get; set; }

    /// <summary>Whether the question in front of the job has been answered, so that the job is the instance's next message at the latest.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Whether this instance has ever answered: one that ends before that is not built again at once.</summary>
    public bool IsProven { get; set; }

    /// <summary>How many instances in a row ended here before they were ready.</summary>
    public int Failures { get; set; }
}
