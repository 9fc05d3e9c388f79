using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Leases;

namespace AkkaLb.Registry.Embedded;

/// <summary>The registry in the balancer's process, at <see cref="Path"/>: shell of a <see cref="LeaseTable"/>.</summary>
/// <remarks>Answers <see cref="Register"/>, <see cref="KeepAlive"/>, <see cref="UpdateRegistration"/> and <see cref="Deregister"/> from workers, and
/// <see cref="WatchRegistry"/> from this process. Everything is forgotten when the process ends.</remarks>
public sealed class EmbeddedRegistryActor : ReceiveActor, IWithTimers
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "registry";

    private readonly LeaseTable _leases;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<IActorRef> _watchers = [];
    private readonly List<MemberChange> _changes = [];
    private TimeSpan? _timerDue;

    public EmbeddedRegistryActor(Func<long> drawLeaseId)
    {
        _leases = new LeaseTable(drawLeaseId);
        Serving();
    }

    public static string Path => $"/user/{ActorName}";

    public ITimerScheduler Timers { get; set; } = null!;

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    public static Props Props() => Akka.Actor.Props.Create(() => new EmbeddedRegistryActor(LeaseIds.Draw));

    /// <summary>After a crash this actor has forgotten who watches: they have to come again.</summary>
    protected override void PostStop()
    {
        foreach (var watcher in _watchers)
        {
            watcher.Tell(WatchOver.Instance);
        }
    }

    private void Serving()
    {
        Receive<Register>(m => Act(OnRegister(m)));
        Receive<KeepAlive>(m => Act(new KeptAlive(m.LeaseId, _leases.KeepAlive(m.LeaseId, Now, _changes))));
        Receive<UpdateRegistration>(m => Act(new RegistrationUpdated(m.LeaseId, _leases.Update(m.LeaseId, m.Worker, Now, _changes))));
        Receive<Deregister>(m => Act(OnDeregister(m)));
        Receive<WatchRegistry>(OnWatch);
        Receive<Terminated>(m => _watchers.Remove(m.ActorRef));
        Receive<ExpireLeases>(_ => OnExpire());
    }

    private object OnRegister(Register m)
    {
        var (leaseId, ttl) = _leases.Register(m.Worker, m.LeaseId, m.Ttl, Now, _changes, out var holder);
        return leaseId > 0 ? new Registered(leaseId, ttl)
            : holder == 0 ? new RegisterRefused(0, $"the balancer's embedded registry is full: it holds {_leases.Count} workers")
            : new RegisterRefused(holder);
    }

    private Deregistered OnDeregister(Deregister m)
    {
        _leases.Deregister(m.LeaseId, Now, _changes);
        return new Deregistered(m.LeaseId);
    }

    private void OnWatch(WatchRegistry m)
    {
        Context.Watch(m.Watcher);
        _watchers.Add(m.Watcher);
        m.Watcher.Tell(new RegistryEvent.Snapshot(_leases.Revision, _leases.Members));
    }

    private void OnExpire()
    {
        _timerDue = null;
        _leases.Expire(Now, _changes);
        Publish();
    }

    private void Act(object answer)
    {
        Publish();
        Sender.Tell(answer);
    }

    private void Publish()
    {
        if (_changes.Count > 0)
        {
            var change = new RegistryEvent.Changed(_leases.Revision, [.. _changes]);
            _changes.Clear();
            _log.Debug("revision {0}: {1} changes, {2} members", change.Revision, change.Changes.Count, _leases.Count);
            foreach (var watcher in _watchers)
            {
                watcher.Tell(change);
            }
        }

        // A timer that is early asks again; only one that would be late has to be moved.
        if (_leases.NextExpiry is { } due && (_timerDue is null || due < _timerDue))
        {
            _timerDue = due;
            var delay = due - Now;
            Timers.StartSingleTimer(nameof(ExpireLeases), ExpireLeases.Instance, delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
        }
    }

    /// <summary>Asks for a snapshot and all later changes, as <see cref="RegistryEvent"/>s told to <paramref name="Watcher"/>; for this process
    /// only.</summary>
    public sealed record WatchRegistry(IActorRef Watcher) : INoSerializationVerificationNeeded;

    /// <summary>To a watcher: nothing more comes, ask again.</summary>
    internal sealed class WatchOver : INoSerializationVerificationNeeded
    {
        public static readonly WatchOver Instance = new();
    }

    private sealed class ExpireLeases
    {
        public static readonly ExpireLeases Instance = new();
    }
}
