using Akka.Actor;

namespace AkkaLb.WorkerNode;

/// <summary>What the registration tells the program, as tasks.</summary>
internal sealed class WorkerSignals
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "signals";

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _gaveUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasEnded;

    public bool WasReady => _ready.Task.IsCompleted;

    /// <summary>Told to stop, or gave up.</summary>
    public bool HasEnded => _hasEnded || _gaveUp.Task.IsCompleted;

    /// <summary>Why the worker cannot be registered; null while it can.</summary>
    public string? GaveUp => _gaveUp.Task.IsCompletedSuccessfully ? _gaveUp.Task.GetAwaiter().GetResult() : null;

    public static Props Actor(WorkerSignals signals) => Props.Create(() => new Listener(signals));

    public async Task ReadyOrEndAsync(CancellationToken stopping) => await AnyAsync(stopping, _ready.Task, _gaveUp.Task).ConfigureAwait(false);

    public async Task EndAsync(CancellationToken stopping) => await AnyAsync(stopping, _gaveUp.Task).ConfigureAwait(false);

    private async Task AnyAsync(CancellationToken stopping, params Task[] tasks)
    {
        try
        {
            await Task.WhenAny(tasks).WaitAsync(stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _hasEnded = true;
        }
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(WorkerSignals signals)
        {
            Receive<WorkerReady>(_ => signals._ready.TrySetResult());
            Receive<WorkerGaveUp>(m => signals._gaveUp.TrySetResult(m.Sentence));
        }
    }
}
