using Akka.Actor;
using Akka.Remote;
using AkkaLb.Core;
using AkkaLb.Core.Gate;
using AkkaLb.Core.Registration;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Registry.Embedded;
using AkkaLb.Worker;
using AkkaLb.WorkerNode;

namespace AkkaLb.Scenarios.Cluster;

/// <summary>How a worker differs from the usual one.</summary>
public sealed record WorkerOptions
{
    public int Capacity { get; init; } = 64;

    /// <summary>0: as many as the capacity.</summary>
    public int Instances { get; init; }

    /// <summary>See <see cref="GateSettings.ReplyBytesMax"/>.</summary>
    public int ReplyBytesMax { get; init; } = 64 << 20;

    /// <summary>The user's actor; null: a <see cref="Performer"/>.</summary>
    public Props? Actor { get; init; }

    /// <summary>Stands in the gate's place; null: the gate.</summary>
    public Props? Gate { get; init; }

    /// <summary>Of its lease. Longer than a machine stalls: who loses a lease registers again, behind the others, and round robin begins elsewhere.
    /// Short only where a worker dies, or is to.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long one request to the registry may take, and so how soon a worker asks again when a balancer has ended.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>A worker: its system behind a <see cref="Wire"/>, with gate, registration and memory reporter.</summary>
public sealed class LoopbackWorker : IAsyncDisposable
{
    public static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RejectLinger = TimeSpan.FromSeconds(1);

    private readonly ExtendedActorSystem _system;
    private readonly Wire _wire;
    private readonly IActorRef _registration;
    private readonly ActorSelection _balancer;
    private readonly Observed<int> _measured = new("the number of memory reports", 0);
    private long _residentBytes = 100 << 20;

    private LoopbackWorker(WorkerRecord worker, ExtendedActorSystem system, Wire wire, IActorRef gate, Address balancer, WorkerOptions options)
    {
        (Key, _system, _wire, Gate) = (new WorkerKey(worker.Id, worker.Incarnation), system, wire, gate);
        var root = new RootActorPath(balancer) / "user";
        _balancer = system.ActorSelection(root / "balancer");
        var registry = new EmbeddedRegistry(system, system.ActorSelection(root / EmbeddedRegistryActor.ActorName), options.RequestTimeout);
        _registration = system.ActorOf(
            RegistrationActor.Props(
                worker,
                registry,
                new RegistrationSettings(
                    options.Ttl, Heartbeat, LoopbackCluster.Patience, new BackOff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200))),
                new Random(1),
                ActorRefs.Nobody),
            "registration");
        system.ActorOf(
            MemoryReporter.Props(
                Key, new MemoryReporterSettings(Heartbeat, new FixedBalancers([balancer]), Measure, () => default, TimeProvider.System)),
            "memory");
    }

    public WorkerKey Key { get; }

    public string Id => Key.Id;

    /// <summary>In the worker's own system.</summary>
    public IActorRef Gate { get; }

    internal static LoopbackWorker Start(
        WorkerRecord draft, Stage stage, Observed<string> log, UserMessages messages, Address balancer, WorkerOptions options)
    {
        var wire = new Wire();
        var system = Nodes.StartBehind(wire, draft.Id, log, messages);
        var instances = options.Instances > 0 ? options.Instances : options.Capacity;
        var gate = system.ActorOf(
            options.Gate ?? WorkerGate.Props(
                options.Actor ?? Performer.Props(stage, draft.Id),
                new GateSettings(options.Capacity, instances) { ReplyBytesMax = options.ReplyBytesMax }),
            SerializedActorPath.Gate);
        var worker = draft with { Path = gate.Path.ToSerializationFormatWithAddress(system.Provider.DefaultAddress) };
        return new LoopbackWorker(worker, system, wire, gate, balancer, options);
    }

    /// <summary>Completes when the balancer has handled a report of so many bytes.</summary>
    public async Task ReportAsync(long residentBytes)
    {
        Volatile.Write(ref _residentBytes, residentBytes);

        // One measurement may be half way; with the second, a report that carries the new number has been sent. What follows it on the connection
        // is answered after it was handled.
        var before = _measured.Value;
        await _measured.UntilAsync(n => n >= before + 3);
        await _balancer.Ask<ActorIdentity>(new Identify(null), LoopbackCluster.Patience);
    }

    /// <summary>As the program does at SIGTERM.</summary>
    public async Task LeaveAsync()
    {
        await BalancedWorker.LeaveAsync(Gate, _registration, DrainTimeout, RejectLinger);
        await DisposeAsync();
    }

    /// <summary>Says draining in the registry, and continues.</summary>
    public Task AnnounceDrainingAsync() => _registration.Ask<DrainingAnnounced>(AnnounceDraining.Instance, LoopbackCluster.Patience);

    /// <summary>Stops renewing its lease, as a frozen process does.</summary>
    public void StopRenewing() => _system.Stop(_registration);

    /// <summary>Ends as near to <c>kill -9</c> as one process allows: connections break without a goodbye, and nothing leaves any more.</summary>
    public async Task KillAsync()
    {
        _wire.Down();
        await ((RemoteActorRefProvider)_system.Provider).Transport.Shutdown();
        await _system.Terminate();
    }

    /// <summary>Breaks the youngest connection to it; the next one is welcome.</summary>
    public void CutLatestConnection() => _wire.CutLatest();

    /// <summary>Nothing gets to it or from it through connections that others made, until <see cref="Mend"/>; its own to the balancer
    /// continue.</summary>
    public void Silence() => _wire.Silence();

    public void Mend() => _wire.Mend();

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate();
        _wire.Dispose();
    }

    private MemoryUse Measure()
    {
        var bytes = Volatile.Read(ref _residentBytes);
        _measured.Update(n => n + 1);
        return new MemoryUse(bytes, bytes, 1L << 40);
    }
}
