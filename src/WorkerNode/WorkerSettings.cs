using System.Reflection;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Messages;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;
using AkkaLb.Registry;

namespace AkkaLb.WorkerNode;

/// <summary>What a worker reads from HOCON and flags, checked. Defaults and meanings: <c>hocon/worker.hocon</c>.</summary>
/// <param name="Balancers">Null: those in etcd.</param>
/// <param name="Id">With the name of the service in it; see <see cref="WorkerIds"/>.</param>
/// <param name="Actor">The operator's actor; null: the built-in one.</param>
/// <param name="Capacity">The bound, where <paramref name="IsCapacityAuto"/>.</param>
/// <param name="IsCapacityAuto">The worker finds by itself how many jobs to run at once.</param>
/// <param name="Ledger">Null: none.</param>
/// <param name="UnableTimeout">Zero: it stays.</param>
/// <param name="UnregisteredTimeout">Zero: it stays.</param>
public sealed record WorkerSettings(
    CommonSettings Common,
    IReadOnlyList<Address>? Balancers,
    UserMessages Messages,
    string Id,
    TimeSpan LeaseTtl,
    TimeSpan Heartbeat,
    int Capacity,
    bool IsCapacityAuto,
    int Queue,
    int Instances,
    int Speed,
    string Zone,
    int Threads,
    Type? Actor,
    TimeSpan Wait,
    TimeSpan DrainTimeout,
    TimeSpan RejectLinger,
    string? Ledger,
    TimeSpan UnableTimeout,
    TimeSpan UnregisteredTimeout,
    int ReplyBytesMax)
{

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static readonly Setting<string> IdKey = Setting.Text("akkalb.worker.id")
        .WithFlag("--id", "NAME", "name of this worker in its service (host name and process id)");

    public static readonly Setting<string> ServiceKey = Setting.Text("akkalb.worker.service")
        .WithFlag("--service", "NAME", "the service that this worker belongs to: jobs name the one they need (default)");

    public static readonly Setting<TimeSpan> LeaseTtlKey = Setting.Duration("akkalb.worker.lease-ttl", TimeSpan.FromSeconds(2), Hour)
        .WithFlag("--lease-ttl", "SECONDS", "time to live of its lease (5)", "s");

    public static readonly Setting<TimeSpan> HeartbeatKey =
        Setting.Duration("akkalb.worker.heartbeat", TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10))
        .WithFlag("--heartbeat", "MS", "time between renewals and memory reports (1000)", "ms");

    public static readonly Setting<int?> CapacityKey = Setting.WholeOr("akkalb.worker.capacity", "auto", 1, 100_000)
        .WithFlag("--capacity", "N", "jobs it accepts at once, without those in its queue (64); auto: it finds by itself how many run at full speed");

    /// <summary>The bound of a capacity that is found, where no number of instances is given.</summary>
    private const int AutoMax = 64;

    private static readonly Setting<int> ReplyBytesMaxKey = Setting.Whole("akkalb.worker.reply-bytes-max", 0, Job.ReplyBytesCeiling);
    private static readonly Setting<int> QueueKey = Setting.Whole("akkalb.worker.queue", -1, 100_000);

    public static readonly Setting<int> InstancesKey = Setting.Whole("akkalb.worker.instances", 0, 100_000)
        .WithFlag("--instances", "N", "actors that do them, one job each; 1 for one that keeps state (as many as capacity)");

    public static readonly Setting<int> SpeedKey = Setting.Whole("akkalb.worker.speed", 1, WorkerRecord.SpeedMax)
        .WithFlag("--speed", "PERCENT", "how fast one of its instances works, compared with those of an ordinary worker (100)");

    public static readonly Setting<string> ZoneKey = Setting.Text("akkalb.worker.zone")
        .WithFlag("--zone", "NAME", "where it is: clients of this zone prefer it");

    private static readonly Setting<int> ThreadsKey = Setting.Whole("akkalb.worker.threads", 0, 10_000);
    private static readonly Setting<string> ActorKey = Setting.Text("akkalb.worker.actor");
    private static readonly Setting<IReadOnlyList<string>> AssembliesKey = Setting.Files("akkalb.worker.assemblies");

    public static readonly Setting<TimeSpan> WaitKey = Setting.Duration("akkalb.worker.wait", TimeSpan.Zero, Hour)
        .WithFlag("--wait", "SECONDS", "how long to wait for registry and balancer at the start (10)", "s");

    private static readonly Setting<TimeSpan> DrainTimeoutKey = Setting.Duration("akkalb.worker.drain-timeout", TimeSpan.Zero, Hour);
    private static readonly Setting<TimeSpan> RejectLingerKey =
        Setting.Duration("akkalb.worker.reject-linger", TimeSpan.Zero, TimeSpan.FromMinutes(1));
    private static readonly Setting<string> LedgerKey = Setting.File("akkalb.worker.ledger");
    private static readonly Setting<TimeSpan> UnableTimeoutKey = Setting.Duration("akkalb.worker.unable-timeout", TimeSpan.Zero, Hour);
    private static readonly Setting<TimeSpan> UnregisteredTimeoutKey = Setting.Duration("akkalb.worker.unregistered-timeout", TimeSpan.Zero, Hour);

    /// <summary>By default the queue is this part of the capacity: a quarter, rounded up.</summary>
    private const int QueueDivisor = 4;

    /// <summary>Threads by default at most: more blocking jobs at once are unusual, and each thread costs memory.</summary>
    private const int ThreadsDefaultMax = 64;

    public static SettingsSchema Schema { get; } = new(
    [
        IdKey, ServiceKey,
        .. NodeKeys.BalancersAndMessages,
        LeaseTtlKey, HeartbeatKey, CapacityKey, QueueKey, InstancesKey, SpeedKey, ZoneKey, ThreadsKey, ActorKey, AssembliesKey, WaitKey,
        DrainTimeoutKey,
        RejectLingerKey, LedgerKey, UnableTimeoutKey, UnregisteredTimeoutKey, ReplyBytesMaxKey,
        .. NodeKeys.Common,
    ]);

    public RegistrationSettings Registration => new(
        LeaseTtl, Heartbeat, Wait, new BackOff(TimeSpan.FromMilliseconds(100), LeaseTtl / 3), UnableTimeout, UnregisteredTimeout);

    /// <exception cref="SettingsException">Something is wrong; all of it is named.</exception>
    public static WorkerSettings Read(Config config)
    {
        var problems = new List<string>();
        var missing = LoadAssemblies(config.Get(AssembliesKey), problems);
        var ttl = CommonSettings.ReadTtl(config, LeaseTtlKey, problems);
        var heartbeat = config.Get(HeartbeatKey);
        if (heartbeat > ttl / 3)
        {
            problems.Add($"{HeartbeatKey} = {heartbeat.TotalMilliseconds} ms: must be at most a third of the lease TTL, "
                + $"which is {ttl.TotalSeconds} s (--lease-ttl), so that two renewals may fail");
        }

        var number = config.Get(CapacityKey);
        var given = config.Get(InstancesKey);
        var capacity = number ?? (given > 0 ? given : AutoMax);
        var instances = given > 0 ? given : capacity;
        if (instances > capacity)
        {
            problems.Add($"{InstancesKey} = {instances}: must be at most the capacity, which is {capacity} (--capacity)");
        }

        var balancers = CommonSettings.ReadBalancers(config, problems);
        if (balancers is { Count: > 1 } && config.Get(NodeKeys.Registry) == NodeKeys.RegistryEmbedded)
        {
            problems.Add($"{NodeKeys.Balancers}: several balancers need a registry they share: use etcd (--etcd)");
        }

        var ledger = config.Get(LedgerKey);
        var settings = new WorkerSettings(
            CommonSettings.Read(config, problems),
            balancers,
            CommonSettings.ReadMessages(config, problems),
            ReadId(config, problems),
            ttl,
            heartbeat,
            capacity,
            number is null,
            config.Get(QueueKey) is >= 0 and var queue ? queue : (capacity + QueueDivisor - 1) / QueueDivisor,
            instances,
            config.Get(SpeedKey),
            CommonSettings.ReadZone(config, ZoneKey, problems),
            config.Get(ThreadsKey) is > 0 and var threads ? threads : Math.Min(instances, ThreadsDefaultMax),
            ReadActor(config.Get(ActorKey), problems),
            config.Get(WaitKey),
            config.Get(DrainTimeoutKey),
            config.Get(RejectLingerKey),
            ledger.Length == 0 ? null : ledger,
            config.Get(UnableTimeoutKey),
            config.Get(UnregisteredTimeoutKey),
            config.Get(ReplyBytesMaxKey));
        problems.RemoveAll(p => missing.Any(name => p.Contains($", {name}: no such type", StringComparison.Ordinal)));
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }

    private static string ReadId(Config config, List<string> problems)
    {
        var (before, service) = (problems.Count, config.Get(ServiceKey));
        var id = WorkerIds.Of(service, CommonSettings.ReadId(config, IdKey, NodeIdentity.DefaultId(), problems));
        if (!WorkerService.IsValid(service))
        {
            problems.Add($"{ServiceKey} = {service}: must be {WorkerService.Rule}");
        }
        else if (problems.Count == before && !WorkerIds.IsWorker(id))
        {
            problems.Add($"{IdKey}: it and the name of the service must be {WorkerIds.LengthMax - 1} characters together at most");
        }

        return id;
    }

    /// <returns>The names of those that cannot be loaded: that their types cannot be found is no news then.</returns>
    private static List<string> LoadAssemblies(IReadOnlyList<string> paths, List<string> problems)
    {
        var missing = new List<string>();
        foreach (var path in paths)
        {
            try
            {
                Assembly.LoadFrom(Path.GetFullPath(path));
            }
            catch (Exception e) when (e is IOException or BadImageFormatException or ArgumentException or NotSupportedException)
            {
                problems.Add($"{AssembliesKey}: {path} cannot be loaded: {OneLine.Of(e.Message)}");
                missing.Add(Path.GetFileNameWithoutExtension(path));
            }
        }

        return missing;
    }

    private static Type? ReadActor(string name, List<string> problems)
    {
        if (name.Length == 0)
        {
            return null;
        }

        var type = CommonSettings.FindType(name);
        if (type is null)
        {
            problems.Add($"{ActorKey} = {name}: no such type; write \"Namespace.Type, Assembly\", and list the assembly's path in {AssembliesKey}");
        }
        else if (!typeof(ActorBase).IsAssignableFrom(type) || type.IsAbstract || type.GetConstructor(Type.EmptyTypes) is null)
        {
            problems.Add($"{ActorKey} = {name}: must be an actor class with a public constructor without parameters");
        }

        return type;
    }
}
