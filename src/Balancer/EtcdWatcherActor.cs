using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Etcd;
using AkkaLb.Registry;
using AkkaLb.Registry.Embedded;

namespace AkkaLb.Balancer;

/// <summary>Watches the registry, whichever it is, and tells the balancer who is registered: a snapshot once, then only what is really new.
/// Answers <see cref="GetWatcherState"/> from anyone.</summary>
/// <remarks>While the registry cannot be reached it says nothing, so the last known members stand. A watch that ends with an error is opened again
/// after a pause; one that the registry refuses for good is logged and opened again as well, since an operator may mend the cause. So is the one
/// after a crash of this actor: it forgets what it knew, and the balancer continues with the members it was told.</remarks>
public sealed class EtcdWatcherActor : ReceiveActor, IWithTimers
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "watcher";

    /// <summary>Pause before a failed watch is opened again.</summary>
    public static readonly TimeSpan ReopenAfter = TimeSpan.FromSeconds(1);

    /// <summary>The pause after a crash doubles from <see cref="ReopenAfter"/> up to this.</summary>
    public static readonly TimeSpan RestartPauseMax = TimeSpan.FromSeconds(30);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IWorkerRegistry _registry;
    private readonly IActorRef _balancer;
    private readonly MembershipView _view = new();
    private readonly WatchHealth _health;
    private readonly UsableWorkers _usable;
    private readonly RestartPause _restarts;
    private CancellationTokenSource _watch = new();
    private string? _lastEnd;
    private object _epoch = new();

    public EtcdWatcherActor(IWorkerRegistry registry, IActorRef balancer, RestartPause restarts)
    {
        (_registry, _balancer, _restarts) = (registry, balancer, restarts);
        _usable = new UsableWorkers(NodeAddress.RemoteProtocolOf(Context.System), line => _log.Warning("{0}", line));
        _health = new WatchHealth(isInProcess: registry is EmbeddedRegistry);
        Watching();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    public static Props Props(IWorkerRegistry registry, IActorRef balancer)
    {
        // Here, so that it survives a restart of the actor.
        var restarts = new RestartPause(ReopenAfter, RestartPauseMax);
        return Akka.Actor.Props.Create(() => new EtcdWatcherActor(registry, balancer, restarts));
    }

    protected override void PreStart() => Open();

    /// <summary>A crash is a bug, and whatever in the registry brought it about may still be there: reading it at once would crash again, without
    /// end.</summary>
    protected override void PostRestart(Exception reason)
    {
        var pause = _restarts.Crashed(Now);
        _health.Disconnected(LogText.Of($"the watcher failed: {reason.Message}"));
        _log.Error("the watcher failed; the last known workers stay, and the registry is read again in {0} s", pause.TotalSeconds);
        Timers.StartSingleTimer(nameof(Reopen), Reopen.Instance, pause);
    }

    protected override void PostStop()
    {
        _watch.Cancel();
        _watch.Dispose();
    }

    private void Watching()
    {
        Receive<Told>(m => ReferenceEquals(m.Epoch, _epoch), m => OnEvent(m.Event));
        Receive<WatchEnded>(m => ReferenceEquals(m.Epoch, _epoch), m =>
        {
            _health.Disconnected(m.Problem);
            if (m.Problem != _lastEnd)
            {
                _lastEnd = m.Problem;
                _log.Error("the watch of the registry ended; the last known workers stay, and it is opened again every {0} s: {1}",
                    ReopenAfter.TotalSeconds, m.Problem);
            }

            Timers.StartSingleTimer(nameof(Reopen), Reopen.Instance, ReopenAfter);
        });
        Receive<Reopen>(_ => Open());
        Receive<KeptLongEnough>(_ => Tell(_view.EndKeeping(Now)));
        Receive<GetWatcherState>(_ => Sender.Tell(new WatcherState(
            _registry is EmbeddedRegistry ? "embedded" : "etcd",
            _health.IsConnected,
            _view.Revision,
            _health.ProofAge(Now),
            _health.Resyncs,
            _health.Disconnects,
            _health.LastProblem,
            _view.Members.Count)));
        Receive<GetWorkersSnapshot>(_ =>
        {
            if (_view.HasSnapshot)
            {
                Sender.Tell(new WorkersSnapshot([.. _view.Members], _view.Revision));
            }
        });
        Receive<Told>(_ => { });
        Receive<WatchEnded>(_ => { });
    }

    private void OnEvent(RegistryEvent e)
    {
        switch (e)
        {
            case RegistryEvent.Snapshot snapshot:
                _health.Snapshot(Now);
                if (_lastEnd is not null)
                {
                    _lastEnd = null;
                    _log.Info("the watch of the registry continues");
                }

                OnSnapshot(snapshot);
                break;
            case RegistryEvent.Changed changed:
                _health.Proved(Now);
                Tell(_view.Apply(changed.Revision, _usable.Of(changed.Changes)));
                break;
            case RegistryEvent.Alive:
                _health.Proved(Now);
                break;
            case RegistryEvent.Disconnected disconnected:
                _health.Disconnected(disconnected.Reason);
                _log.Warning("the registry cannot be reached; the last known workers stay: {0}", disconnected.Reason);
                break;
            case RegistryEvent.Connected:
                _health.Connected(Now);
                _log.Info("the registry is reached again");
                break;
            case RegistryEvent.Unreadable unreadable:
                _log.Warning("registry value {0} is left out: {1}", unreadable.Key, unreadable.Problem);
                break;
            case RegistryEvent.MoreUnreadable more:
                _log.Warning("... and more registry values are left out: {0}", more.Count);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private void OnSnapshot(RegistryEvent.Snapshot snapshot)
    {
        var isFirst = !_view.HasSnapshot;
        var changes = _view.Reset(snapshot.Revision, _usable.Of(snapshot.Members), Now);
        if (isFirst)
        {
            _balancer.Tell(new WorkersSnapshot([.. _view.Members], _view.Revision));
        }
        else
        {
            _log.Info("the registry was read again at revision {0} (changes: {1}): {2}", snapshot.Revision, changes.Count,
                snapshot.Because ?? "the watch was opened again");
            Tell(changes);
            if (_view.KeptUntil is { } until && !Timers.IsTimerActive(nameof(KeptLongEnough)))
            {
                _log.Warning(
                    "the registry has lost every worker: all {0} are kept for {1:0.#} s, until they have had time to register again",
                    _view.Members.Count,
                    (until - Now).TotalSeconds);
                Timers.StartSingleTimer(nameof(KeptLongEnough), KeptLongEnough.Instance, until - Now);
            }
        }
    }

    private void Tell(IReadOnlyList<MemberChange> changes)
    {
        if (changes.Count > 0)
        {
            _balancer.Tell(new WorkersChanged(changes, _view.Revision));
        }
    }

    private void Open()
    {
        _watch.Cancel();
        _watch.Dispose();
        _watch = new CancellationTokenSource();
        // An object and not a number: after a restart of this actor the watch before it may still speak to the same reference.
        _epoch = new object();
        _ = PumpAsync(_registry, _epoch, Self, _watch.Token);
    }

    /// <summary>Runs outside the actor: touches nothing of it but the reference it was given.</summary>
    private static async Task PumpAsync(IWorkerRegistry registry, object epoch, IActorRef self, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var e in registry.WatchAsync(cancellationToken).ConfigureAwait(false))
            {
                self.Tell(new Told(epoch, e));
            }

            self.Tell(new WatchEnded(epoch, "it ended without a reason"));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // PostStop or Open: nobody waits for word.
        }
        catch (Exception e)
        {
            self.Tell(new WatchEnded(epoch, e.Message));
        }
    }

    private sealed record Told(object Epoch, RegistryEvent Event) : INoSerializationVerificationNeeded;

    private sealed record WatchEnded(object Epoch, string Problem) : INoSerializationVerificationNeeded;

    private sealed class KeptLongEnough
    {
        public static readonly KeptLongEnough Instance = new();
    }

    private sealed class Reopen
    {
        public static readonly Reopen Instance = new();
    }
}
