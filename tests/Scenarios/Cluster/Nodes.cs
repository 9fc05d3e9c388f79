using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using AkkaLb.BuiltInJobs;
using AkkaLb.Messages;
using AkkaLb.Tests.Support;

namespace AkkaLb.Scenarios.Cluster;

/// <summary>Actor systems as the programs make them, with a log that a failed test prints.</summary>
internal static class Nodes
{
    /// <summary>Akka's death watch between nodes gives up a silent one in half a second, for good. Nothing of ours watches anybody at another
    /// node.</summary>
    public static readonly Config HastyDeathWatch = ConfigurationFactory.ParseString(
        "akka.remote.watch-failure-detector { heartbeat-interval = 100ms, acceptable-heartbeat-pause = 300ms, unreachable-nodes-reaper-interval = "
            + "100ms }");

    private static readonly Config Quiet = ConfigurationFactory.ParseString(
        """
        akka {
          loglevel = INFO
          stdout-loglevel = OFF
          loggers = []
          remote.dot-netty.tcp.hostname = "127.0.0.1"
        }
        """);

    public static ExtendedActorSystem Start(string name, Observed<string> log, UserMessages messages, int port = 0, int? publicPort = null)
    {
        var known = publicPort is { } seen
            ? ConfigurationFactory.ParseString(string.Create(
                CultureInfo.InvariantCulture, $"akka.remote.dot-netty.tcp {{ public-hostname = \"127.0.0.1\", public-port = {seen} }}"))
            : Config.Empty;
        var system = (ExtendedActorSystem)ActorSystem.Create(
            SystemConfig.SystemName,
            ActorSystemSetup.Create(
                BootstrapSetup.Create().WithConfig(
                    TestTransport.Config.WithFallback(known).WithFallback(Quiet).WithFallback(HastyDeathWatch).WithFallback(BuiltInSerializer.Binding)
                        .WithFallback(SystemConfig.Remoting("127.0.0.1", port))),
                messages.ToSetup()));
        var scribe = system.ActorOf(Props.Create(() => new Scribe(name, log)));
        system.EventStream.Subscribe(scribe, typeof(LogEvent));
        return system;
    }

    /// <summary>Starts a system that others reach through <paramref name="wire"/>.</summary>
    public static ExtendedActorSystem StartBehind(Wire wire, string name, Observed<string> log, UserMessages messages)
    {
        // The system cannot tell which port it got when it is known by another, so the port is chosen for it. Somebody may be quicker; then another.
        for (var tries = 5; ; tries--)
        {
            var port = FreePorts.Take();
            try
            {
                var system = Start(name, log, messages, port, wire.Port);
                wire.RelayTo(port);
                return system;
            }
            catch (Exception) when (tries > 0)
            {
            }
        }
    }

    private sealed class Scribe : ReceiveActor
    {
        public Scribe(string name, Observed<string> log) => Receive<LogEvent>(e => log.Update(lines => string.Create(
            CultureInfo.InvariantCulture,
            $"{lines}{e.Timestamp:mm:ss.fff} {name} {e.LogLevel()} {e.LogClass.Name}: {e.Message} {e.Cause?.Message}\n")));
    }
}
