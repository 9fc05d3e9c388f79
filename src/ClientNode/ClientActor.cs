using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Registry;

namespace AkkaLb.ClientNode;

/// <summary>Runs a client's jobs: shell of a <see cref="ClientCore"/> and a <see cref="BalancerLink"/>, behind
/// <see cref="BalancedClient"/>.</summary>
/// <remarks>What happens to connections it hears from the event stream: <see cref="AssociatedEvent"/>, <see cref="DisassociatedEvent"/> and
/// <see cref="AssociationErrorEvent"/> name an address, <see cref="DeadLetter"/> carries what was never sent. Nobody at another node is watched:
/// Akka's death
/// watch quarantines whoever was silent for 12 s, and nobody could talk to that node until it restarts. A silent worker is asked instead; that a
/// balancer is
/// silent is told by requests without an answer.</remarks>
internal sealed class ClientActor : ReceiveActor, IWithTimers
{
    /// <summary>Time between two probes while a balancer is sought.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Bound of the references to gates that are remembered; when it is reached all are forgotten.</summary>
    private const int GatesMax = 4096;

    /// <summary>What the questions to gates begin with.</summary>
    private const string GateQuestion = "gate/";

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IBalancerDirectory _directory;
    private readonly long _clientId;
    private readonly ClientCore _client;
    private readonly BalancerLink _link;
    private readonly BalancerProbes _balancerProbes;
    private readonly Dictionary<string, IActorRef> _gates = new(StringComparer.Ordinal);
    private readonly Func<string, IActorRef> _resolveGate;
    private readonly List<TaskCompletionSource> _linkWaiters = [];
    private List<Address> _addresses = [];
    private IActorRef? _balancer;
    private int _probeEpoch;
    private IAsyncDisposable? _subscription;
    private TimeSpan? _timerDue;

    public ClientActor(
        IBalancerDirectory directory, BalancerContact contact, ClientSettings settings, Random random, Func<string, IActorRef> resolveGate)
    {
        (_directory, _resolveGate) = (directory, resolveGate);
        _balancerProbes = BalancerProbes.Of(contact, Context);
        _clientId = random.NextInt64(1, long.MaxValue);
        _client = new ClientCore(settings, _clientId, random);
        _link = new BalancerLink(ProbeInterval, 0, directory.IsInOrder ? null : random);
        Running();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The fine clock: latencies below a millisecond are measured with it.</summary>
    private static TimeSpan Now => Context.System.Scheduler.HighResMonotonicClock;

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
        _subscription = _directory.Subscribe(news => self.Tell(news));
    }

    protected override void PostStop()
    {
        _ = _subscription?.DisposeAsync().AsTask();
        _client.Close(Now);
        foreach (var effect in _client.Effects.OfType<ClientEffect.Finish>())
        {
            ((IJobTicket)effect.Ticket).Finish(effect.Id, effect.Outcome);
        }

        foreach (var waiter in _linkWaiters)
        {
            waiter.TrySetCanceled();
        }
    }

