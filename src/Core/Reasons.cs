namespace AkkaLb.Core;

/// <summary>Why a balancer named no worker.</summary>
public enum AssignRejectReason
{
    /// <summary>Nobody is registered, or everybody who is drains.</summary>
    NoWorkers,

    /// <summary>Workers are registered, but the policy decides on memory and none has a fresh report.</summary>
    NoMemoryReports,

    /// <summary>The request leaves out every worker that could have been picked.</summary>
    AllExcluded,

    /// <summary>The balancer has just started and does not know the members, or their memory, yet.</summary>
    NotReady,

    /// <summary>The balancer shuts down.</summary>
    Stopping,

    /// <summary>Every worker that could be picked is full, and the request has waited for as long as it may, or too many wait.</summary>
    NoCapacity,
}

/// <summary>Why a worker did not start a job. Always means: not started.</summary>
public enum JobRejectReason
{
    /// <summary>The worker finishes what it has and leaves.</summary>
    Draining,

    /// <summary>It holds as many jobs as its capacity and its queue allow, and those have waited longer.</summary>
    OverCapacity,

    /// <summary>The job's remaining time had run out before an instance was free.</summary>
    DeadlinePassed,

    /// <summary>This worker cannot do any job now; the text says why.</summary>
    Unable,

    /// <summary>The gate that the job was sent to is not in this process any more: it has ended, or it was that of an earlier process.</summary>
    NotHere,

    /// <summary>This worker lacks the serializer or the type of the message, or cannot read it. Another worker may know it.</summary>
    Unreadable,

    /// <summary>This worker's actor does not handle the message. Another worker's may.</summary>
    Unhandled,
}

/// <summary>Why a job that reached a worker has no result. The job was started unless the name says otherwise.</summary>
public enum JobFailureReason
{
    /// <summary>The worker's actor answered with a failure.</summary>
    Failure,

    /// <summary>The worker's actor crashed on this job; its instance was restarted.</summary>
    Crash,

    /// <summary>The job ran past its deadline; its instance was replaced.</summary>
    DeadlineExceeded,

    /// <summary>The message could not be read at the worker: not started. Workers of this version say
    /// <see cref="JobRejectReason.Unreadable"/>.</summary>
    UnreadableMessage,

    /// <summary>The reply has a type that is not on the worker's list of messages, or is too large to send.</summary>
    UnsendableReply,

    /// <summary>The worker's time to drain was over before the job was.</summary>
    Drained,
}
