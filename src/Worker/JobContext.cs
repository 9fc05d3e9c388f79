using System.Diagnostics;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Worker;

/// <summary>What an actor may know of the job that it does: get it with <see cref="Of"/> where the message is handled, and keep it for as long as
/// the job takes, also behind an <c>await</c>. Thread-safe.</summary>
/// <remarks>An actor that does not ask for it is none the worse: it gets a message and replies to its sender.</remarks>
public sealed class JobContext
{
    private readonly CancellationTokenSource _cancelling = new();
    private readonly ExtendedActorSystem _system;
    private readonly Job _job;
    private readonly TimeSpan _arrivedAt;
    private readonly ActivityContext? _span;
    private readonly IActorRef _gate;
    private readonly long _token;
    private object? _progress;
    private Task? _told;

    /// <param name="arrivedAt">On the clock of the system's scheduler.</param>
    /// <param name="span">Of the job at this worker; null: there is none.</param>
    /// <param name="gate">It is told that there is progress to take, and what a callback on the token has thrown.</param>
    /// <param name="token">The gate's name for the job.</param>
    internal JobContext(ExtendedActorSystem system, Job job, TimeSpan arrivedAt, ActivityContext? span, IActorRef gate, long token)
    {
        (_system, _job, _arrivedAt, _span, _gate, _token) = (system, job, arrivedAt, span, gate, token);
        CancellationToken = _cancelling.Token;
    }

    internal Job Job => _job;

    /// <summary>The same in each of its attempts, and of no other job.</summary>
    public JobId Id => _job.Id;

    /// <summary>1 when the job is sent for the first time. More than one of them may run, if the job may run twice.</summary>
    public int Attempt => _job.Attempt;

    /// <summary>Whether it may run twice: see <c>JobOptions.IsIdempotent</c> of the client.</summary>
    public bool IsIdempotent => _job.Idempotent;

    /// <summary>Until its deadline, when it fails and this instance of the actor is replaced. Zero or more.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var left = _job.Remaining - (_system.Scheduler.HighResMonotonicClock - _arrivedAt);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>The trace that the job belongs to: give it as the parent to spans of yours. Default: it belongs to none.</summary>
    public ActivityContext TraceContext => _span ?? JobTelemetry.ContextOf(_job.Trace);

    /// <summary>It is cancelled when nobody waits for the job's result any more: its caller has cancelled it, its deadline has passed, the time to
    /// drain is over, or its actor crashed. Not when the actor has replied, but for a <see cref="ReplyStream"/> whose rest nobody wants.</summary>
    /// <remarks>Callbacks run on the thread pool, and are to be short. What they throw is logged, and no more than once a minute. The token is of no
    /// use when the job has its answer.</remarks>
    public CancellationToken CancellationToken { get; }

    /// <summary>The job whose message is handled.</summary>
    /// <param name="sender">The actor's <c>Sender</c>.</param>
    /// <returns>Null: the message was not sent by the gate of a worker, but by another actor, or by a test.</returns>
    public static JobContext? Of(IActorRef? sender) => (sender as JobReply)?.Context;

    /// <summary>Whether the client wants to know how far the job is.</summary>
    public bool WantsProgress => _job.WantsProgress;

    /// <summary>Tells the client how far the job is. Best effort, at most 10 times a second: of more the newest goes, and none that has not gone when
    /// the actor replies. Without <see cref="WantsProgress"/> it does nothing.</summary>
    /// <param name="progress">A message as a reply is one: of a listed type, and not larger. One that cannot be sent is logged. It is read
    /// later.</param>
    public void Report(object progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        if (WantsProgress && Interlocked.Exchange(ref _progress, progress) is null)
        {
            _gate.Tell(new WorkerGate.ProgressCame(_token), ActorRefs.NoSender);
        }
    }

    /// <summary>The newest progress that was not taken; null: there is none. The gate alone calls it.</summary>
    internal object? TakeProgress() => Interlocked.Exchange(ref _progress, null);

    /// <summary>The gate alone calls it.</summary>
    internal void Cancel() => _told ??= _cancelling.CancelAsync();

    /// <summary>The job has its answer. The gate alone calls it.</summary>
    /// <param name="isGivenUp">It is not the actor's.</param>
    internal void End(bool isGivenUp)
    {
        if (isGivenUp)
        {
            Cancel();
        }

        if (_told is null)
        {
            _cancelling.Dispose();
            return;
        }

        _ = _told.ContinueWith(
            told =>
            {
                _cancelling.Dispose();
                if (told.Exception?.Flatten().InnerException is { } cause)
                {
                    _gate.Tell(new WorkerGate.CallbackThrew(Id, cause), ActorRefs.NoSender);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }
}
