using Akka.Actor.Setup;
using Akka.Configuration;
using AkkaLb.Transport.Pipelines.Tls;

namespace AkkaLb.Remoting;

/// <summary>What carries the connections of an actor system that AkkaLb makes. Nodes with either speak with each other.</summary>
public enum NodeTransport
{
    /// <summary><see cref="Transport.Pipelines.PipelinesTransport"/>: less latency, less processor time, TLS. The default.</summary>
    Pipelines,

    /// <summary>Akka.Remote's standard transport, without TLS.</summary>
    DotNetty,
}

/// <summary>Switches a transport on.</summary>
internal static class NodeTransports
{
    /// <summary>Nobody else's TLS.</summary>
    private static readonly Config PipelinesConfig = ConfigurationFactory.ParseString(
        """
        akka.remote.dot-netty.tcp {
          transport-class = "AkkaLb.Transport.Pipelines.PipelinesTransport, AkkaLb.Transport.Pipelines"
          enable-ssl = off
        }
        """);

    private static readonly Config TlsConfig =
        ConfigurationFactory.ParseString("akka.remote.dot-netty.tcp.enable-ssl = on").WithFallback(PipelinesConfig);

    private static readonly Config DotNettyConfig = ConfigurationFactory.ParseString(
        """akka.remote.dot-netty.tcp.transport-class = "AkkaLb.Remoting.Links.LimitedTcpTransport, AkkaLb.Remoting" """);

    /// <summary>Why the two do not go together; null when they do.</summary>
    public static string? WhyUnfit(NodeTransport transport, NodeTls? tls) =>
        transport == NodeTransport.DotNetty && tls is not null ? "has no TLS: take the transport pipelines, or switch TLS off" : null;

    /// <returns>Configuration to put above everything else, and what goes with it at the creation of the actor system.</returns>
    public static (Config Config, IReadOnlyList<Setup> Setups) For(NodeTransport transport, NodeTls? tls) => (transport, tls) switch
    {
        (NodeTransport.Pipelines, null) => (PipelinesConfig, []),
        (NodeTransport.Pipelines, not null) => (TlsConfig, [new NodeTlsSetup(tls)]),
        (NodeTransport.DotNetty, _) => (DotNettyConfig, []),
    };
}
