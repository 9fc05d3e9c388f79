using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Core.Clusters;
using AkkaLb.Core.Machines;
using AkkaLb.Messages;
using AkkaLb.Registry;

namespace AkkaLb.Balancer;

/// <summary>Brings this node into the cluster of balancers and keeps its entry there: shell of a <see cref="ClusterFormation"/>.</summary>
/// <remarks>Says once that the node is in, and once that it must end, through the promises it was given.</remarks>
public sealed class ClusterFormer : MachineShell<FormationEffect>
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "cluster-former";

    /// <summary>On a quiet system a watcher has proof of life every 5 s.</summary>
    private static readonly TimeSpan ProofAgeMax = TimeSpan.FromSeconds(7);

    private readonly CancellationTokenSource _stopped = new();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly IClusterRegistry _registry;
    private readonly string _policy;
    private readonly NodeLife _self;
    private readonly TaskCompletionSource _ready;
    private readonly TaskCompletionSource<string> _ended;
    private CancellationTokenRegistration _lost;

    public ClusterFormer(
        IClusterRegistry registry, string policy, FormationSettings settings, TaskCompletionSource ready, TaskCompletionSource<string> ended)
        : base(
            new ClusterFormation(LifeOf(Cluster.Get(Context.System).SelfUniqueAddress), policy, settings), EventJournal.Of(Context.System))
    {
        (_registry, _policy, _ready, _ended) = (registry, policy, ready, ended);
        _self = LifeOf(_cluster.SelfUniqueAddress);
        Forming();
    }

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
        _cluster.RegisterOnMemberUp(() => self.Tell(new FormationInput.CameUp()));
        Step(new FormationInput.Start());
    }

    protected override void PostStop()
    {
        _lost.Dispose();
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private void Forming()
    {
        Input<FormationInput>();
        Receive<ClusterSight>(m => Step(new FormationInput.Saw(m, Members())));
        Receive<Announced>(OnAnnounced);
        Receive<ThisActorSystemQuarantinedEvent>(OnQuarantined);
        Receive<WatcherState>(m =>
        {
            if (m.IsConnected && m.ProofAge < ProofAgeMax)
            {
                Step(new FormationInput.OthersReach($"the balancer at {Sender.Path.Address}"));
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

    private void OnAnnounced(Announced m)
    {
        if (m.Lost is not { } lost)
        {
            Step(new FormationInput.AnnounceRefused());
            return;
        }

        var self = Self;
        _lost.Dispose();
        _lost = lost.Register(() => self.Tell(new FormationInput.LeaseLost("its lease ran out or was revoked")));
        Step(new FormationInput.Announced());
    }

    protected override void Perform(FormationEffect effect)
    {
        switch (effect)
        {
            case FormationEffect.Look:
                Ask(_registry.ReadAsync(_stopped.Token), sight => sight, problem => new FormationInput.LookFailed(problem));
                break;
            case FormationEffect.Begin:
                AskForLock(_registry.BeginAsync(_stopped.Token));
                break;
            case FormationEffect.Renew renew:
                AskForLock(_registry.RenewAsync(renew.Seen, _stopped.Token));
                break;
            case FormationEffect.JoinSelf:
                Note("no other balancer is there: this one forms a cluster", NoteLevel.Info);
                _cluster.Join(_cluster.SelfAddress);
                break;
            case FormationEffect.Join join:
                Note($"this balancer joins the cluster of {string.Join(", ", join.Addresses)}", NoteLevel.Info);
                _cluster.JoinSeedNodes(join.Addresses.Select(Address.Parse));
                break;
            case FormationEffect.Announce announce:
                Ask(
                    _registry.AnnounceAsync(new ClusterEntry(_self, announce.Generation, _policy), announce.EndsForming, _stopped.Token),
                    lost => new Announced(lost),
                    problem => new FormationInput.AnnounceFailed(problem));
                break;
            case FormationEffect.Ready ready:
                Note($"this balancer is in the cluster of balancers, generation {ready.Generation}", NoteLevel.Info);
                _ready.TrySetResult();
                break;
            case FormationEffect.AskOthers:
                foreach (var other in _cluster.State.Members.Where(m => m.Address != _cluster.SelfAddress))
                {
                    Context.ActorSelection(new RootActorPath(other.Address) / "user" / EtcdWatcherActor.ActorName).Tell(GetWatcherState.Instance);
                }

                break;
            case FormationEffect.Note note:
                Note(note.Text, note.IsTrouble);
                break;
            case FormationEffect.End end:
                _ended.TrySetResult(end.Sentence);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private void AskForLock(Task<long?> request) => Ask(
        request,
        generation => generation is { } begun ? new FormationInput.Begun(begun) : new FormationInput.NotBegun(),
        problem => new FormationInput.BeginFailed(problem));

    private void Ask<T>(Task<T> request, Func<T, object> answered, Func<string, object> failed) =>
        request.PipeTo(Self, success: answered, failure: e => failed(e.Message));

    private HashSet<NodeLife> Members() => [.. _cluster.State.Members.Select(m => LifeOf(m.UniqueAddress))];

    private static NodeLife LifeOf(UniqueAddress node) => new(node.Address.ToString(), node.Uid);

    private sealed record Announced(CancellationToken? Lost) : INoSerializationVerificationNeeded;
}
