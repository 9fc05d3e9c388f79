using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using AkkaLb.Core.Clients;
using AkkaLb.Remoting;
using AkkaLb.Transport.Pipelines.Tls;
using AkkaLb.Messages;
using AkkaLb.Registry;

namespace AkkaLb.Client;

/// <summary>What a <see cref="BalancedClient"/> needs to know.</summary>
public sealed record BalancedClientOptions
{
    /// <summary>Where the balancers are; see <see cref="To"/>.</summary>
    public required IBalancerDirectory Balancers { get; init; }

    /// <summary>How to get to them; default: directly.</summary>
    public BalancerContact Contact { get; init; } = BalancerContact.Direct;

    /// <summary>Bounds and times; the defaults suit a local network.</summary>
    public ClientSettings Settings { get; init; } = ClientSettings.Default;

    /// <summary>How long <see cref="BalancedClient.ConnectAsync"/> waits for a balancer. Default 7 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(7);

    /// <summary>The address that workers answer to; default 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port that workers answer to; default 0: any free one.</summary>
    public int Port { get; init; }

    /// <summary>This node's certificate and CA, where TLS is on at the balancers and workers; default null: connections are plain.</summary>
    public NodeTls? Tls { get; init; }

    /// <summary>What carries the connections; default <see cref="NodeTransport.Pipelines"/>.</summary>
    public NodeTransport Transport { get; init; } = NodeTransport.Pipelines;

    /// <summary>Your own message types, under the same manifests as at the workers.</summary>
    public UserMessages Messages { get; init; } = UserMessages.None;

    /// <summary>Goes over Akka's and AkkaLb's own configuration of the client's actor system.</summary>
    public Config AkkaConfig { get; init; } = Config.Empty;

    /// <summary>Makes a reference of a gate's path; null: as Akka does.</summary>
    internal Func<string, IActorRef>? ResolveGate { get; init; }

    /// <summary>The log of a program whose client this is, over all other configuration; null: the client keeps none.</summary>
    internal (Config Config, Setup Setup)? Log { get; init; }

    /// <summary>Options for balancers at given addresses.</summary>
    /// <param name="balancers">Each <c>host:port</c>, in the order in which to try them.</param>
    /// <exception cref="ArgumentException">An address cannot be read, or there is none.</exception>
    public static BalancedClientOptions To(params IReadOnlyList<string> balancers) => new() { Balancers = FixedBalancers.Of(balancers) };
}
