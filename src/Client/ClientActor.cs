using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.Client;

/// <summary>Runs a client's jobs: shell of a <see cref="ClientCore"/>, behind <see cref="BalancedClient"/>.</summary>
/// <remarks>What happens to connections it hears from the event stream: <see cref="AssociatedEvent"/>, <see cref="DisassociatedEvent"/> and
/// <see cref="AssociationErrorEvent"/> name an address, <see cref="DeadLetter"/> carries what was never sent. Nobody at another node is watched:
/// Akka's death watch quarantines whoever was silent for 12 s, and nobody could talk to that node until it restarts. A silent worker is asked
/// instead; that a balancer is silent is told by requests without an answer.</remarks>
internal sealed class ClientActor : MachineShell<ClientEffect>
{
    /// <summary>Bound of the references to gates that are remembered; when it is reached all are forgotten.</summary>
    private const int GatesMax = 4096;

    /// <summary>What the questions to gates, and to balancers, begin with.</summary>
    private const string GateQuestion = "gate/";
    private const string BalancerQuestion = "balancer/";

    private readonly IScheduler _scheduler = Context.System.Scheduler;
    private readonly IBalancerDirectory _directory;
    private readonly ClientCore _client;
    private readonly BalancerProbes _balancerProbes;
    private readonly Dictionary<string, IActorRef> _gates = new(StringComparer.Ordinal);
    private readonly Func<string, IActorRef> _resolveGate;
    private readonly List<TaskCompletionSource> _linkWaiters = [];
    private readonly JobTelemetry.CountByService.Part _unused = new(ClientTelemetry.UnusedPicks);
    private IActorRef _answered = ActorRefs.Nobody;
    private IActorRef _balancer = ActorRefs.Nobody;
    private bool _balancerTakesBatches;
    private IAsyncDisposable? _subscription;

    public ClientActor(
        IBalancerDirectory directory, BalancerContact contact, ClientSettings settings, Random random, Func<string, IActorRef> resolveGate)
        : this(
            directory, contact, new ClientCore(settings, random.NextInt64(1, long.MaxValue), directory.IsInOrder, random), resolveGate)
    {
    }

    private ClientActor(IBalancerDirectory directory, BalancerContact contact, ClientCore client, Func<string, IActorRef> resolveGate)
        : base(client)
    {
        (_directory, _client, _resolveGate) = (directory, client, resolveGate);
        _balancerProbes = BalancerProbes.Of(contact, Context);
        Receive<JobDone>(FromWorker);
        Receive<ReplyPiece>(FromWorker);
        Receive<Assigned>(OnAssigned);
        Receive<Submit>(m =>
        {
            Step(m.Job);
            m.Ticket.Id = _client.LastJob;
        });
        Receive<Cancel>(m => Step(new ClientInput.Cancel(m.Ticket.Id)));
        Receive<Used>(m => Step(new ClientInput.Used(m.Ticket.Id, m.Cost)));
        Receive<AssignRejected>(OnNoAssignment);
        Receive<AssignHeld>(OnNoAssignment);
        Receive<JobRejected>(FromWorker);
        Receive<JobFailed>(FromWorker);
        Receive<JobProgress>(FromWorker);
        Receive<DeadLetter>(OnDeadLetter);
        Receive<AssociatedEvent>(m => Step(new ClientInput.Connected(m.RemoteAddress.ToString())));
        Receive<DisassociatedEvent>(m => Step(new ClientInput.ConnectionLost(m.RemoteAddress.ToString(), "the connection was lost")));
        Receive<AssociationErrorEvent>(m => Step(
            new ClientInput.ConnectionLost(m.RemoteAddress.ToString(), $"the connection failed: {Innermost(m.Cause).Message}")));
        Receive<ActorIdentity>(OnIdentity);
        Receive<BalancersTold>(OnBalancersTold);
        Receive<WaitForLink>(OnWaitForLink);
        Receive<GetInFlight>(m => m.Answer.TrySetResult(_client.InFlight));
        Receive<StopSending>(_ => Step(new ClientInput.StopSending()));
    }

