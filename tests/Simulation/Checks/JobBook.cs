using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Simulation.Nodes;
using AkkaLb.Simulation.World;

namespace AkkaLb.Simulation.Checks;

/// <summary>The ledger of all jobs, and the rules that hold for each of them.</summary>
internal sealed class JobBook(Run run)
{
    /// <summary>How late an end may come: a timer of Akka's wheel, and the latest that spite makes of it.</summary>
    private static readonly TimeSpan LateMax = TimeSpan.FromSeconds(1.2);

    /// <summary>Dead letters come within 40 ms of the loss of a connection, and a ruling waits 200 ms for them.</summary>
    private static readonly TimeSpan RuledTooEarly = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan HeldForLong = TimeSpan.FromMilliseconds(500);

    private readonly SortedDictionary<int, JobRecord> _jobs = [];

    public IEnumerable<JobRecord> All => _jobs.Values;

    public int Open { get; private set; }

    public JobRecord this[int number] => _jobs[number];

    public void Submitted(JobRecord job)
    {
        _jobs.Add(job.Number, job);
        Open++;
    }

    public void Started(JobRecord job, WorkerProcess worker)
    {
        if (worker.Service != job.Service)
        {
            run.Violate("jobs-keep-to-their-service", $"{job}, of the service {job.Service}, was started at {worker.Name}");
        }

        if (job.Service != WorkerService.Default)
        {
            run.Marks.Reach(Checks.Mark.JobOfANamedService);
        }

        job.Starts.Add($"{worker.Name}/{worker.Life}");
        if (!job.IsIdempotent && job.Starts.Count > 1)
        {
            run.Violate("runs-once", $"{job} was started {job.Starts.Count} times: {string.Join(", ", job.Starts)}");
        }
    }

    public static void Replied(JobRecord job, Process worker) => job.Replies.Add(worker.Name);

    public void Sent(JobRecord job, int attempt)
    {
        (job.Sends, job.SentAt) = (attempt, run.Clockwork.Now);
        if (job.Outcome is not null)
        {
            run.Violate("sent-while-wanted", $"{job} was sent after its end: {job.Outcome}");
        }
    }

    /// <summary>The client is being told that this attempt was not started.</summary>
    public void NotStarted(Job job)
    {
        var record = _jobs[JobRecord.NumberIn(job.Message)];
        NotStarted(record.Number, job.Attempt);
        if (record.Outcome is JobOutcome.Failed { Error: JobError.WorkerLost or JobError.RetriesExhausted } failed && record.Starts.Count == 0
            && failed.Cause.Contains("connection", StringComparison.Ordinal)
            && record.ToldNotStarted.Count == record.Sends && run.Clockwork.Now - record.EndedAt < RuledTooEarly)
        {
            run.Violate("ruling-waits", $"{record} ended as unknown, and a moment later its dead letter said that it was never sent");
        }
    }

    public void NotStarted(int number, int attempt)
    {
        var job = _jobs[number];
        job.ToldNotStarted.Add(attempt);
        if (run.Clockwork.Now - job.SentAt > HeldForLong)
        {
            job.PlacedUntil = run.Clockwork.Now;
        }
    }

    public void Ended(JobRecord job, JobOutcome outcome, Process client)
    {
        if (job.Outcome is not null)
        {
            run.Violate("ends-once", $"{job} ended twice: {job.Outcome} and {outcome}");
            return;
        }

        (job.Outcome, job.EndedAt) = (outcome, run.Clockwork.Now);
        Open--;
        Mark(outcome);
        var late = run.Clockwork.Now - job.SubmittedAt - job.Timeout;
        if (late > LateMax && client.RunsSince <= job.SubmittedAt + job.Timeout)
        {
            run.Violate("deadline-kept", $"{job} ended {late.TotalSeconds:0.0} s after its deadline: {outcome}");
        }

        switch (outcome)
        {
            case JobOutcome.Done done when !job.Replies.Contains(done.Worker.Id):
                run.Violate("done-is-done", $"{job} was told as done by {done.Worker.Id}, which never answered it");
                break;
            case JobOutcome.Failed failed:
                CheckFailure(job, failed);
                break;
        }
    }

    private void CheckFailure(JobRecord job, JobOutcome.Failed failed)
    {
        var saysNotStarted = failed.Error is JobError.NoBalancer or JobError.NoWorker or JobError.NotStarted or JobError.Unsupported
            or JobError.TooManyJobs;
        if (saysNotStarted && job.Starts.Count > 0)
        {
            run.Violate("not-started-is-true", $"{job} was told as not started ({failed.Error}), but ran at {string.Join(", ", job.Starts)}");
        }

        var saysUnknown = failed.Error is JobError.WorkerLost or JobError.RetriesExhausted or JobError.DeadlineExceeded;
        if (saysUnknown && job.Starts.Count == 0 && job.ToldNotStarted.Count == job.Sends && failed.Failure is null)
        {
            run.Violate("known-is-not-unknown", $"{job} ended as {failed.Error}, but the client had been told that none of its {job.Sends} sends "
                + $"was started: {failed.Cause}");
        }
    }

    private void Mark(JobOutcome outcome) => run.Marks.Reach(outcome switch
    {
        JobOutcome.Done { Sends: 1 } => Checks.Mark.DoneAtOnce,
        JobOutcome.Done => Checks.Mark.DoneAfterRetries,
        JobOutcome.Picked => Checks.Mark.Picked,
        JobOutcome.Failed failed => failed.Error switch
        {
            JobError.NoBalancer => Checks.Mark.EndedNoBalancer,
            JobError.NoWorker => Checks.Mark.EndedNoWorker,
            JobError.NotStarted => Checks.Mark.EndedNotStarted,
            JobError.Unsupported => Checks.Mark.EndedUnsupported,
            JobError.DeadlineExceeded => Checks.Mark.EndedDeadlineExceeded,
            JobError.WorkerLost => Checks.Mark.EndedWorkerLost,
            JobError.RetriesExhausted => Checks.Mark.EndedRetriesExhausted,
            JobError.WorkerFailed => Checks.Mark.EndedWorkerFailed,
            JobError.TooManyJobs => Checks.Mark.EndedTooManyJobs,
            JobError.Closed => Checks.Mark.EndedClosed,
            JobError.Cancelled => Checks.Mark.EndedCancelled,
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    });
}