    private void Running()
    {
        Receive<JobDone>(m => FromWorker(() => _client.JobDone(m.Id, m.Attempt, m.Reply, Now)));
        Receive<Assigned>(OnAssigned);
        Receive<SubmitJob>(m => Step(() => _client.Submit(m.Ticket, m.Message, m.IsIdempotent, m.Timeout, Now)));
        Receive<SubmitAssign>(m => Step(() => _client.SubmitAssign(m.Ticket, m.Count, m.Timeout, Now)));
        Receive<AssignRejected>(OnAssignRejected);
        Receive<JobRejected>(m => FromWorker(() => _client.JobRejected(m.Id, m.Attempt, m.Reason, m.Text, m.RetryAfter, Now)));
        Receive<JobFailed>(m => FromWorker(() => _client.JobFailed(m.Id, m.Attempt, m.Reason, CauseOf(m), Now)));
        Receive<Tick>(_ => Step(() =>
        {
            _timerDue = null;
            _client.Tick(Now);
            Probe();
        }));
        Receive<DeadLetter>(OnDeadLetter);
        Receive<AssociatedEvent>(m => _client.Connected(m.RemoteAddress.ToString()));
        Receive<DisassociatedEvent>(m => OnConnectionLost(m.RemoteAddress, "the connection was lost"));
        Receive<AssociationErrorEvent>(m => OnConnectionLost(m.RemoteAddress, $"the connection failed: {Innermost(m.Cause).Message}"));
        Receive<ActorIdentity>(OnIdentity);
        Receive<BalancerNews.Known>(OnBalancersKnown);
        Receive<BalancerNews.Unreachable>(m => _log.Warning("the balancers cannot be looked up; those known stay: {0}", m.Reason));
        Receive<BalancerNews.Reachable>(_ => _log.Info("the balancers can be looked up again"));
        Receive<BalancerNews.LeftOut>(m => _log.Warning("balancer {0} is left out: {1}", m.Entry, m.Problem));
        Receive<BalancerNews.MoreLeftOut>(m => _log.Warning("... and more entries of balancers are left out: {0}", m.Count));
        Receive<BalancerNews.Failed>(m => _log.Error(
            "looking the balancers up failed; those known stay, and the look-up is tried again after a pause: {0}", m.Problem));
        Receive<WaitForLink>(m =>
        {
            if (_link.Linked is null)
            {
                _linkWaiters.RemoveAll(w => w.Task.IsCompleted); // they have stopped waiting
                _linkWaiters.Add(m.Waiter);
            }
            else
            {
                m.Waiter.TrySetResult();
            }
        });
        Receive<GetInFlight>(m => m.Answer.TrySetResult(_client.InFlight));
        Receive<StopSending>(_ => Step(() => _client.StopSending(Now)));
    }

    // ---- the balancer