    /// <summary>The fine clock: latencies below a millisecond are measured with it.</summary>
    protected override TimeSpan Now => _scheduler.HighResMonotonicClock;

    /// <param name="random">Draws the client's id and its jitter; used by this actor alone.</param>
    /// <param name="resolveGate">Makes a reference of a gate's path.</param>
    public static Props Props(
        IBalancerDirectory directory, BalancerContact contact, ClientSettings settings, Random random, Func<string, IActorRef> resolveGate) =>
        Akka.Actor.Props.Create(() => new ClientActor(directory, contact, settings, random, resolveGate));

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
        Context.System.EventStream.Subscribe(Self, typeof(AssociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        var self = Self;
        _subscription = _directory.Subscribe(news => self.Tell(new BalancersTold(news)));
    }

    protected override void PostStop()
    {
        _ = _subscription?.DisposeAsync().AsTask();
        try
        {
            Step(new ClientInput.Close());
        }
        finally
        {
            _unused.Tell([]);
            foreach (var waiter in _linkWaiters)
            {
                waiter.TrySetCanceled();
            }
        }
    }

    protected override void Perform(ClientEffect effect)
    {
        switch (effect)
        {
            case ClientEffect.Attempt attempt:
                Send(GateAt(attempt.Worker), ((IJobTicket)attempt.Ticket).Steps!.Sent(attempt), attempt.Worker.TakesBatches);
                break;
            case ClientEffect.Moment moment:
                ((IJobTicket)moment.Ticket).Steps!.Tell(moment.What, moment.Error);
                break;
            case ClientEffect.ToGate send:
                Send(GateAt(send.Worker), send.Job, send.Worker.TakesBatches);
                break;
            case ClientEffect.TellGate tell:
                Send(GateAt(tell.Worker), tell.Message, tell.Worker.TakesBatches);
                break;
            case ClientEffect.StreamItem item:
                ((IJobTicket)item.Ticket).Take(item.Message);
                break;
            case ClientEffect.ToBalancer tell:
                Send(_balancer, tell.Message, _balancerTakesBatches);
                break;
            case ClientEffect.Progress progress:
                ((IJobTicket)progress.Ticket).Report(progress.Message);
                break;
            case ClientEffect.Finish finish:
                ((IJobTicket)finish.Ticket).Finish(finish.Id, finish.Outcome);
                break;
            case ClientEffect.AskGate ask:
                SendAlone(GateAt(ask.Worker), new Identify(Question(GateQuestion, ask.Number)));
                break;
            case ClientEffect.Probe probe:
                _balancerProbes.Send(Address.Parse(probe.Address), Question(BalancerQuestion, probe.Number));
                break;
            case ClientEffect.BalancerFound:
                _balancer = _answered;
                _balancerTakesBatches = false;
                _linkWaiters.ForEach(waiter => waiter.TrySetResult());
                _linkWaiters.Clear();
                break;
            case ClientEffect.Note note:
                Note(note.Text, note.IsTrouble);
                break;
            default:
                throw new UnreachableException();
        }
    }

    protected override void AfterStep()
    {
        if (ClientTelemetry.UnusedPicks.IsWanted || _unused.HasSome)
        {
            _unused.Tell(_client.UnusedPicks);
        }
    }

    /// <summary>A balancer names the same few workers in every answer.</summary>
    private IActorRef GateAt(AssignedWorker worker)
    {
        if (_gates.TryGetValue(worker.Gate, out var known))
        {
            return known;
        }

        if (_gates.Count >= GatesMax)
        {
            _gates.Clear();
        }

        return _gates[worker.Gate] = _resolveGate(worker.Gate);
    }

    /// <summary>Where a balancer of another process decides, nothing is known of the one that passes the questions on.</summary>
    private void OnAssigned(Assigned m)
    {
        _balancerTakesBatches = m.TakesBatches && IsBalancers(Sender);
        Step(m);
    }

    private void OnNoAssignment(IAkkaLbMessage m)
    {
        _balancerTakesBatches &= IsBalancers(Sender);
        Step(m);
    }

    private bool IsBalancers(IActorRef sender) => sender.Path.Address.Equals(_balancer.Path.Address);

    private void FromWorker(IAkkaLbMessage m)
    {
        if (_client.HasSilentGates)
        {
            Step(new ClientInput.Heard(AddressOf(Sender)));
        }

        Step(m);
    }

    /// <summary>Those of other actors come by too. A job says itself whose it is.</summary>
    private void OnDeadLetter(DeadLetter m)
    {
        foreach (var message in Batch.MessagesIn(m.Message))
        {
            if (message is Job || (message is Assign or Finished && m.Sender.Equals(Self)))
            {
                Step(new ClientInput.Undelivered(message));
            }
        }
    }

    private void OnBalancersTold(BalancersTold m)
    {
        Log.Tell(m.News);
        if (m.News is Watched<Address>.Known known)
        {
            var addresses = known.All.Select(a => NodeAddress.Of(Context.System, a)).ToList();
            _balancerProbes.Use(addresses);
            Step(new ClientInput.BalancersKnown([.. addresses.Select(a => a.ToString())]));
        }
    }

    private void OnIdentity(ActorIdentity m)
    {
        var subject = m.Subject is { } answered && !answered.IsNobody() ? answered : null;
        if (NumberIn(m.MessageId, GateQuestion) is { } gate)
        {
            Step(new ClientInput.GateAnswered(gate, subject is not null, AddressOf(Sender)));
        }
        else if (subject is not null && NumberIn(m.MessageId, BalancerQuestion) is { } probe)
        {
            _answered = subject;
            Step(new ClientInput.BalancerAnswered(probe, AddressOf(subject)));
        }
    }

    private void OnWaitForLink(WaitForLink m)
    {
        if (_client.Balancer is not null)
        {
            m.Waiter.TrySetResult();
            return;
        }

        _linkWaiters.RemoveAll(w => w.Task.IsCompleted); // they have stopped waiting
        _linkWaiters.Add(m.Waiter);
    }

    /// <summary>One in this very process has a path without host and port; directory and registry name both.</summary>
    private static string AddressOf(IActorRef other) => NodeAddress.Of(Context.System, other.Path.Address).ToString();

    /// <summary>Goes over the wire and comes back with the answer.</summary>
    private static string Question(string kind, long number) => string.Create(CultureInfo.InvariantCulture, $"{kind}{number}");

    private static long? NumberIn(object question, string kind) =>
        question is string text && text.StartsWith(kind, StringComparison.Ordinal)
            && long.TryParse(text.AsSpan(kind.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;

    // ---- in-process messages

    /// <param name="Job">A job, or a wish for workers, with the same ticket.</param>
    internal sealed record Submit(IJobTicket Ticket, ClientInput Job) : INoSerializationVerificationNeeded;

    /// <summary>Comes after the ticket's job.</summary>
    internal sealed record Cancel(IJobTicket Ticket) : INoSerializationVerificationNeeded;

    /// <summary>Comes after the ticket's job.</summary>
    /// <param name="Cost">See <see cref="ClientInput.Used"/>.</param>
    internal sealed record Used(IJobTicket Ticket, long Cost) : INoSerializationVerificationNeeded;

    internal sealed record WaitForLink(TaskCompletionSource Waiter) : INoSerializationVerificationNeeded;

    internal sealed record GetInFlight(TaskCompletionSource<IReadOnlyDictionary<WorkerKey, int>> Answer) : INoSerializationVerificationNeeded;

    internal sealed record StopSending : INoSerializationVerificationNeeded
    {
        public static StopSending Instance { get; } = new();
    }
}
