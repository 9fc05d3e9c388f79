using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Endpoints;
using AkkaLb.Core;
using AkkaLb.Core.Leases;
using AkkaLb.Messages;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Embedded;

/// <summary>The registry in the balancer's process, at <see cref="Path"/>: shell of a <see cref="LeaseTable"/>.</summary>
/// <remarks>Answers <see cref="Register"/>, <see cref="KeepAlive"/>, <see cref="UpdateRegistration"/> and <see cref="Deregister"/> from workers, and
/// <see cref="WatchRegistry"/> from this process. Everything is forgotten when the process ends.</remarks>
public sealed class EmbeddedRegistryActor : MachineShell<RegistryEffect>
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "akkalb-registry";

    private readonly LeaseTable _leases;
    private readonly HashSet<IActorRef> _watchers = [];
    private readonly string? _protocol = NodeAddress.RemoteProtocolOf(Context.System);
    private readonly RareLines _refusals = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 100);

    public EmbeddedRegistryActor(Func<long> drawLeaseId)
        : this(new LeaseTable(drawLeaseId))
    {
    }

    private EmbeddedRegistryActor(LeaseTable leases)
        : base(leases, EventJournal.Of(Context.System))
    {
        _leases = leases;
        Receive<Register>(m => !IsUsable(m.Worker.Path), m => Refuse(m.Worker, new RegisterRefused(0, "the balancer reaches no worker by its path")));
        Receive<UpdateRegistration>(m => !IsUsable(m.Worker.Path), m => Refuse(m.Worker, new RegistrationUpdated(m.LeaseId, false)));
        Input<Register>();
        Input<KeepAlive>();
        Input<UpdateRegistration>();
        Input<Deregister>();
        Receive<WatchRegistry>(OnWatch);
        Receive<Terminated>(m => _watchers.Remove(m.ActorRef));
    }

    public static string Path => $"/user/{ActorName}";

    public static Props Props() => Akka.Actor.Props.Create(() => new EmbeddedRegistryActor(LeaseIds.Draw));

    protected override void Perform(RegistryEffect effect)
    {
        switch (effect)
        {
            case RegistryEffect.Answer m:
                Sender.Tell(m.Message);
                break;
            case RegistryEffect.Tell { Known: var m }:
                Log.Debug("revision {0}: {1} changes, {2} members", m.Revision, m.Changes!.Count, m.All.Count);
                Tell(m);
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>After a crash this actor has forgotten who watches: they have to come again.</summary>
    protected override void PostStop() => Tell(WatchOver.Instance);

    /// <summary>A path that makes no reference must not get to a balancer and its clients.</summary>
    private bool IsUsable(string path) =>
        SerializedActorPath.IsWorker(path) && (_protocol is null || path.StartsWith(_protocol + "://", StringComparison.Ordinal));

    private void Refuse(WorkerRecord worker, IAkkaLbMessage answer)
    {
        var (id, path) = (OneLine.Of(worker.Id), OneLine.Of(worker.Path, WorkerRecord.ReasonLengthMax));
        if (_refusals.Say(id, $"worker {id} is not registered, because this node reaches no worker by its path: {path}", Now) is { } line)
        {
            Note(line, isTrouble: true);
        }

        Sender.Tell(answer);
    }

    private void OnWatch(WatchRegistry m)
    {
        Context.Watch(m.Watcher);
        _watchers.Add(m.Watcher);
        m.Watcher.Tell(new Watched<Member>.Known(_leases.Revision, _leases.Members));
    }

    private void Tell(object news)
    {
        foreach (var watcher in _watchers)
        {
            watcher.Tell(news);
        }
    }

    /// <summary>Asks for a snapshot and all later changes, as <see cref="Watched{T}"/> told to <paramref name="Watcher"/>; for this process
    /// only.</summary>
    public sealed record WatchRegistry(IActorRef Watcher) : INoSerializationVerificationNeeded;

    /// <summary>To a watcher: nothing more comes, ask again.</summary>
    internal sealed class WatchOver : INoSerializationVerificationNeeded
    {
        public static readonly WatchOver Instance = new();
    }
}
