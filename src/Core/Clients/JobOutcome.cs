namespace AkkaLb.Core.Clients;

/// <summary>Why a job has no result, as its submitter sees it.</summary>
public enum JobError
{
    /// <summary>No balancer answered before the deadline. Not sent.</summary>
    NoBalancer,

    /// <summary>The balancer named nobody before the deadline, or, for an assignment without a job, at once. Not started.</summary>
    NoWorker,

    /// <summary>Every worker tried refused it, or could not be reached, until the deadline. Not started.</summary>
    NotStarted,

    /// <summary>No worker can read, or handles, the message. Not started.</summary>
    Unsupported,

    /// <summary>It was sent and the deadline passed without an answer: the outcome is unknown.</summary>
    DeadlineExceeded,

    /// <summary>The connection to the worker broke after it was sent, or the worker left in the midst of it: the outcome is unknown, and it may not
    /// run twice.</summary>
    WorkerLost,

    /// <summary>As <see cref="WorkerLost"/>; it might run again, but its sends or the client's retry budget are used up.</summary>
    RetriesExhausted,

    /// <summary>The worker's actor answered with a failure, crashed on it, or its reply could not be sent.</summary>
    WorkerFailed,

    /// <summary>The client holds as many jobs as it may. Not sent.</summary>
    TooManyJobs,

    /// <summary>The client was closed first.</summary>
    Closed,

    /// <summary>Its caller cancelled it. It may have run.</summary>
    Cancelled,
}

/// <summary>A job's single end.</summary>
/// <param name="Sends">How often it was sent; a send that is known not to have arrived counts too.</param>
/// <param name="AssignTime">From the first question to the balancer to the assignment that was used last; zero when there was none.</param>
/// <param name="Total">From submission to this end.</param>
public abstract record JobOutcome(int Sends, TimeSpan AssignTime, TimeSpan Total)
{
    /// <summary>It has a result.</summary>
    /// <param name="Worker">The worker that did it.</param>
    public sealed record Done(WorkerKey Worker, Payload Reply, int Sends, TimeSpan AssignTime, TimeSpan Total)
        : JobOutcome(Sends, AssignTime, Total);

    /// <summary>An assignment without a job has its workers.</summary>
    public sealed record Picked(IReadOnlyList<AssignedWorker> Workers, string Policy, int Sends, TimeSpan AssignTime, TimeSpan Total)
        : JobOutcome(Sends, AssignTime, Total);

    /// <summary>It has none.</summary>
    /// <param name="Worker">The worker concerned; null when it never got as far.</param>
    /// <param name="Cause">What was seen, for people.</param>
    /// <param name="Rejection">The balancer's reason, when that is the cause.</param>
    /// <param name="Failure">The worker's reason, when that is the cause.</param>
    public sealed record Failed(
        JobError Error,
        WorkerKey? Worker,
        string Cause,
        AssignRejectReason? Rejection,
        JobFailureReason? Failure,
        int Sends,
        TimeSpan AssignTime,
        TimeSpan Total)
        : JobOutcome(Sends, AssignTime, Total);
}
