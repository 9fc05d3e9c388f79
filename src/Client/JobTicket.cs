using System.Collections.Concurrent;
using AkkaLb.Core;
using AkkaLb.Core.Clients;

namespace AkkaLb.Client;

/// <summary>Waits for a job's end.</summary>
internal interface IJobTicket
{
    /// <summary>Of the job, once it is submitted; the client's actor alone sets it and reads it.</summary>
    JobId Id { get; set; }

    bool WantsProgress { get; }

    void Report(Payload progress);

    void Finish(JobId id, JobOutcome outcome);
}

/// <summary>A job's end as a task.</summary>
internal sealed class JobTicket : IJobTicket
{
    private readonly ConcurrentDictionary<JobTicket, byte> _open;
    private readonly ProgressTeller? _progress;
    private readonly TaskCompletionSource<JobRun> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="open">Holds the ticket until it is finished, so that whoever ends the client can finish what is left.</param>
    /// <param name="progress">Null: nobody wants to know how far the job is.</param>
    public JobTicket(ConcurrentDictionary<JobTicket, byte> open, ProgressTeller? progress)
    {
        (_open, _progress) = (open, progress);
        _open.TryAdd(this, 0);
    }

    public JobId Id { get; set; }

    public bool WantsProgress => _progress is not null;

    public Task<JobRun> End => _end.Task;

    public void Report(Payload progress) => _progress?.Tell(progress);

    /// <summary>The first end counts.</summary>
    public void Finish(JobId id, JobOutcome outcome)
    {
        _progress?.Stop();
        _open.TryRemove(this, out _);
        _end.TrySetResult(new JobRun(id, outcome));
    }
}

/// <summary>A job that has ended, and how.</summary>
public sealed record JobRun(JobId Id, JobOutcome Outcome);
