using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Registry;

namespace AkkaLb.WorkerNode;

/// <summary>Keeps the worker registered: shell of a <see cref="RegistrationCore"/> over an <see cref="IWorkerRegistry"/>.</summary>
/// <remarks>Tells its owner <see cref="WorkerReady"/> once and <see cref="WorkerGaveUp"/> at most once. A <see cref="GateAbility"/> says whether
/// the worker can do jobs. Answers <see cref="AnnounceDraining"/> and
/// <see cref="LeaveRegistry"/> when the registry has been told, or could not be.</remarks>
public sealed class RegistrationActor : ReceiveActor, IWithTimers
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "registration";

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IWorkerRegistry _registry;
    private readonly TimeSpan _ttl;
    private readonly IActorRef _owner;
    private readonly CancellationTokenSource _stopped = new();
    private readonly RegistrationCore _registration;

    public RegistrationActor(WorkerRecord worker, IWorkerRegistry registry, RegistrationSettings settings, Random random, IActorRef owner)
    {
        (_registry, _ttl, _owner) = (registry, settings.Ttl, owner);
        _registration = new RegistrationCore(worker, settings, random);
        Registering();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <param name="random">For the jitter between tries.</param>
    /// <param name="owner">Is told how it went.</param>
    public static Props Props(WorkerRecord worker, IWorkerRegistry registry, RegistrationSettings settings, Random random, IActorRef owner) =>
        Akka.Actor.Props.Create(() => new RegistrationActor(worker, registry, settings, random, owner));

    protected override void PreStart() => Act(_registration.Start(Now));

    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private void Registering()
    {
        Receive<RegisterOutcome.Registered>(m => Act(_registration.Registered(m.LeaseId, m.Ttl, Now)));
        Receive<RegisterOutcome.IdInUse>(m => Act(_registration.IdInUse(m.HolderIncarnation, m.Ttl, Now)));
        Receive<RegisterFault>(m => Act(_registration.RegisterFailed(m.Problem, Now)));
        Receive<KeepAliveOutcome.Kept>(m => Act(_registration.Kept(m.Ttl, Now)));
        Receive<KeepAliveOutcome.LeaseLost>(_ => Act(_registration.LeaseLost(Now)));
        Receive<KeepAliveFault>(m => Act(_registration.KeepAliveFailed(m.Problem, Now)));
        Receive<EntrySight>(m => Act(_registration.Looked(m, Now)));
        Receive<PutBackEnded>(m => Act(_registration.PutBack(m.IsWritten, Now)));
        Receive<LookFault>(m => Act(_registration.LookFailed(m.Problem, Now)));
        Receive<Refused>(m => Act(_registration.Refused(m.Problem, Now)));
        Receive<Tick>(_ => Act(_registration.Tick(Now)));
        Receive<GateAbility>(m => Act(_registration.Ability(m.Trouble, Now)));
        Receive<AnnounceDraining>(_ => Act(_registration.Drain(), Sender, DrainingAnnounced.Instance));
        Receive<LeaveRegistry>(_ => Act(_registration.Leave(), Sender, RegistryLeft.Instance));
        Receive<Told>(m => OnTold(m));
    }

    private void OnTold(Told m)
    {
        m.Asker?.Tell(m.Answer);
        if (m.Answer is DrainingAnnounced)
        {
            Act(m.Problem is null ? _registration.Updated() : _registration.UpdateFailed(m.Problem));
        }
        else if (m.Problem is not null)
        {
            _log.Warning("the lease could not be given back; it will run out: {0}", m.Problem);
        }
    }

    /// <param name="asker">Gets <paramref name="answer"/> when the effects that talk to the registry are done; at once when there are none.</param>
    private void Act(IReadOnlyList<RegistrationEffect> effects, IActorRef? asker = null, object? answer = null)
    {
        var isAnswerDue = asker is not null;
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case RegistrationEffect.Register register:
                    Pipe(_registry.RegisterAsync(register.Worker, _ttl, _stopped.Token), e => new RegisterFault(e.Message));
                    break;
                case RegistrationEffect.KeepAlive keep:
                    Pipe(_registry.KeepAliveAsync(keep.LeaseId, _stopped.Token), e => new KeepAliveFault(e.Message));
                    break;
                case RegistrationEffect.Look look:
                    _registry.LookAsync(look.LeaseId, look.Worker, _stopped.Token).PipeTo(
                        Self, success: sight => sight, failure: e => new LookFault(e.Message));
                    break;
                case RegistrationEffect.PutBack put:
                    _registry.PutBackAsync(put.LeaseId, put.Worker, put.Revision, _stopped.Token)
                        .PipeTo(Self, success: isWritten => new PutBackEnded(isWritten), failure: e => new LookFault(e.Message));
                    break;
                case RegistrationEffect.Update update:
                    Tell(_registry.UpdateAsync(update.LeaseId, update.Worker, _stopped.Token), asker, answer ?? DrainingAnnounced.Instance);
                    isAnswerDue = false;
                    break;
                case RegistrationEffect.Deregister deregister:
                    Tell(_registry.DeregisterAsync(deregister.LeaseId, _stopped.Token), asker, answer ?? RegistryLeft.Instance);
                    isAnswerDue = false;
                    break;
                case RegistrationEffect.Ready:
                    _owner.Tell(WorkerReady.Instance);
                    break;
                case RegistrationEffect.Note note when note.IsTrouble:
                    _log.Warning("{0}", note.Text);
                    break;
                case RegistrationEffect.Note note:
                    _log.Info("{0}", note.Text);
                    break;
                case RegistrationEffect.GiveUp giveUp:
                    _owner.Tell(new WorkerGaveUp(giveUp.Sentence));
                    break;
                default:
                    throw new UnreachableException();
            }
        }

        if (isAnswerDue)
        {
            asker!.Tell(answer!);
        }

        Schedule();
    }

    private void Schedule()
    {
        if (_registration.NextDue is { } due)
        {
            var delay = due - Now;
            Timers.StartSingleTimer(nameof(Tick), Tick.Instance, delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
        }
        else
        {
            Timers.Cancel(nameof(Tick));
        }
    }

    private void Pipe<T>(Task<T> request, Func<Exception, object> fault) => request.PipeTo(
        Self,
        success: outcome => outcome!,
        failure: e => e is RegistryRefusedException ? new Refused(e.Message) : fault(e));

    private void Tell(Task request, IActorRef? asker, object answer) =>
        WithoutResult(request).PipeTo(Self, success: _ => new Told(asker, answer, null), failure: e => new Told(asker, answer, e.Message));

    private static async Task<bool> WithoutResult(Task request)
    {
        await request.ConfigureAwait(false);
        return true;
    }

    private sealed record RegisterFault(string Problem) : INoSerializationVerificationNeeded;

    private sealed record KeepAliveFault(string Problem) : INoSerializationVerificationNeeded;

    private sealed record LookFault(string Problem) : INoSerializationVerificationNeeded;

    private sealed record PutBackEnded(bool IsWritten) : INoSerializationVerificationNeeded;

    private sealed record Refused(string Problem) : INoSerializationVerificationNeeded;

    private sealed record Told(IActorRef? Asker, object Answer, string? Problem) : INoSerializationVerificationNeeded;

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
