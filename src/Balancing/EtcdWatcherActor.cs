using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Registry.Embedded;
using AkkaLb.Watching;

namespace AkkaLb.Balancing;

/// <summary>Watches the registry, whichever it is, and tells the balancer who is registered.
/// Answers <see cref="GetWatcherState"/> and <see cref="GetBalancerEvents"/> from anyone.</summary>
internal sealed class EtcdWatcherActor : MachineShell<WatcherEffect>
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = BalancerActors.Watcher;

    /// <summary>What an answer with events says beside them.</summary>
    private const int HeadBytesMax = 100;

    private readonly IWorkerRegistry _registry;
    private readonly IActorRef _balancer;
    private readonly WatcherCore _core;
    private (long Disconnects, long Resyncs)? _troubles;
    private readonly string? _protocol = NodeAddress.RemoteProtocolOf(Context.System);
    private readonly EventJournal _journal = EventJournal.Of(Context.System);
    private readonly int _eventBytesMax = Payloads.DataBytesMax(Payloads.FrameBytesMax(Context.System)) - HeadBytesMax;
    private CancellationTokenSource _watch = new();
    private object _epoch = new();
    private IAsyncDisposable? _overrides;

    /// <summary>After a restart of this actor the subscription before it may still speak to the same reference.</summary>
    private readonly object _life = new();

    public EtcdWatcherActor(IWorkerRegistry registry, IActorRef balancer, RestartPause restarts, WorkerOverrides? overrides)
        : this(registry, balancer, new WatcherCore(isInProcess: registry is EmbeddedRegistry, restarts, overrides))
    {
    }

    private EtcdWatcherActor(IWorkerRegistry registry, IActorRef balancer, WatcherCore core)
        : base(core, EventJournal.Of(Context.System))
    {
        (_registry, _balancer, _core) = (registry, balancer, core);
        Watching();
    }

    public static Props Props(IWorkerRegistry registry, IActorRef balancer)
    {
        // Here, so that they survive a restart of the actor.
        var restarts = new RestartPause(WatcherCore.ReopenAfter, WatcherCore.RestartPauseMax);
        var overrides = registry is IOverrideRegistry ? new WorkerOverrides() : null;
        return Akka.Actor.Props.Create(() => new EtcdWatcherActor(registry, balancer, restarts, overrides));
    }

    protected override void PreStart()
    {
        Step(new WatcherInput.Start());
        Began();
    }

    protected override void PostRestart(Exception reason)
    {
        Step(new WatcherInput.StartAfterCrash(reason.Message));
        Began();
    }

    private void Began()
    {
        Observed.Watchers.TryAdd(Self, 0);
        var (self, life) = (Self, _life);
        _overrides = (_registry as IOverrideRegistry)?.SubscribeOverrides(e => self.Tell(new OverridesTold(life, e)));
    }

    protected override void PostStop()
    {
        Observed.Watchers.TryRemove(Self, out _);
        _watch.Cancel();
        _watch.Dispose();
        _ = _overrides?.DisposeAsync().AsTask();
    }

    protected override void AfterStep()
    {
        var now = _core.Troubles;
        if (now != _troubles)
        {
            var before = _troubles ?? default;
            _troubles = now;
            BalancerTelemetry.RegistryTroubled(now.Disconnects - before.Disconnects, now.Resyncs - before.Resyncs);
        }
    }

    protected override void Perform(WatcherEffect effect)
    {
        switch (effect)
        {
            case WatcherEffect.ToBalancer e:
                _balancer.Tell(e.Message);
                break;
            case WatcherEffect.OverridesToBalancer e:
                _balancer.Tell(e.Message);
                break;
            case WatcherEffect.OpenWatch:
                Open();
                break;
            case WatcherEffect.Answer e:
                Sender.Tell(e.Message);
                break;
            case WatcherEffect.Note e:
                Note(e.Text, e.Level);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private void Watching()
    {
        Receive<Told>(m => ReferenceEquals(m.Epoch, _epoch), m => Step(m.Event));
        Receive<WatchEnded>(m => ReferenceEquals(m.Epoch, _epoch), m => Step(new WatcherInput.WatchEnded(m.Problem)));
        Receive<OverridesTold>(m => ReferenceEquals(m.Life, _life), m => Step(m.Event));
        Receive<OverridesTold>(_ => { });
        Input<GetWatcherState>();
        Input<GetWorkers>();
        Receive<GetBalancerEvents>(m => Sender.Tell(_journal.Read(m, _eventBytesMax)));
        Receive<Told>(_ => { });
        Receive<WatchEnded>(_ => { });
    }

    private void Open()
    {
        _watch.Cancel();
        _watch.Dispose();
        _watch = new CancellationTokenSource();
        // An object and not a number: after a restart of this actor the watch before it may still speak to the same reference.
        _epoch = new object();
        _ = PumpAsync(_registry, _protocol, _epoch, Self, _watch.Token);
    }

    /// <summary>Runs outside the actor: touches nothing of it but the reference it was given.</summary>
    private static async Task PumpAsync(
        IWorkerRegistry registry, string? protocol, object epoch, IActorRef self, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var e in registry.WatchAsync(protocol, cancellationToken).ConfigureAwait(false))
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

    private sealed record Told(object Epoch, Watched<Member> Event) : INoSerializationVerificationNeeded;

    private sealed record OverridesTold(object Life, Watched<OverrideSight> Event) : INoSerializationVerificationNeeded;

    private sealed record WatchEnded(object Epoch, string Problem) : INoSerializationVerificationNeeded;
}
