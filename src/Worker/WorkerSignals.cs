using Akka.Actor;

namespace AkkaLb.Worker;

/// <summary>What the gate and the registration tell the program, as tasks.</summary>
internal sealed class WorkerSignals
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _able = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _gaveUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _trouble;
    private volatile string? _unregistered;

    public bool WasReady => _ready.Task.IsCompleted;

    /// <summary>Completes when it is registered for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes, with the reason, when the worker cannot be registered, or not any more.</summary>
    public Task<string> GaveUp => _gaveUp.Task;

    /// <summary>Why the worker cannot do jobs, as the gate told last; null: it can, or nothing has been told.</summary>
    public string? Trouble => _trouble;

    /// <summary>Why the worker is not registered any more, as the registration told last; null: it is, or has not been yet.</summary>
    public string? Unregistered => _unregistered;

    public static Props Actor(WorkerSignals signals) => Props.Create(() => new Listener(signals));

    /// <summary>Waits until one instance has been built.</summary>
    /// <returns>False when none was within <paramref name="wait"/>, or when told to stop first.</returns>
    public async Task<bool> AbleAsync(TimeSpan wait, CancellationToken stopping)
    {
        try
        {
            await _able.Task.WaitAsync(wait, TimeProvider.System, stopping).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>To the actor: tell this registration of the gate's ability, as it is and whenever it changes.</summary>
    public sealed record Follow(IActorRef Registration) : INoSerializationVerificationNeeded;

    private sealed class Listener : ReceiveActor
    {
        private GateAbility _ability = new(Trouble: null);
        private IActorRef _registration = ActorRefs.Nobody;

        public Listener(WorkerSignals signals)
        {
            Receive<GateAbility>(m =>
            {
                (_ability, signals._trouble) = (m, m.Trouble);
                _registration.Tell(m);
                if (m.Trouble is null)
                {
                    signals._able.TrySetResult();
                }
            });
            Receive<Follow>(m =>
            {
                _registration = m.Registration;
                _registration.Tell(_ability);
            });
            Receive<WorkerReady>(_ => signals._ready.TrySetResult());
            Receive<Unregistered>(m => signals._unregistered = m.Trouble);
            Receive<WorkerGaveUp>(m => signals._gaveUp.TrySetResult(m.Sentence));
        }
    }
}
