using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using AkkaLb.Core;
using AkkaLb.Core.Clusters;
using AkkaLb.Registry;

namespace AkkaLb.Balancer;

/// <summary>Brings this node into the cluster of balancers and keeps its entry there: shell of a <see cref="ClusterFormation"/>.</summary>
/// <remarks>Says once that the node is in, and once that it must end, through the promises it was given.</remarks>
public sealed class ClusterFormer : ReceiveActor, IWithTimers
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "cluster-former";

    /// <summary>On a quiet system a watcher has proof of life every 5 s.</summary>
    private static readonly TimeSpan ProofAgeMax = TimeSpan.FromSeconds(7);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly IClusterRegistry _registry;
    private readonly string _policy;
    private readonly NodeLife _self;
    private readonly ClusterFormation _formation;
    private readonly TaskCompletionSource _ready;
    private readonly TaskCompletionSource<string> _ended;
    private CancellationTokenRegistration _lost;
    private bool _isAsking;
    private bool _isLookDue;

    public ClusterFormer(
        IClusterRegistry registry, string policy, FormationSettings settings, TaskCompletionSource ready, TaskCompletionSource<string> ended)
    {
        (_registry, _policy, _ready, _ended) = (registry, policy, ready, ended);
        _self = LifeOf(_cluster.SelfUniqueAddress);
        _formation = new ClusterFormation(_self, policy, settings);
        Forming();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <param name="registry">Used by this actor alone.</param>
    /// <param name="ready">Completed when the node is in the cluster and can be found.</param>
    /// <param name="ended">Completed with a sentence when the node must end.</param>
    public static Props Props(
        IClusterRegistry registry, string policy, FormationSettings settings, TaskCompletionSource ready, TaskCompletionSource<string> ended) =>
        Akka.Actor.Props.Create(() => new ClusterFormer(registry, policy, settings, ready, ended));

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        var self = Self;
        _cluster.RegisterOnMemberUp(() => self.Tell(CameUp.Instance));
        Act(_formation.Start(Now));
    }

    protected override void PostStop()
    {
        _lost.Dispose();
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private void Forming()
    {
        Receive<Due>(_ =>
        {
            _isLookDue = true;
            LookIfDue();
        });
        Receive<ClusterSight>(m => Answered(() => _formation.Saw(m, Members(), Now)));
        Receive<LookFailed>(m => Answered(() => _formation.LookFailed(m.Problem, Now)));
        Receive<Begun>(m => Answered(() => m.Generation is { } generation ? _formation.Begun(generation) : _formation.NotBegun()));
        Receive<BeginFailed>(m => Answered(() => _formation.BeginFailed(m.Problem)));
        Receive<Announced>(m => Answered(() => OnAnnounced(m)));
        Receive<AnnounceFailed>(m => Answered(() => _formation.AnnounceFailed(m.Problem, Now)));
        Receive<CameUp>(_ => Act(_formation.CameUp()));
        Receive<LeaseLost>(_ => Act(_formation.LeaseLost("its lease ran out or was revoked")));
        Receive<ThisActorSystemQuarantinedEvent>(OnQuarantined);
        Receive<WatcherState>(m =>
        {
            if (m.IsConnected && m.ProofAge < ProofAgeMax)
            {
                Act(_formation.OthersReach($"the balancer at {Sender.Path.Address}", Now));
            }
        });
    }

    /// <summary>Members have removed this node while it was frozen or cut off, and will not speak to it again.</summary>
    private void OnQuarantined(ThisActorSystemQuarantinedEvent m)
    {
        if (_cluster.State.Members.Any(member => member.Address == m.RemoteAddress))
        {
            _ended.TrySetResult($"the balancer at {m.RemoteAddress} has removed this one from the cluster while it was frozen or cut off: start it "
                + $"again");
        }
    }

    private IReadOnlyList<FormationEffect> OnAnnounced(Announced m)
    {
        if (m.Lost is not { } lost)
        {
            return _formation.AnnounceRefused(Now);
        }

        var self = Self;
        _lost.Dispose();
        _lost = lost.Register(() => self.Tell(LeaseLost.Instance));
        return _formation.Announced();
    }

    private void Answered(Func<IReadOnlyList<FormationEffect>> decide)
    {
        _isAsking = false;
        Act(decide());
        LookIfDue();
    }

    private void Act(IReadOnlyList<FormationEffect> effects)
    {
        foreach (var effect in effects)
        {
            Act(effect);
        }
    }

    private void Act(FormationEffect effect)
    {
        switch (effect)
        {
            case FormationEffect.Look look:
                Timers.StartSingleTimer(nameof(Due), Due.Instance, look.After);
                break;
            case FormationEffect.Begin:
                Ask(_registry.BeginAsync(_stopped.Token), generation => new Begun(generation), problem => new BeginFailed(problem));
                break;
            case FormationEffect.Renew renew:
                Ask(_registry.RenewAsync(renew.Seen, _stopped.Token), generation => new Begun(generation), problem => new BeginFailed(problem));
                break;
            case FormationEffect.JoinSelf:
                _log.Info("no other balancer is there: this one forms a cluster");
                _cluster.Join(_cluster.SelfAddress);
                break;
            case FormationEffect.Join join:
                _log.Info("this balancer joins the cluster of {0}", string.Join(", ", join.Addresses));
                _cluster.JoinSeedNodes(join.Addresses.Select(Address.Parse));
                break;
            case FormationEffect.Announce announce:
                Ask(
                    _registry.AnnounceAsync(new ClusterEntry(_self, announce.Generation, _policy), announce.EndsForming, _stopped.Token),
                    lost => new Announced(lost),
                    problem => new AnnounceFailed(problem));
                break;
            case FormationEffect.Ready ready:
                _log.Info("this balancer is in the cluster of balancers, generation {0}", ready.Generation);
                _ready.TrySetResult();
                break;
            case FormationEffect.AskOthers:
                foreach (var other in _cluster.State.Members.Where(m => m.Address != _cluster.SelfAddress))
                {
                    Context.ActorSelection(new RootActorPath(other.Address) / "user" / EtcdWatcherActor.ActorName).Tell(GetWatcherState.Instance);
                }

                break;
            case FormationEffect.Note note:
                _log.Log(note.IsTrouble ? LogLevel.WarningLevel : LogLevel.InfoLevel, null, "{0}", note.Text);
                break;
            case FormationEffect.End end:
                _ended.TrySetResult(end.Sentence);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>The registry serves one caller at a time: a look waits for the request that is under way.</summary>
    private void LookIfDue()
    {
        if (_isLookDue && !_isAsking)
        {
            _isLookDue = false;
            Ask(_registry.ReadAsync(_stopped.Token), sight => sight, problem => new LookFailed(problem));
        }
    }

    private void Ask<T>(Task<T> request, Func<T, object> answered, Func<string, object> failed)
    {
        _isAsking = true;
        request.PipeTo(Self, success: answered, failure: e => failed(e.Message));
    }

    private HashSet<NodeLife> Members() => [.. _cluster.State.Members.Select(m => LifeOf(m.UniqueAddress))];

    private static NodeLife LifeOf(UniqueAddress node) => new(node.Address.ToString(), node.Uid);

    private sealed record LookFailed(string Problem) : INoSerializationVerificationNeeded;

    private sealed record Begun(long? Generation) : INoSerializationVerificationNeeded;

    private sealed record BeginFailed(string Problem) : INoSerializationVerificationNeeded;

    private sealed record Announced(CancellationToken? Lost) : INoSerializationVerificationNeeded;

    private sealed record AnnounceFailed(string Problem) : INoSerializationVerificationNeeded;

    private sealed class CameUp
    {
        public static readonly CameUp Instance = new();
    }

    private sealed class LeaseLost
    {
        public static readonly LeaseLost Instance = new();
    }

    private sealed class Due
    {
        public static readonly Due Instance = new();
    }
}
