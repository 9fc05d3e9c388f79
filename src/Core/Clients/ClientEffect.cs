namespace AkkaLb.Core.Clients;

/// <summary>What a client asks its shell to do.</summary>
public abstract record ClientEffect
{
    private ClientEffect() { }

    /// <summary>Tell the balancer that is used.</summary>
    public sealed record ToBalancer(IAkkaLbMessage Message) : ClientEffect;

    /// <summary>Send the job to a worker.</summary>
    public record ToGate(AssignedWorker Worker, Job Job) : ClientEffect;

    /// <summary>As <see cref="ToGate"/>, of a job that is measured; <see cref="JobMoment.AttemptEnded"/> follows.</summary>
    /// <param name="Ticket">What was given to <see cref="ClientInput.Submit"/>.</param>
    /// <param name="IsTransparent">It was sent before and certainly not started there, so the retry budget does not count this one.</param>
    public sealed record Attempt(AssignedWorker Worker, Job Job, object Ticket, bool IsTransparent) : ToGate(Worker, Job);

    /// <summary>Something has happened to a job that is measured.</summary>
    /// <param name="Ticket">What was given to <see cref="ClientInput.Submit"/>.</param>
    /// <param name="Error">Why it came to nothing, as <c>error.type</c> in docs/telemetry.md; null: it did not.</param>
    public sealed record Moment(object Ticket, JobMoment What, string? Error = null) : ClientEffect;

    /// <summary>Tell a worker that a job is not wanted any more, or that more of its reply is taken.</summary>
    /// <param name="Message">A <see cref="CancelJob"/> or a <see cref="TakeReply"/>.</param>
    public sealed record TellGate(AssignedWorker Worker, IAkkaLbMessage Message) : ClientEffect;

    /// <summary>Ask a gate whether it is there; the answer is <see cref="ClientInput.GateAnswered"/>.</summary>
    /// <param name="Number">Names the gate in the answer.</param>
    public sealed record AskGate(long Number, AssignedWorker Worker) : ClientEffect;

    /// <summary>Ask whether a balancer is there; the answer is <see cref="ClientInput.BalancerAnswered"/>.</summary>
    /// <param name="Number">Names the probe in the answer.</param>
    public sealed record Probe(long Number, string Address) : ClientEffect;

    /// <summary>The balancer whose answer came last is used from now on.</summary>
    public sealed record BalancerFound : ClientEffect;

    /// <summary>How far a job is that has not ended.</summary>
    /// <param name="Ticket">What was given to <see cref="ClientInput.Submit"/>.</param>
    public sealed record Progress(object Ticket, Payload Message) : ClientEffect;

    /// <summary>A message of the stream that is the job's reply, in order. When it is used up: <see cref="ClientInput.Used"/>.</summary>
    /// <param name="Ticket">What was given to <see cref="ClientInput.Submit"/>.</param>
    public sealed record StreamItem(object Ticket, Payload Message) : ClientEffect;

    /// <summary>The job has ended; said exactly once for each.</summary>
    /// <param name="Ticket">What was given to <see cref="ClientInput.Submit"/>.</param>
    public sealed record Finish(JobId Id, object Ticket, JobOutcome Outcome) : ClientEffect;

    /// <summary>Something to tell the operator; <paramref name="IsTrouble"/> as a warning.</summary>
    public sealed record Note(string Text, bool IsTrouble) : ClientEffect;
}

/// <summary>What happens to a job that is measured, beside its attempts' beginnings.</summary>
public enum JobMoment
{
    /// <summary>A question to the balancer goes out for it.</summary>
    Asked,

    /// <summary>Its question has an answer, or nobody waits for that any more.</summary>
    Answered,

    /// <summary>The worker has answered, or the attempt was given up.</summary>
    AttemptEnded,

    /// <summary>It is not sent again because the retry budget is used up.</summary>
    BudgetExhausted,
}
