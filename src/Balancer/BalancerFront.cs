using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clusters;

namespace AkkaLb.Balancer;

/// <summary>Stands at <c>/user/balancer</c> on every node of a cluster of balancers and passes questions on to the one that decides.</summary>
/// <remarks>
/// The singleton proxy finds that one, but drops what comes while nobody is found, and knows nothing of one that is frozen. So the front asks through
/// the proxy, at an interval, who decides, and as long as nobody has answered lately it rejects at once. Answers go straight to whoever asked.
/// The deciding balancer of its own process hears through it of workers and memory reports.
/// </remarks>
public sealed class BalancerFront : ReceiveActor, IWithTimers
{
    /// <summary>Time between two questions who decides.</summary>
    public static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>How long an answer is believed.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromMilliseconds(1500);

    private const string NobodyDecides = "no balancer of the cluster decides at the moment: one is about to take over, or etcd cannot be reached";

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly DecidingLink _link = new(SilenceMax);
    private readonly string _id;
    private readonly string _policy;
    private readonly IActorRef _proxy;
    private readonly Action<IActorRef> _register;
    private IActorRef? _local;
    private string _decider = "";
    private bool _isStopping;

    public BalancerFront(string id, string policy, IActorRef proxy, Action<IActorRef> register)
    {
        (_id, _policy, _proxy, _register) = (id, policy, proxy, register);
        Serving();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <param name="id">The balancer's name in the registry, for its state only.</param>
    /// <param name="policy">Its policy, for its state only.</param>
    /// <param name="proxy">Knows where the singleton is; must not keep messages back.</param>
    /// <param name="register">Makes a deciding balancer of this process known to cluster clients.</param>
    public static Props Props(string id, string policy, IActorRef proxy, Action<IActorRef> register) =>
        Akka.Actor.Props.Create(() => new BalancerFront(id, policy, proxy, register));

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(AskWho), AskWho.Instance, TimeSpan.Zero, AskEvery);

    private void Serving()
    {
        Receive<Assign>(OnAssign);
        Receive<MemoryReport>(m => _local?.Forward(m));
        Receive<WorkerUnreachable>(m => (_local ?? _proxy).Forward(m));
        Receive<WorkersSnapshot>(m => _local?.Forward(m));
        Receive<WorkersChanged>(m => _local?.Forward(m));
        Receive<AskWho>(_ => OnAskWho());
        Receive<Decides>(m =>
        {
            if (_link.Heard(m.Term, Now))
            {
                _decider = WhereIs(Sender);
                _log.Info("{0} decides, term {1}", _decider, m.Term);
            }
        });
        Receive<DecidingHere>(_ => OnDecidingHere());
        Receive<Terminated>(m =>
        {
            if (m.ActorRef.Equals(_local))
            {
                _local = null;
                _link.Lost();
                _log.Info("this balancer no longer decides");
            }
        });
        Receive<GetBalancerState>(OnGetState);
        Receive<StopAssigning>(_ =>
        {
            _isStopping = true;
            Sender.Tell(Stopped.Instance);
        });
    }

    private void OnAskWho()
    {
        _proxy.Tell(WhoDecides.Instance);
        if (!_isStopping && _link.Missed(Now) is { } missed)
        {
            _log.Warning(
                "no balancer of the cluster has decided for {0:0} s: none of them reaches etcd, or somebody else holds the lease that says who "
                    + "decides", missed.TotalSeconds);
        }
    }

    private void OnAssign(Assign m)
    {
        if (_isStopping)
        {
            Sender.Tell(new AssignRejected(
                m.RequestId, AssignRejectReason.Stopping, "the balancer is shutting down", TimeSpan.FromMilliseconds(500)));
        }
        else if (_local is { } local)
        {
            local.Forward(m);
        }
        else if (_link.IsKnown(Now))
        {
            _proxy.Forward(m);
        }
        else
        {
            Sender.Tell(new AssignRejected(m.RequestId, AssignRejectReason.NotReady, NobodyDecides, DecidingRight.RetryAfter));
        }
    }

    private void OnDecidingHere()
    {
        _local = Sender;
        Context.Watch(Sender);
        _register(Sender);

        // The answer comes here and is passed on, like every change behind it: nothing is missed or overtaken.
        Context.ActorSelection($"/user/{EtcdWatcherActor.ActorName}").Tell(GetWorkersSnapshot.Instance);
    }

    /// <summary>Of a balancer that stands by; who wants to know of the workers asks the deciding one.</summary>
    private void OnGetState(GetBalancerState m)
    {
        if (_local is { } local)
        {
            local.Forward(m);
            return;
        }

        var rejection = _link.IsKnown(Now) ? $"stands by: {_decider} decides" : NobodyDecides;
        Sender.Tell(new BalancerState(_id, _policy, rejection, 0, 0, m.From, []));
    }

    private static string WhereIs(IActorRef balancer) =>
        balancer.Path.Address.HasLocalScope ? "this balancer" : $"the balancer at {balancer.Path.Address}";

    private sealed class AskWho : INoSerializationVerificationNeeded
    {
        public static readonly AskWho Instance = new();
    }
}
