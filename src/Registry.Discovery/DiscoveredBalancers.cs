using System.Security.Cryptography;
using Akka.Actor;
using Akka.Discovery;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Discovery;

/// <summary>Balancers that a method of Akka.Discovery finds. They are looked up again and again, so that new ones are known soon.</summary>
/// <remarks>An empty answer, or none, never takes a known balancer away. The method is set up in the configuration of the actor system that a client
/// or a worker lives in. Thread-safe.</remarks>
/// <param name="Service">What is looked up.</param>
public sealed record DiscoveredBalancers(string Service) : IBalancerDirectory
{
    /// <summary>So many balancers are told at most; others are left out.</summary>
    public const int BalancersMax = 256;

    /// <summary>Longer intervals and time-outs than a day are refused.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromDays(1);

    /// <summary>Name of the method, <c>kubernetes-api</c> for example; default null: the one that <c>akka.discovery.method</c> names.</summary>
    public string? Method { get; init; }

    /// <summary>Name of the port to be looked up; default null: none, and where the method then tells no port, <see cref="Port"/> is
    /// taken.</summary>
    public string? PortName { get; init; }

    /// <summary>Protocol to be looked up; default null: any.</summary>
    public string? Protocol { get; init; }

    /// <summary>Port of a balancer's remoting, where the answer has none: 1 to 65535, default 4053, as the balancer program's.</summary>
    public int Port { get; init; } = 4053;

    /// <summary>Name of the actor system that a balancer lives in. Default <c>AkkaLb</c>, as the balancer program's; one in an application has that
    /// application's.</summary>
    public string System { get; init; } = SystemConfig.SystemName;

    /// <summary>Whether a balancer is reached by its IP address instead of its host name, where the answer has both. It has to be what
    /// the balancer's remoting calls itself. Default false.</summary>
    public bool UsesIpAddress { get; init; }

    /// <summary>Time between an answer that names balancers and the next look-up: above zero, at most a day, default 5 s. A shorter one finds a new
    /// balancer sooner and asks more often.</summary>
    /// <remarks>After look-ups that fail, or find nobody, there are pauses of a fifth of it at most, then twice as long and so on up to six times as
    /// long as it is.</remarks>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a look-up may take: above zero, at most a day, default 3 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public bool IsInOrder => false;

    /// <inheritdoc/>
    public string Source => $"Akka.Discovery as \"{Service}\"";

    /// <summary>Between two tries.</summary>
    internal BackOff BackOff => new(Interval / 5, Interval * 6);

    /// <summary>The directory for somebody who lives in this actor system: all its subscriptions share the look-ups.</summary>
    /// <exception cref="ArgumentException">The system's configuration has no such method, or it cannot be made; or a setting here is
    /// unfit.</exception>
    public IBalancerDirectory In(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        ThrowIfUnfit();
        // This is the edge where randomness enters.
        return new SharedLookups(this, MethodOf(system), TimeProvider.System, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)));
    }

    /// <summary>Not to be called before <see cref="In"/>.</summary>
    /// <exception cref="InvalidOperationException">Always: a look-up takes an actor system.</exception>
    public IAsyncDisposable Subscribe(Action<Watched<Address>> tell) =>
        throw new InvalidOperationException($"looking balancers up takes an actor system: call {nameof(In)} first");

    /// <exception cref="ArgumentException">A setting is unfit; all of them are named.</exception>
    internal void ThrowIfUnfit()
    {
        var problems = new List<string>();
        if (string.IsNullOrWhiteSpace(Service))
        {
            problems.Add($"{nameof(Service)} is empty");
        }

        if (Port is < 1 or > 65_535)
        {
            problems.Add($"{nameof(Port)} {Port} is not 1 to 65535");
        }

        if (!SerializedActorPath.IsAnyNode($"akka.tcp://{System}@127.0.0.1:1"))
        {
            problems.Add($"{nameof(System)} \"{System}\" is not the name of an actor system");
        }

        if (Interval <= TimeSpan.Zero || Timeout <= TimeSpan.Zero || Interval > TimeMax || Timeout > TimeMax)
        {
            problems.Add($"{nameof(Interval)} or {nameof(Timeout)} is not above zero and at most a day");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", problems));
        }
    }

    private ServiceDiscovery MethodOf(ActorSystem system)
    {
        try
        {
            var discovery = Akka.Discovery.Discovery.Get(system);
            return Method is { } method ? discovery.LoadServiceDiscovery(method) : discovery.Default;
        }
        catch (Exception e)
        {
            var name = Method is null ? "akka.discovery.method" : $"akka.discovery.{Method}";
            throw new ArgumentException(
                $"the actor system {system.Name} cannot look balancers up: {name}: {OneLine.Of(e.GetBaseException().Message)}", e);
        }
    }
}
