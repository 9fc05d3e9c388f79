using System.Globalization;
using Akka.Configuration;
using AkkaLb.Core;
using AkkaLb.Core.Gate;
using AkkaLb.Core.Registration;
using AkkaLb.Messages;
using AkkaLb.Registry;

namespace AkkaLb.Worker;

/// <summary>What a <see cref="BalancedWorker"/> needs to know.</summary>
public sealed record BalancedWorkerOptions
{
    private const int VersionLengthMax = 128;
    private static readonly TimeSpan TtlDefault = TimeSpan.FromSeconds(5);

    /// <summary>Its name in its service; see <see cref="WorkerIds.IsValid"/>. No other worker of the service may have it at the same time.</summary>
    public required string Id { get; init; }

    /// <summary>The kind of worker; see <see cref="WorkerService.IsValid"/>. Jobs name the one they need.</summary>
    public string Service { get; init; } = WorkerService.Default;

    /// <summary>Where the balancers are; see <see cref="To"/>.</summary>
    public required IBalancerDirectory Balancers { get; init; }

    /// <summary>Where it registers; null: in each of the <see cref="Balancers"/>, which have their registries in them then. It is not
    /// disposed.</summary>
    public IWorkerRegistry? Registry { get; init; }

    /// <summary>The application's own message types, under the same short names as at the clients; the actor system was created with
    /// <see cref="UserMessages.ToSetup"/>. Default: none, all are bound to serializers otherwise.</summary>
    public UserMessages Messages { get; init; } = UserMessages.None;

    /// <summary>How much it does at once; default: 64 jobs by as many instances of the actor, and 16 that wait.</summary>
    public GateSettings Gate { get; init; } = new(capacity: 64, instances: 64, queue: 16);

    /// <summary>Times; default: a lease of 5 s, a heartbeat each second, 10 s to find registry and balancer, 60 s in which it may be unable to do
    /// jobs.</summary>
    public RegistrationSettings Registration { get; init; } = new(
        TtlDefault, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), new BackOff(TimeSpan.FromMilliseconds(100), TtlDefault / 3),
        UnableTimeout: TimeSpan.FromSeconds(60));

    /// <summary>How fast one instance works, in percent of an ordinary one: 1 to <see cref="WorkerRecord.SpeedMax"/>, default 100.</summary>
    public int Speed { get; init; } = WorkerRecord.OrdinarySpeed;

    /// <summary>Where it is: clients of this zone prefer it. Default: nowhere.</summary>
    public string Zone { get; init; } = "";

    /// <summary>How long its jobs may take to finish when it leaves. Default 10 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it still rejects jobs after it has given its lease back. Default 1 s.</summary>
    public TimeSpan RejectLinger { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one request to the registry in the balancer may take. Default 2 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Path of the dispatcher of the instances; null: what the props say, by default Akka's. Jobs that block or compute for long need
    /// threads of their own: else they may keep the system from renewing the lease.</summary>
    public string? InstanceDispatcher { get; init; }

    /// <summary>Notes finished jobs; null: nobody does. It is not disposed.</summary>
    public IJobLedger? Ledger { get; init; }

    /// <summary>Name of its gate below <c>/user</c>: <c>worker</c>, the default, or <c>worker-</c> and up to 200 letters, digits, dots, underscores
    /// and hyphens. A second worker in an actor system needs one of its own.</summary>
    public string GateName { get; init; } = SerializedActorPath.Gate;

    /// <summary>Of the application, for whoever looks into the registry.</summary>
    public string Version { get; init; } = "";

    /// <summary>What does nothing useful when one of the worker's actors has ended.</summary>
    internal string Whose { get; init; } = "this worker";

    /// <summary>Told what the start waits for; null: nobody is.</summary>
    internal Func<Func<string>, IDisposable>? Waiting { get; init; }

    /// <summary>What its user can check when no balancer is found; true: the registry knows none.</summary>
    internal Func<bool, string> ToCheck { get; init; } = _ => nameof(Balancers);

    /// <summary>What its user calls the time that a start may take.</summary>
    internal string WaitName { get; init; } = $"{nameof(Registration)}.{nameof(RegistrationSettings.Wait)}";

    /// <summary>Options for the one balancer at an address, with the registry in it.</summary>
    /// <param name="id">See <see cref="Id"/>.</param>
    /// <param name="balancer"><c>host:port</c>.</param>
    /// <exception cref="ArgumentException">The address cannot be read.</exception>
    public static BalancedWorkerOptions To(string id, string balancer) => new() { Id = id, Balancers = FixedBalancers.Of([balancer]) };

    /// <summary>Configuration of an <see cref="InstanceDispatcher"/> with threads of its own: jobs may block or compute, and the shared pool must
    /// stay free to renew the lease.</summary>
    /// <param name="path">Of the dispatcher.</param>
    /// <param name="threads">Their number, above zero.</param>
    public static Config Dispatcher(string path, int threads) => ConfigurationFactory.ParseString(
        $$"""
        {{path}} {
          type = Dispatcher
          throughput = 1
          executor = "{{typeof(InstanceThreads).AssemblyQualifiedName!.Split(", Version")[0]}}"
          threads = {{threads.ToString(CultureInfo.InvariantCulture)}}
        }
        """);

    /// <exception cref="ArgumentException">Something is unfit; all of it is named.</exception>
    internal void ThrowIfUnfit()
    {
        var problems = new List<string>();
        if (!WorkerIds.IsValid(Id))
        {
            problems.Add($"{nameof(Id)} \"{Id}\" is not 1 to {WorkerIds.LengthMax} letters, digits, dots, underscores and hyphens");
        }

        if (!WorkerService.IsValid(Service))
        {
            problems.Add($"{nameof(Service)} \"{Service}\" is not {WorkerService.Rule}");
        }

        if (problems.Count == 0 && !WorkerIds.IsWorker(WorkerIds.Of(Service, Id)))
        {
            problems.Add($"{nameof(Id)} and {nameof(Service)} have more than {WorkerIds.LengthMax - 1} characters together");
        }

        if (!SerializedActorPath.IsGateName(GateName))
        {
            problems.Add($"{nameof(GateName)} \"{GateName}\" is not \"worker\", or \"worker-\" and up to "
                + $"{SerializedActorPath.GateSuffixMax} letters, digits, dots, underscores and hyphens");
        }

        if (Zone.Length > 0 && !WorkerService.IsValid(Zone))
        {
            problems.Add($"{nameof(Zone)} \"{Zone}\" is not {WorkerService.Rule}");
        }

        if (Speed is < 1 or > WorkerRecord.SpeedMax)
        {
            problems.Add($"{nameof(Speed)} {Speed} is not 1 to {WorkerRecord.SpeedMax}");
        }

        if (DrainTimeout < TimeSpan.Zero || RejectLinger < TimeSpan.Zero || RequestTimeout <= TimeSpan.Zero)
        {
            problems.Add($"{nameof(DrainTimeout)}, {nameof(RejectLinger)} or {nameof(RequestTimeout)} is below zero, or the last of them zero");
        }

        if (Registration is { } times && (times.Ttl < TimeSpan.FromSeconds(1) || times.KeepAliveInterval <= TimeSpan.Zero
            || times.KeepAliveInterval > times.Ttl / 3))
        {
            problems.Add($"{nameof(Registration)}: the lease takes 1 s or more, and a heartbeat at most a third of it");
        }

        if (Version.Length > VersionLengthMax)
        {
            problems.Add($"{nameof(Version)} has more than {VersionLengthMax} characters");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", problems));
        }
    }
}
