using System.Collections.Concurrent;
using System.Threading.Channels;
using AkkaLb.Core;
using AkkaLb.Core.Clients;

namespace AkkaLb.Client;

/// <summary>Waits for a job's end.</summary>
internal interface IJobTicket
{
    /// <summary>Of the job, once it is submitted; the client's actor alone sets it and reads it.</summary>
    JobId Id { get; set; }

    /// <summary>What is measured on the way to the job's end; null: nobody listens.</summary>
    JobSteps? Steps { get; }

    void Report(Payload progress);

    /// <summary>A message of the stream.</summary>
    void Take(Payload message);

    void Finish(JobId id, JobOutcome outcome);
}

/// <summary>A job's end as a task, and its stream.</summary>
internal sealed class JobTicket : IJobTicket
{
    private readonly ConcurrentDictionary<JobTicket, byte> _open;
    private readonly ProgressTeller? _progress;
    private readonly Channel<Payload>? _stream;
    private readonly JobCall? _call;
    private readonly TaskCompletionSource<JobRun> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="open">Holds the ticket until it is finished, so that whoever ends the client can finish what is left.</param>
    /// <param name="progress">Null: nobody wants to know how far the job is.</param>
    /// <param name="wantsStream">Whether the reply is read from <see cref="Stream"/>.</param>
    /// <param name="call">What is measured of the job; null: nothing.</param>
    public JobTicket(ConcurrentDictionary<JobTicket, byte> open, ProgressTeller? progress, bool wantsStream = false, JobCall? call = null)
    {
        (_open, _progress, _call) = (open, progress, call);
        // Not bounded by itself: no more comes than was asked for.
        _stream = wantsStream ? Channel.CreateUnbounded<Payload>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true }) : null;
        _open.TryAdd(this, 0);
    }

    public JobId Id { get; set; }

    public JobTrace? Trace => _call?.Trace;

    public JobSteps? Steps => _call?.Steps;

    /// <summary>Its end is the job's.</summary>
    public ChannelReader<Payload> Stream => _stream!.Reader;

    public Task<JobRun> End => _end.Task;

    public void Report(Payload progress) => _progress?.Tell(progress);

    public void Take(Payload message) => _stream?.Writer.TryWrite(message);

    /// <summary>The first end counts.</summary>
    public void Finish(JobId id, JobOutcome outcome)
    {
        _progress?.Stop();
        _open.TryRemove(this, out _);
        if (_end.TrySetResult(new JobRun(id, outcome)))
        {
            _stream?.Writer.TryComplete();
            _call?.Ended(outcome);
        }
    }
}

/// <summary>A job that has ended, and how.</summary>
public sealed record JobRun(JobId Id, JobOutcome Outcome);
