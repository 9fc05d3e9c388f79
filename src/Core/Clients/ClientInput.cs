namespace AkkaLb.Core.Clients;

/// <summary>What happens to a client, beside the answers of balancers and workers: <see cref="Assigned"/>, <see cref="AssignHeld"/>,
/// <see cref="AssignRejected"/>, <see cref="JobProgress"/>, <see cref="ReplyPiece"/>, <see cref="JobDone"/>, <see cref="JobFailed"/> and
/// <see cref="JobRejected"/>.</summary>
/// <remarks>Addresses are spelled as in <see cref="AssignedWorker.Address"/>.</remarks>
public abstract record ClientInput
{
    private ClientInput() { }

    /// <summary>A job.</summary>
    /// <param name="Ticket">Comes back with the job's end.</param>
    /// <param name="IsIdempotent">Whether it may run twice.</param>
    /// <param name="Timeout">Until its deadline; above zero.</param>
    /// <param name="Weight">The load that it is expected to be, in ordinary jobs: 1 to <see cref="Assign.WeightMax"/>.</param>
    /// <param name="Key">What it belongs to: 1 to <see cref="Assign.KeyLengthMax"/> characters. Null: none.</param>
    /// <param name="Service">Of which a worker is to do it; see <see cref="WorkerService"/>.</param>
    /// <param name="Priority">Where jobs wait for a free place: those of a higher one go first.</param>
    /// <param name="WantsProgress">Whether it is to be told how far the job is: <see cref="ClientEffect.Progress"/>.</param>
    /// <param name="ReplyBytesMax">How large a reply in pieces may be: 0 to <see cref="Job.ReplyBytesCeiling"/>; 0: it has to fit into one
    /// message.</param>
    /// <param name="WantsStream">Whether the reply may be any number of messages: <see cref="ClientEffect.StreamItem"/>. A job is not tried again
    /// behind the first of them.</param>
    /// <param name="Trace">That it belongs to; null: none.</param>
    /// <param name="IsMeasured">Whether its questions and attempts are to be told: <see cref="ClientEffect.Attempt"/> and
    /// <see cref="ClientEffect.Moment"/>.</param>
    public sealed record Submit(
        object Ticket, Payload Message, bool IsIdempotent, TimeSpan Timeout, int Weight = 1, string? Key = null,
        string Service = WorkerService.Default, JobPriority Priority = JobPriority.Normal, bool WantsProgress = false, int ReplyBytesMax = 0,
        bool WantsStream = false, JobTrace? Trace = null, bool IsMeasured = false) : ClientInput;

    /// <summary>A wish for workers without a job.</summary>
    /// <param name="Ticket">Comes back with the end.</param>
    /// <param name="Count">How many picks in one request.</param>
    /// <param name="Timeout">Until its deadline; above zero.</param>
    /// <param name="Service">Of which the workers are to be.</param>
    public sealed record SubmitAssign(object Ticket, int Count, TimeSpan Timeout, string Service = WorkerService.Default) : ClientInput;

    /// <summary>The caller of a stream has used up messages, so that more may come. Ignored when the job has ended.</summary>
    /// <param name="Cost">Of all that it has used, by <see cref="ReplyTally.CostOf"/>.</param>
    public sealed record Used(JobId Id, long Cost) : ClientInput;

    /// <summary>The caller does not want this job, or these workers, any more. Ignored when it has ended.</summary>
    public sealed record Cancel(JobId Id) : ClientInput;

    /// <summary>The directory of balancers was read, or has changed.</summary>
    public sealed record BalancersKnown(IReadOnlyList<string> Addresses) : ClientInput;

    /// <summary>The answer to a <see cref="ClientEffect.Probe"/>: a balancer is there.</summary>
    /// <param name="Probe">Its number.</param>
    /// <param name="Address">Whose answer it is. It need not be where the question went: a cluster passes it on to the balancer that
    /// decides.</param>
    public sealed record BalancerAnswered(long Probe, string Address) : ClientInput;

    /// <summary>Somebody at this address said something, whatever it was: a gate there that was given up is back in use.</summary>
    public sealed record Heard(string Address) : ClientInput;

    /// <summary>A <see cref="Job"/>, an <see cref="Assign"/> or a <see cref="Finished"/> of this client never left this process: its connection
    /// was closed.</summary>
    public sealed record Undelivered(object Message) : ClientInput;

    /// <summary>A connection stands.</summary>
    public sealed record Connected(string Address) : ClientInput;

    /// <summary>A connection broke, or could not be made.</summary>
    /// <remarks>
    /// The event comes a few milliseconds before the dead letters of what was never sent, so jobs on that connection are judged only
    /// <see cref="ClientSettings.RulingDelay"/> later: those that have not come back as dead letters by then have an unknown outcome. Jobs sent
    /// within half of that time are judged too, because nothing gets through in the moments after a loss; what is sent later has time of its own
    /// to come back. Where no connection stood, nothing was sent: all of it comes back, and a busy machine gets ten times as long for it. Events
    /// repeat; each one judges what it finds.
    /// </remarks>
    /// <param name="Seen">What was seen, for people.</param>
    public sealed record ConnectionLost(string Address, string Seen) : ClientInput;

    /// <summary>The answer to <see cref="ClientEffect.AskGate"/>.</summary>
    /// <param name="IsThere">False: there is no such gate any more. Jobs that were sent before the question have an unknown outcome; for those sent
    /// later that process answers by itself.</param>
    /// <param name="From">The address of who answered. Our own dead letters say "not there" of a gate that cannot be reached; that means
    /// nothing.</param>
    public sealed record GateAnswered(long Number, bool IsThere, string From) : ClientInput;

    /// <summary>No more jobs are taken; what has not been sent to a worker ends as <see cref="JobError.Closed"/>, what is in flight may
    /// finish.</summary>
    public sealed record StopSending : ClientInput;

    /// <summary>Ends whatever is left; the last input.</summary>
    public sealed record Close : ClientInput;
}
