using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Endpoints;
using AkkaLb.Messages;
using AkkaLb.Watching;

namespace AkkaLb.Balancing;

/// <summary>The balancer: holds for each service one policy, its state and the memory table, and answers <see cref="Assign"/> and
/// <see cref="GetBalancerState"/>.</summary>
/// <remarks>Shell of a <see cref="BalancerCore"/>. Learns from <see cref="EtcdWatcherActor"/> who is alive, and from the workers'
/// <see cref="MemoryReport"/>s how much memory they use. Independent, it stands at <c>/user/balancer</c>; in a cluster it is the singleton, hears
/// through the front of its process, and answers only while it holds the deciding lease under which it came to be.</remarks>
internal sealed class BalancerActor : MachineShell<BalancerEffect>
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = BalancerActors.Balancer;

    /// <summary>Attribute of services that the balancer does not know: clients may ask for any.</summary>
    private const string OtherService = "_OTHER";

    private readonly BalancerCore _core;
    private readonly IActorRef? _front;
    private readonly BalancerTelemetry _telemetry;
    private readonly RareLines _lines = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 10);

    /// <summary>Who asked what waits.</summary>
    private readonly Dictionary<long, Asked> _held = [];

    /// <summary>The question that is being handled; default: it is none for workers.</summary>
    private Asked _asked;
    private bool _isReportIgnored;

    /// <summary>Ejections that were told so far, by service.</summary>
    private readonly Dictionary<string, (long Enforced, long Unenforced)> _ejections = new(StringComparer.Ordinal);

    // The tables are made here: Props evaluate their arguments once, and each life of the actor begins with nobody known.
    public BalancerActor(string id, ServiceRules rules, Random random, DecidingRight right, IActorRef? front)
        : this(new BalancerCore(id, rules, random, right, Payloads.DataBytesMax(Payloads.FrameBytesMax(Context.System))), front)
    {
    }

    private BalancerActor(BalancerCore core, IActorRef? front)
        : base(core, EventJournal.Of(Context.System))
    {
        (_core, _front) = (core, front);
        _telemetry = new BalancerTelemetry(OnListenerThrew);
        Serving();
    }

    /// <summary>A balancer that decides beside others, if there are any.</summary>
    /// <param name="id">Its name in the registry, for its state only.</param>
    /// <param name="rules">How each service is balanced.</param>
    /// <param name="random">Of the policies; used by this actor alone.</param>
    public static Props Props(string id, ServiceRules rules, Random random) => Props(id, rules, random, DecidingRight.Always, null);

    /// <summary>A balancer that decides alone, as long as it has the right to.</summary>
    /// <param name="right">To decide.</param>
    /// <param name="front">Of its process; it passes on workers and reports.</param>
    /// <inheritdoc cref="Props(string, ServiceRules, Random)"/>
    public static Props Props(string id, ServiceRules rules, Random random, DecidingRight right, IActorRef? front) =>
        Akka.Actor.Props.Create(() => new BalancerActor(id, rules, random, right, front));

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        _front?.Tell(DecidingHere.Instance);
        Observed.Balancers.TryAdd(Self, 0);
    }

    protected override void PostStop()
    {
        Observed.Balancers.TryRemove(Self, out _);
        Context.System.EventStream.Unsubscribe(Self);
        base.PostStop();
    }

    /// <summary>A crash is a bug, but not one that should leave a balancer without members for ever.</summary>
    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        Context.ActorSelection($"/user/{EtcdWatcherActor.ActorName}").Tell(GetWorkers.Instance);
    }

    protected override void Perform(BalancerEffect effect)
    {
        switch (effect)
        {
            case BalancerEffect.Answer answer:
                Send(Sender, answer.Message, _asked.TakesBatches);
                if (_asked.Asker is not null)
                {
                    _telemetry.Answered(_asked.Service, answer.Message, _asked.Begun, hasWaited: false);
                }

                break;
            case BalancerEffect.Hold hold:
                _held.Add(hold.Ticket, _asked with { Asker = Sender, Client = hold.Client });
                break;
            case BalancerEffect.SayHeld say:
                Send(_held[say.Ticket].Asker!, say.Message, _held[say.Ticket].TakesBatches);
                break;
            case BalancerEffect.AnswerHeld answer:
                _held.Remove(answer.Ticket, out var held);
                Send(held.Asker!, answer.Message, held.TakesBatches);
                _telemetry.Answered(held.Service, answer.Message, held.Begun, hasWaited: true);
                break;
            case BalancerEffect.Forget forget:
                _held.Remove(forget.Ticket);
                break;
            case BalancerEffect.ReportIgnored { Report: var report } ignored:
                _isReportIgnored = true;
                _telemetry.Ignored(Named(WorkerIds.ServiceOf(report.Worker.Id)), ignored.Outcome);
                if (Log.IsDebugEnabled)
                {
                    Log.Debug("memory report {0} of {1} (incarnation {2}): {3}", report.Sequence, report.Worker.Id, report.Worker.Incarnation,
                        ignored.Outcome);
                }

                break;
            case BalancerEffect.Measured measured:
                Sender.Tell(measured.Figures);
                break;
            case BalancerEffect.Note note:
                Note(note.Text, note.Level);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void OnConnectionLost(Address address)
    {
        var clients = _held.Values.Where(held => held.Asker!.Path.Address == address).Select(held => held.Client).Distinct().ToList();
        if (clients.Count > 0)
        {
            Step(new BalancerInput.ConnectionLost(clients));
        }
    }

    /// <summary>The name of a service, as attribute: what peers write must not make a series of each of their words.</summary>
    private string Named(string service) => _core.Serves(service) ? service : OtherService;

    private void OnListenerThrew(Exception cause)
    {
        var text = ExceptionText.Of(cause);
        if (_lines.Say(text.Type, $"what is measured of this balancer could not be told: {text.Details}", Now) is { } line)
        {
            Log.Warning("{0}", line);
        }
    }

    private void OnReport(MemoryReport m)
    {
        _isReportIgnored = false;
        Step(m);
        if (BalancerTelemetry.IsDriftWanted && !_isReportIgnored && _core.DriftOf(m.Worker) is { } drift)
        {
            _telemetry.Reported(m, drift);
        }

        if (BalancerTelemetry.IsWanted && _core.ServiceOf(m.Worker.Id) is { } service)
        {
            TellEjections(service);
        }
    }

    private void TellEjections(ServiceCore service)
    {
        var now = service.Pool.Ejections;
        if (!_ejections.TryGetValue(service.Name, out var before) || before != now)
        {
            // One that went and came again begins again.
            _telemetry.Ejected(service.Name, Math.Max(0, now.Enforced - before.Enforced), Math.Max(0, now.Unenforced - before.Unenforced));
            if (_ejections.Count >= 2 * ServiceRules.CountMax)
            {
                foreach (var gone in _ejections.Keys.Where(name => !_core.Serves(name)).ToList())
                {
                    _ejections.Remove(gone);
                }
            }

            _ejections[service.Name] = now;
        }
    }

    private void Serving()
    {
        Receive<Assign>(m =>
        {
            _asked = new Asked(Sender, 0, m.TakesBatches, BalancerTelemetry.IsWanted ? Named(m.Service) : "", BalancerTelemetry.Begin());
            Step(m);
            _asked = default;
        });
        Input<Finished>();
        Receive<MemoryReport>(OnReport);
        Receive<GetFigures>(_ => Step(new BalancerInput.Measure()));
        Input<Watched<Member>.Known>();
        Input<Watched<OverrideSight>.Known>();
        Input<GetBalancerState>();
        Input<GetDecisions>();
        Input<WhoDecides>();
        Receive<WorkerUnreachable>(m => Step(new BalancerInput.Unreachable(Sender.Path.Address.ToString(), m)));
        Receive<DisassociatedEvent>(m => OnConnectionLost(m.RemoteAddress));
        Receive<AssociationErrorEvent>(m => OnConnectionLost(m.RemoteAddress));
        Receive<StopAssigning>(_ =>
        {
            Step(new BalancerInput.Stop());
            Sender.Tell(Stopped.Instance);
        });
        Receive<StopDeciding>(_ =>
        {
            // What is in the mailbox already is answered before this actor ends; its manager waits for the end and hands over.
            Step(new BalancerInput.Stop());
            Self.Tell(PoisonPill.Instance);
        });
    }

    /// <param name="Client">Whose question it is; 0: it does not wait.</param>
    /// <param name="Begun">When it came, for <see cref="BalancerTelemetry.Answered"/>.</param>
    private readonly record struct Asked(IActorRef? Asker, long Client, bool TakesBatches, string Service, long Begun);
}