    private void OnAssigned(Assigned m)
    {
        _link.Heard();
        Step(() => _client.Assigned(m.RequestId, m.Workers, m.Policy, Now));
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

    private void OnAssignRejected(AssignRejected m)
    {
        _link.Heard();
        Step(() =>
        {
            if (m.Reason == AssignRejectReason.Stopping)
            {
                LoseBalancer("it is stopping");
            }

            _client.AssignRejected(m.RequestId, m.Reason, m.Sentence, m.RetryAfter, Now);
        });
    }

    private void OnBalancersKnown(BalancerNews.Known m)
    {
        // An empty directory says less than what is known: a balancer that lost its entry may well answer.
        var known = m.Addresses.Select(a => NodeAddress.Of(Context.System, a)).ToList();
        if (known.Count > 0 && !known.SequenceEqual(_addresses))
        {
            var current = _link.Linked is { } index ? _balancerProbes.AddressOf(index, _balancer) : null;
            _addresses = known;
            var count = _balancerProbes.Use(_addresses);
            var place = current is null ? -1 : _balancerProbes.PlaceOf(current);
            _probeEpoch++;
            if (_link.Linked is not null && place < 0)
            {
                LoseBalancer("it left the registry");
            }

            _link.Replace(count, place < 0 ? null : place, Now);
        }

        Step(Probe);
    }

    private void Probe()
    {
        if (_link.Tick(Now) is { } index)
        {
            _balancerProbes.Send(index, ProbeId(index));
        }
    }

    private void OnIdentity(ActorIdentity m)
    {
        var isThere = m.Subject is { } subject && !subject.IsNobody();
        if (m.MessageId is not string id)
        {
            return;
        }

        if (id.StartsWith(GateQuestion, StringComparison.Ordinal))
        {
            if (long.TryParse(id.AsSpan(GateQuestion.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var gate))
            {
                var from = Sender.Path.Address.ToString();
                Step(() => _client.GateAnswered(gate, isThere, from, Now));
            }

            return;
        }

        if (!isThere)
        {
            return;
        }

        for (var index = 0; index < _addresses.Count; index++)
        {
            if (id == ProbeId(index) && _link.Found(index))
            {
                _balancer = m.Subject;
                _log.Info("this client uses the balancer at {0}", m.Subject.Path.Address);
                Step(() => _client.BalancerFound(Now));
                foreach (var waiter in _linkWaiters)
                {
                    waiter.TrySetResult();
                }

                _linkWaiters.Clear();
                return;
            }
        }
    }

    /// <summary>Goes over the wire and back: an answer to a probe of an earlier list of addresses is told apart by it.</summary>
    private string ProbeId(int index) => string.Create(CultureInfo.InvariantCulture, $"{_probeEpoch}/{index}");

    private void LoseBalancer(string why)
    {
        if (_link.Lost(Now))
        {
            Forget(why);
        }
    }

    /// <summary>One line now, and one when a balancer is used again; nothing between.</summary>
    private void Forget(string why)
    {
        _log.Warning("this client lost the balancer at {0}: {1}", _balancer?.Path.Address, why);
        _balancer = null;
        _probeEpoch++;
        _client.BalancerLost(Now);
    }

    // ---- connections

    private void OnDeadLetter(DeadLetter m)
    {
        if (m.Message is Job job && job.Id.Client == _clientId)
        {
            Step(() => _client.DeadLettered(job.Id, job.Attempt, Now));
        }
        else if (m.Message is Assign && m.Sender.Equals(Self))
        {
            Step(() => LoseBalancer("it cannot be reached"));
        }
    }

    private void OnConnectionLost(Address address, string seen) => Step(() =>
    {
        if (_balancer?.Path.Address == address)
        {
            LoseBalancer(seen);
        }

        _client.ConnectionLost(address.ToString(), seen, Now);
    });

    private void FromWorker(Action decide)
    {
        var gate = Sender;
        Step(() =>
        {
            if (_client.HasSilentGates)
            {
                _client.Heard(gate.Path.Address.ToString(), Now);
            }

            decide();
        });
    }

    private static string CauseOf(JobFailed m) =>
        m.ExceptionType.Length == 0 ? m.Text : m.Text.Length == 0 ? m.ExceptionType : $"{m.ExceptionType}: {m.Text}";

    // ---- effects

    private void Step(Action decide)
    {
        decide();

        // By index: losing the balancer on the way may add effects.
        for (var i = 0; i < _client.Effects.Count; i++)
        {
            Act(_client.Effects[i]);
        }

        _client.Effects.Clear();
        Schedule();
    }

    private void Act(ClientEffect effect)
    {
        switch (effect)
        {
            case ClientEffect.SendJob send:
                GateAt(send.Target).Tell(
                    new Job(send.Id, send.Attempt, send.Remaining, send.IsIdempotent, (Payload)send.Message, send.Waited));
                break;
            case ClientEffect.SendAssign ask:
                _balancer?.Tell(new Assign(ask.RequestId, ask.Count, ask.LeaveOut, null, ask.Remaining));
                break;
            case ClientEffect.AskGate ask:
                GateAt(ask.Target).Tell(new Identify(string.Create(CultureInfo.InvariantCulture, $"{GateQuestion}{ask.Gate}")));
                break;
            case ClientEffect.Finish finish:
                ((IJobTicket)finish.Ticket).Finish(finish.Id, finish.Outcome);
                break;
            case ClientEffect.TellUnreachable unreachable:
                _balancer?.Tell(new WorkerUnreachable(unreachable.Worker, unreachable.Seen));
                break;
            case ClientEffect.AssignUnanswered:
                if (_link.TimedOut(Now))
                {
                    Forget($"it left {BalancerLink.TimeoutsMax} requests unanswered");
                }

                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Schedule()
    {
        var due = _client.NextDue;
        if (_link.NextDue is { } probe && (due is null || probe < due))
        {
            due = probe;
        }

        // A timer that is early asks again; only one that would be late has to be moved.
        if (due is { } at && (_timerDue is null || at < _timerDue))
        {
            _timerDue = at;
            var delay = at - Now;
            Timers.StartSingleTimer(nameof(Tick), Tick.Instance, delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
        }
    }

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;

    // ---- private and in-process messages

    internal sealed record SubmitJob(IJobTicket Ticket, Payload Message, bool IsIdempotent, TimeSpan Timeout) : INoSerializationVerificationNeeded;

    internal sealed record SubmitAssign(IJobTicket Ticket, int Count, TimeSpan Timeout) : INoSerializationVerificationNeeded;

    internal sealed record WaitForLink(TaskCompletionSource Waiter) : INoSerializationVerificationNeeded;

    internal sealed record GetInFlight(TaskCompletionSource<IReadOnlyDictionary<WorkerKey, int>> Answer) : INoSerializationVerificationNeeded;

    internal sealed record StopSending : INoSerializationVerificationNeeded
    {
        public static StopSending Instance { get; } = new();
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
