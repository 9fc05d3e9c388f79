using Akka.Actor;
using Akka.Event;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;

namespace AkkaLb.Balancer;

/// <summary>Keeps this balancer's own entry in etcd, so that clients and workers find it.</summary>
/// <remarks>Nothing depends on it while it cannot: who knows the balancer's address goes on using it. So it tries for ever and only logs.</remarks>
public sealed class BalancerAnnouncer : ReceiveActor, IWithTimers
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "announcer";

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopped = new();
    private readonly EtcdRegistry _registry;
    private readonly string _id;
    private readonly string _path;
    private readonly string _version;
    private readonly TimeSpan _ttl;
    private long? _leaseId;
    private bool _isRegistering;
    private bool _isTroubled;

    public BalancerAnnouncer(EtcdRegistry registry, string id, string path, string version, TimeSpan ttl)
    {
        (_registry, _id, _path, _version, _ttl) = (registry, id, path, version, ttl);
        Announcing();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="path">The balancer actor's absolute path.</param>
    /// <param name="ttl">Of the entry's lease; it is renewed three times as often.</param>
    public static Props Props(EtcdRegistry registry, string id, string path, string version, TimeSpan ttl) =>
        Akka.Actor.Props.Create(() => new BalancerAnnouncer(registry, id, path, version, ttl));

    protected override void PreStart() => Beat();

    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private void Announcing()
    {
        Receive<RegisterOutcome.Registered>(m =>
        {
            (_leaseId, _isRegistering) = (m.LeaseId, false);
            Recovered();
        });
        Receive<KeepAliveOutcome.Kept>(_ => Recovered());
        Receive<KeepAliveOutcome.LeaseLost>(_ =>
        {
            _leaseId = null;
            Beat();
        });
        Receive<Fault>(m =>
        {
            if (!_isTroubled)
            {
                _log.Warning("this balancer's entry in etcd cannot be kept, trying on: {0}", m.Problem);
            }

            (_isTroubled, _isRegistering) = (true, false);
            Later();
        });
        Receive<Due>(_ => Beat());
        Receive<Withdraw>(_ => OnWithdraw());
    }

    /// <summary>Nothing is renewed or registered any more. A registration that was under way is given back when it is known.</summary>
    private void Withdrawing(IActorRef asker)
    {
        Receive<RegisterOutcome.Registered>(m => GiveBack(m.LeaseId, asker));
        Receive<Fault>(_ => _isRegistering, _ => asker.Tell(Withdrawn.Instance));
        Receive<Withdraw>(_ => Sender.Tell(Withdrawn.Instance));
        ReceiveAny(_ => { });
    }

    private void Beat()
    {
        if (_leaseId is { } lease)
        {
            Pipe(_registry.KeepAliveAsync(lease, _stopped.Token));
        }
        else
        {
            _isRegistering = true;
            Pipe(_registry.RegisterBalancerAsync(_id, _path, _version, _ttl, _stopped.Token));
        }
    }

    private void Recovered()
    {
        if (_isTroubled)
        {
            _log.Info("this balancer's entry in etcd is kept again");
        }

        _isTroubled = false;
        Later();
    }

    private void Later() => Timers.StartSingleTimer(nameof(Due), Due.Instance, _ttl / 3);

    private void OnWithdraw()
    {
        var asker = Sender;
        Timers.CancelAll();
        if (_leaseId is { } lease)
        {
            GiveBack(lease, asker);
        }
        else if (!_isRegistering)
        {
            asker.Tell(Withdrawn.Instance);
        }

        Become(() => Withdrawing(asker));
    }

    private void GiveBack(long lease, IActorRef asker) =>
        _registry.DeregisterAsync(lease, _stopped.Token).PipeTo(asker, success: () => Withdrawn.Instance, failure: _ => Withdrawn.Instance);

    private void Pipe<T>(Task<T> request) => request.PipeTo(Self, success: outcome => outcome!, failure: e => new Fault(e.Message));

    /// <summary>From the shutdown: take the entry out; answered with <see cref="Withdrawn"/>.</summary>
    public sealed record Withdraw : INoSerializationVerificationNeeded
    {
        public static Withdraw Instance { get; } = new();
    }

    /// <summary>Answer to <see cref="Withdraw"/>, also when etcd could not be told.</summary>
    public sealed record Withdrawn : INoSerializationVerificationNeeded
    {
        public static Withdrawn Instance { get; } = new();
    }

    private sealed record Fault(string Problem) : INoSerializationVerificationNeeded;

    private sealed class Due
    {
        public static readonly Due Instance = new();
    }
}
