using AkkaLb.Core;
using AkkaLb.Core.Clients;

namespace AkkaLb.ClientNode;

/// <summary>Waits for a job's end.</summary>
internal interface IJobTicket
{
    void Finish(JobId id, JobOutcome outcome);
}

/// <summary>A job's end as a task.</summary>
internal sealed class JobTicket : IJobTicket
{
    private readonly TaskCompletionSource<JobRun> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<JobRun> End => _end.Task;

    public void Finish(JobId id, JobOutcome outcome) => _end.TrySetResult(new JobRun(id, outcome));
}

/// <summary>A job that has ended, and how.</summary>
public sealed record JobRun(JobId Id, JobOutcome Outcome);
