namespace AkkaLb.Core.Gate;

/// <summary>What the owner of a <see cref="GateCore"/> must do, in the order in which it is told.</summary>
public abstract record GateEffect
{
    private GateEffect()
    {
    }

    /// <summary>Create this instance; there is none at its place. If that cannot be done: <see cref="GateInput.InstanceStopped"/>.</summary>
    /// <param name="Birth">No other instance has it.</param>
    public sealed record BuildInstance(int Instance, long Birth) : GateEffect;

    /// <summary>Stop this instance: nothing it does from now on counts, but its end does: <see cref="GateInput.StoppedInstanceEnded"/>.</summary>
    public sealed record StopInstance(int Instance) : GateEffect;

    /// <summary>Put a question behind everything the instance has in its mailbox; its answer is <see cref="GateInput.InstanceIdle"/>.</summary>
    public sealed record Probe(int Instance, long Mark) : GateEffect;

    /// <summary>Put a question in front, then give the job to the instance.
    /// If its message cannot be read: <see cref="GateInput.MessageUnreadable"/>.</summary>
    /// <param name="Mark">Of the question; its answer is <see cref="GateInput.InstanceIdle"/>.</param>
    /// <param name="EndMark">Of another question. It is put behind everything the instance has in its mailbox when it has replied to the job and is
    /// through with the message that it was handling then.</param>
    public sealed record Start(int Instance, long Token, long Mark, long EndMark) : GateEffect;

    /// <summary>Hand the message that is no job to the instance.</summary>
    public sealed record Forward(int Instance) : GateEffect;

    /// <summary>The message that is no job has nowhere to go: every instance is down.</summary>
    public sealed record Undeliverable : GateEffect;

    /// <summary>Answer with the instance's reply; the token is free.</summary>
    public sealed record AnswerDone(long Token) : GateEffect;

    /// <summary>Answer that the job has no result; the token is free.</summary>
    public sealed record AnswerFailed(long Token, JobFailureReason Reason) : GateEffect;

    /// <summary>Answer that the job was not started; the token is free.</summary>
    public sealed record AnswerRejected(long Token, JobRejected Message) : GateEffect;

    /// <summary>Tell the caller the newest of how far this job is.</summary>
    public sealed record TellProgress(long Token) : GateEffect;

    /// <summary>The same try at the same job is held already and gets its answer there: say nothing; the token is free.</summary>
    public sealed record IgnoreDuplicate(long Token) : GateEffect;

    /// <summary>The job waited and its caller has cancelled it: say nothing; the token is free.</summary>
    public sealed record Drop(long Token) : GateEffect;

    /// <summary>The job runs and its caller has cancelled it: let its actor know. It ends as any other.</summary>
    public sealed record CancelRunning(long Token) : GateEffect;

    /// <summary>An instance crashed when it had no job: worth a line in the log, nobody's failure.</summary>
    public sealed record LogLateCrash(int Instance) : GateEffect;

    /// <summary>The worker stops and jobs still run: worth a line in the log.</summary>
    /// <param name="Running">How many; at least 1.</param>
    /// <param name="Timeout">How long they may take.</param>
    public sealed record LogDraining(int Running, TimeSpan Timeout) : GateEffect;

    /// <summary>The time to drain is over and running jobs fail now: worth a warning.</summary>
    /// <param name="Unfinished">How many; at least 1.</param>
    /// <param name="After">Since the draining began.</param>
    public sealed record LogGivenUp(int Unfinished, TimeSpan After) : GateEffect;

    /// <summary>The adaptive limit has found another number of jobs to run at once: worth a line in the log, now and then.</summary>
    /// <param name="Limit">At least 1.</param>
    public sealed record LogLimit(int Limit) : GateEffect;

    /// <summary>Whether this worker can do jobs has changed, or is known for the first time.</summary>
    /// <param name="Trouble">Why it cannot, in words; null: it can.</param>
    public sealed record AbilityChanged(string? Trouble) : GateEffect;

    /// <summary>No job is held and none will be taken.</summary>
    /// <param name="Unfinished">How many running jobs failed because the time to drain was over.</param>
    public sealed record Drained(int Unfinished) : GateEffect;
}
