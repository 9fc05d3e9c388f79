using System.Reflection;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Hosting;
using AkkaLb.Hosting.Hocon;
using AkkaLb.Hosting.Settings;
using AkkaLb.Messages;

namespace AkkaLb.WorkerNode;

/// <summary>What a worker reads from HOCON and flags, checked. Defaults and meanings: <c>hocon/worker.hocon</c>.</summary>
/// <param name="Balancers">Null: those in etcd.</param>
/// <param name="Actor">The operator's actor; null: the built-in one.</param>
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
    int Queue,
    int Instances,
    int Threads,
    Type? Actor,
    TimeSpan Wait,
    TimeSpan DrainTimeout,
    TimeSpan RejectLinger,
    string? Ledger,
    TimeSpan UnableTimeout,
    TimeSpan UnregisteredTimeout)
{
    public const string IdKey = "akkalb.worker.id";
    public const string LeaseTtlKey = "akkalb.worker.lease-ttl";
    public const string HeartbeatKey = "akkalb.worker.heartbeat";
    public const string CapacityKey = "akkalb.worker.capacity";
    public const string WaitKey = "akkalb.worker.wait";
    public const string InstancesKey = "akkalb.worker.instances";
    private const string QueueKey = "akkalb.worker.queue";
    private const string ThreadsKey = "akkalb.worker.threads";
    private const string ActorKey = "akkalb.worker.actor";
    private const string AssembliesKey = "akkalb.worker.assemblies";
    private const string DrainTimeoutKey = "akkalb.worker.drain-timeout";
    private const string RejectLingerKey = "akkalb.worker.reject-linger";
    private const string LedgerKey = "akkalb.worker.ledger";
    private const string UnableTimeoutKey = "akkalb.worker.unable-timeout";
    private const string UnregisteredTimeoutKey = "akkalb.worker.unregistered-timeout";

    /// <summary>By default the queue is this part of the capacity: a quarter, rounded up.</summary>
    private const int QueueDivisor = 4;

    /// <summary>Threads by default at most: more blocking jobs at once are unusual, and each thread costs memory.</summary>
    private const int ThreadsDefaultMax = 64;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static SettingsSchema Schema { get; } = new(
    [
        .. NodeKeys.Common,
        .. NodeKeys.BalancersAndMessages,
        new(IdKey, SettingKind.Text, "--id"),
        new(LeaseTtlKey, SettingKind.Duration(TimeSpan.FromSeconds(2), Hour), "--lease-ttl"),
        new(HeartbeatKey, SettingKind.Duration(TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10)), "--heartbeat"),
        new(CapacityKey, SettingKind.Whole(1, 100_000), "--capacity"),
        new(QueueKey, SettingKind.Whole(-1, 100_000)),
        new(InstancesKey, SettingKind.Whole(0, 100_000), "--instances"),
        new(ThreadsKey, SettingKind.Whole(0, 10_000)),
        new(ActorKey, SettingKind.Text),
        new(AssembliesKey, SettingKind.PathList),
        new(WaitKey, SettingKind.Duration(TimeSpan.Zero, Hour), "--wait"),
        new(DrainTimeoutKey, SettingKind.Duration(TimeSpan.Zero, Hour)),
        new(RejectLingerKey, SettingKind.Duration(TimeSpan.Zero, TimeSpan.FromMinutes(1))),
        new(LedgerKey, SettingKind.Path),
        new(UnableTimeoutKey, SettingKind.Duration(TimeSpan.Zero, Hour)),
        new(UnregisteredTimeoutKey, SettingKind.Duration(TimeSpan.Zero, Hour)),
    ]);

    public RegistrationSettings Registration => new(
        LeaseTtl, Heartbeat, Wait, new BackOff(TimeSpan.FromMilliseconds(100), LeaseTtl / 3), UnableTimeout, UnregisteredTimeout);

    /// <exception cref="SettingsException">Something is wrong; all of it is named.</exception>
    public static WorkerSettings Read(Config config)
    {
        var problems = new List<string>();
        var missing = LoadAssemblies(config.ReadTextList(AssembliesKey), problems);
        var ttl = CommonSettings.ReadTtl(config, LeaseTtlKey, " (--lease-ttl)", problems);
        var heartbeat = config.ReadDuration(HeartbeatKey);
        if (heartbeat > ttl / 3)
        {
            problems.Add($"{HeartbeatKey} (--heartbeat) = {heartbeat.TotalMilliseconds} ms: must be at most a third of the lease TTL, "
                + $"which is {ttl.TotalSeconds} s (--lease-ttl), so that two renewals may fail");
        }

        var capacity = config.ReadInt(CapacityKey);
        var instances = config.ReadInt(InstancesKey) is > 0 and var given ? given : capacity;
        if (instances > capacity)
        {
            problems.Add($"{InstancesKey} (--instances) = {instances}: must be at most the capacity, which is {capacity} (--capacity)");
        }

        var balancers = CommonSettings.ReadBalancers(config, problems);
        if (balancers is { Count: > 1 } && config.ReadText(NodeKeys.Registry) == NodeKeys.RegistryEmbedded)
        {
            problems.Add($"{NodeKeys.Balancers} (--balancer): several balancers need a registry they share: use etcd (--etcd)");
        }

        var ledger = config.ReadText(LedgerKey);
        var settings = new WorkerSettings(
            CommonSettings.Read(config, problems),
            balancers,
            CommonSettings.ReadMessages(config, problems),
            CommonSettings.ReadId(config, IdKey, " (--id)", NodeIdentity.DefaultId(), problems),
            ttl,
            heartbeat,
            capacity,
            config.ReadInt(QueueKey) is >= 0 and var queue ? queue : (capacity + QueueDivisor - 1) / QueueDivisor,
            instances,
            config.ReadInt(ThreadsKey) is > 0 and var threads ? threads : Math.Min(instances, ThreadsDefaultMax),
            ReadActor(config.ReadText(ActorKey), problems),
            config.ReadDuration(WaitKey),
            config.ReadDuration(DrainTimeoutKey),
            config.ReadDuration(RejectLingerKey),
            ledger.Length == 0 ? null : ledger,
            config.ReadDuration(UnableTimeoutKey),
            config.ReadDuration(UnregisteredTimeoutKey));
        problems.RemoveAll(p => missing.Any(name => p.Contains($", {name}: no such type", StringComparison.Ordinal)));
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
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
