using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.Worker;

/// <summary>Keeps the worker registered: shell of a <see cref="RegistrationCore"/> over an <see cref="IWorkerRegistry"/>.</summary>
/// <remarks>Tells its owner <see cref="WorkerReady"/> once and <see cref="WorkerGaveUp"/> at most once. A <see cref="GateAbility"/> says whether
/// the worker can do jobs. Answers <see cref="AnnounceDraining"/> and
/// <see cref="LeaveRegistry"/> when the registry has been told, or could not be.</remarks>
internal sealed class RegistrationActor : MachineShell<RegistrationEffect>
{
    private readonly RegistrationCore _core;
    private readonly IWorkerRegistry _registry;
    private readonly TimeSpan _ttl;
    private readonly LeaseTelemetry _telemetry;
    private readonly IActorRef _owner;
    private readonly CancellationTokenSource _stopped = new();
    private IActorRef _drainAsker = ActorRefs.Nobody;
    private IActorRef _leaveAsker = ActorRefs.Nobody;
    private string? _toldTrouble;
    private int _listenersThrown;

    public RegistrationActor(WorkerRecord worker, IWorkerRegistry registry, RegistrationSettings settings, Random random, IActorRef owner)
        : this(new RegistrationCore(worker, settings, random), registry, settings.Ttl, WorkerIds.ServiceOf(worker.Id), owner)
    {
    }

    private RegistrationActor(RegistrationCore core, IWorkerRegistry registry, TimeSpan ttl, string service, IActorRef owner)
        : base(core)
    {
        (_core, _registry, _ttl, _owner) = (core, registry, ttl, owner);
        _telemetry = new LeaseTelemetry(service, OnListenerThrew);
        Input<RegisterOutcome>();
        Input<KeepAliveOutcome>();
        Input<EntrySight>();
        Input<RegistrationInput>();
        Receive<GateAbility>(m => Step(new RegistrationInput.Ability(m.Trouble)));
        Receive<AnnounceDraining>(_ =>
        {
            _drainAsker = Sender;
            Step(new RegistrationInput.Drain());
        });
        Receive<LeaveRegistry>(_ =>
        {
            _leaveAsker = Sender;
            Step(new RegistrationInput.Leave());
        });
    }

    /// <param name="random">For the jitter between tries.</param>
    /// <param name="owner">Is told how it went.</param>
    public static Props Props(WorkerRecord worker, IWorkerRegistry registry, RegistrationSettings settings, Random random, IActorRef owner) =>
        Akka.Actor.Props.Create(() => new RegistrationActor(worker, registry, settings, random, owner));

    protected override void PreStart() => Step(new RegistrationInput.Start());

    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    protected override void Perform(RegistrationEffect effect)
    {
        switch (effect)
        {
            case RegistrationEffect.Register m:
                Ask(_registry.RegisterAsync(m.Worker, _ttl, _stopped.Token), o => o, p => new RegistrationInput.RegisterFailed(p), Refused);
                break;
            case RegistrationEffect.KeepAlive m:
                Ask(
                    _registry.KeepAliveAsync(m.LeaseId, _stopped.Token),
                    _telemetry.Renewed,
                    p => _telemetry.Renewed(new RegistrationInput.KeepAliveFailed(p)),
                    p => _telemetry.Renewed(Refused(p)));
                break;
            case RegistrationEffect.Look m:
                Ask(_registry.LookAsync(m.LeaseId, m.Worker, _stopped.Token), o => o, LookFailed);
                break;
            case RegistrationEffect.PutBack m:
                Ask(
                    _registry.PutBackAsync(m.LeaseId, m.Worker, m.Revision, _stopped.Token),
                    isWritten => new RegistrationInput.PutBack(isWritten),
                    LookFailed);
                break;
            case RegistrationEffect.Update m:
                Ask(
                    _registry.UpdateAsync(m.LeaseId, m.Worker, _stopped.Token),
                    _ => new RegistrationInput.Updated(),
                    p => new RegistrationInput.UpdateFailed(p));
                break;
            case RegistrationEffect.Deregister m:
                _registry.DeregisterAsync(m.LeaseId, _stopped.Token).PipeTo(
                    Self,
                    success: () => new RegistrationInput.Deregistered(m.LeaseId, Problem: null),
                    failure: e => new RegistrationInput.Deregistered(m.LeaseId, e.Message));
                break;
            case RegistrationEffect.DrainingAnnounced:
                _drainAsker.Tell(DrainingAnnounced.Instance);
                break;
            case RegistrationEffect.RegistryLeft:
                _leaveAsker.Tell(RegistryLeft.Instance);
                break;
            case RegistrationEffect.Ready:
                _owner.Tell(WorkerReady.Instance);
                break;
            case RegistrationEffect.Note m:
                Note(m.Text, m.IsTrouble);
                break;
            case RegistrationEffect.GiveUp m:
                _owner.Tell(new WorkerGaveUp(m.Sentence));
                break;
            default:
                throw new UnreachableException();
        }
    }

    protected override void AfterStep()
    {
        if (_core.Trouble != _toldTrouble)
        {
            _toldTrouble = _core.Trouble;
            _owner.Tell(new Unregistered(_toldTrouble));
        }
    }

    /// <summary>A registry that throws instead of answering has answered too: nothing waits for it.</summary>
    protected override void Contain(RegistrationEffect effect, Exception cause)
    {
        base.Contain(effect, cause);
        object? failed = effect switch
        {
            RegistrationEffect.Register => new RegistrationInput.RegisterFailed(cause.Message),
            RegistrationEffect.KeepAlive => _telemetry.Renewed(new RegistrationInput.KeepAliveFailed(cause.Message)),
            RegistrationEffect.Look or RegistrationEffect.PutBack => new RegistrationInput.LookFailed(cause.Message),
            RegistrationEffect.Update => new RegistrationInput.UpdateFailed(cause.Message),
            RegistrationEffect.Deregister m => new RegistrationInput.Deregistered(m.LeaseId, cause.Message),
            _ => null,
        };
        if (failed is not null)
        {
            Step(failed);
        }
    }

    /// <summary>Once is enough.</summary>
    private void OnListenerThrew(Exception cause)
    {
        if (Interlocked.Exchange(ref _listenersThrown, 1) == 0)
        {
            Log.Warning("what is measured of this worker's lease could not be told: {0}", ExceptionText.Of(cause).Details);
        }
    }

    private static RegistrationInput LookFailed(string problem) => new RegistrationInput.LookFailed(problem);

    private static RegistrationInput Refused(string problem) => new RegistrationInput.Refused(problem);

    /// <summary>Hands in how a request ended.</summary>
    /// <param name="refused">Null: as <paramref name="failed"/>.</param>
    private void Ask<T>(
        Task<T> request, Func<T, object> ended, Func<string, object> failed, Func<string, object>? refused = null) =>
        request.PipeTo(
            Self, success: ended, failure: e => e is RegistryRefusedException && refused is not null ? refused(e.Message) : failed(e.Message));
}
