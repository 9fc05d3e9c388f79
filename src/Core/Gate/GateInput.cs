namespace AkkaLb.Core.Gate;

/// <summary>What happens to a gate. A job is named by its token, an instance by its place.</summary>
public abstract record GateInput
{
    private GateInput()
    {
    }

    /// <summary>Once, before anything else: the instances are built.</summary>
    public sealed record Open : GateInput;

    /// <summary>A job came in.</summary>
    /// <param name="Token">The caller's name for it, never used before; it comes back in exactly one effect that frees it.</param>
    public sealed record JobArrived(long Token, Job Job) : GateInput;

    /// <summary>The caller of this try at a job does not want it any more. Ignored when it is not held.</summary>
    public sealed record CancelArrived(JobId Id, int Attempt) : GateInput;

    /// <summary>There is news how far this job is. Ignored when the job is not running, or is cancelled.</summary>
    public sealed record Progressed(long Token) : GateInput;

    /// <summary>The instance answered this job, which has put the question <see cref="GateEffect.Start.EndMark"/> to it; or the last piece of its
    /// answer was sent. Ignored when the job has its answer already.</summary>
    public sealed record Replied(long Token) : GateInput;

    /// <summary>The instance answered this job with a failure, as <see cref="Replied"/>, or its answer broke off with one. Ignored when the job has
    /// its answer already.</summary>
    public sealed record ReplyFailed(long Token) : GateInput;

    /// <summary>The instance answered this job, as <see cref="Replied"/>, and the answer goes out in pieces: the instance is free, the job keeps its
    /// place. Ignored when the job is not running.</summary>
    public sealed record ReplyBegun(long Token) : GateInput;

    /// <summary>The first piece of this job's answer was sent, or its client has said how much it takes: from now on it has
    /// <see cref="GateSettings.UntakenMax"/> to say so again. Ignored when the job is not replying.</summary>
    public sealed record ReplyTaken(long Token) : GateInput;

    /// <summary>What sent an answer in pieces that was given up has ended. Ignored when nothing of that job is on its way.</summary>
    public sealed record ReplyStopped(long Token) : GateInput;

    /// <summary>The instance's actor does not handle the job's message. Ignored when the job is not running.
    /// Say <see cref="Replied"/> first if there is a reply.</summary>
    public sealed record MessageUnhandled(long Token, string Text) : GateInput;

    /// <summary>The job that was to be started cannot be read; its instance has seen nothing of it. Ignored when it is not running.</summary>
    public sealed record MessageUnreadable(long Token, string Text) : GateInput;

    /// <summary>The job came back from an instance that had already stopped: it was not started, and waits again where it belongs.
    /// Ignored when it is not running. Say <see cref="Replied"/> first if there is a reply. The instance's end is told separately.</summary>
    public sealed record JobReturned(long Token) : GateInput;

    /// <summary>The instance crashed and is being restarted. Say <see cref="Replied"/> first if the reply came first.</summary>
    /// <param name="IsOnJob">Whether it crashed on the message of the job that it has.</param>
    public sealed record InstanceCrashed(int Instance, bool IsOnJob) : GateInput;

    /// <summary>The instance is gone: it stopped itself, or could not be created or restarted. Say <see cref="InstanceIdle"/> first if it
    /// answered its last question: without that answer it has not taken its job.</summary>
    /// <param name="Cause">Why it could not be created, in words; null: that is not known.</param>
    public sealed record InstanceStopped(int Instance, string? Cause) : GateInput;

    /// <summary>An instance that <see cref="GateEffect.StopInstance"/> stopped has ended.</summary>
    public sealed record StoppedInstanceEnded(long Birth) : GateInput;

    /// <summary>The instance answered the question <paramref name="Mark"/>. Only the answer to the last one counts.</summary>
    public sealed record InstanceIdle(int Instance, long Mark) : GateInput;

    /// <summary>A message that is no job came in: instances take them in turn, whether they have a job or not, without a bound.</summary>
    /// <remarks>More of them than the instances can handle keep jobs waiting: no job starts behind a message that may still crash.</remarks>
    public sealed record MessageArrived : GateInput;

    /// <summary>Take no more jobs: queued ones are rejected now, running ones have <paramref name="Timeout"/> to finish.</summary>
    /// <remarks>Saying it again can only shorten the time; after the end it brings another <see cref="GateEffect.Drained"/>.</remarks>
    /// <param name="Timeout">Zero or less: running jobs fail at the next tick.</param>
    public sealed record Drain(TimeSpan Timeout) : GateInput;
}
