using Akka.Configuration;

namespace AkkaLb.Messages;

/// <summary>What every actor system of AkkaLb has in common: its name, its serializers and what is switched off.</summary>
public static class SystemConfig
{
    /// <summary>The name of every actor system; part of every address.</summary>
    public const string SystemName = "AkkaLb";

    /// <summary>Serializers and bindings; whatever would create a type that a peer names is refused. Put it above a user's own
    /// configuration.</summary>
    public static Config Serialization { get; } = ConfigurationFactory.ParseString(
        """
        # It would show the password of etcd's user.
        akka.log-config-on-start = off
        akka.actor {
          serializers {
            akkalb = "AkkaLb.Messages.AkkaLbSerializer, AkkaLb.Messages"
            json = "AkkaLb.Messages.RefusingJsonSerializer, AkkaLb.Messages"
            proto = "AkkaLb.Messages.RefusingProtobufSerializer, AkkaLb.Messages"
            daemon-create = "AkkaLb.Messages.RefusingDeploySerializer, AkkaLb.Messages"
            akka-misc = "AkkaLb.Messages.GuardedMiscSerializer, AkkaLb.Messages"
            akka-system-msg = "AkkaLb.Messages.GuardedSystemMessageSerializer, AkkaLb.Messages"
            akka-containers = "AkkaLb.Messages.GuardedContainerSerializer, AkkaLb.Messages"
          }
          serialization-bindings {
            "AkkaLb.Core.IAkkaLbMessage, AkkaLb.Core" = akkalb
            "System.Object" = json
          }
        }
        """);

    /// <summary>Remoting over TCP at <paramref name="host"/>:<paramref name="port"/> (0: any free port), on top of
    /// <see cref="Serialization"/>.</summary>
    /// <remarks>
    /// The gate after a failed connection is shorter than Akka's 5 s: a restarted balancer or worker is reached a second after it is back, and a dead
    /// one costs a refused dial a second. Address reuse, as Akka means it, lets two processes share a port on Linux without a word; off, the
    /// second is refused. A node that was gone for so long that Akka forgets it is quarantined, though it may be the same process that was
    /// asleep: so not after Akka's 2 days; but each that was killed takes memory for so long. Connections that come and go are told by our own
    /// log lines, so Akka's are off.
    /// </remarks>
    public static Config Remoting(string host, int port) => ConfigurationFactory.ParseString(
        $$"""
        akka {
          actor.provider = remote
          stdout-logger-class = "AkkaLb.Messages.SilentLogger, AkkaLb.Messages"
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          scheduler.implementation = "AkkaLb.Messages.OnDemandScheduler, AkkaLb.Messages"
          remote {
            retry-gate-closed-for = 1s
            quarantine-after-silence = 7d
            log-remote-lifecycle-events = off
            dot-netty.tcp {
              hostname = {{HoconText.Quote(host)}}
              tcp-reuse-addr = off
              port = {{port.ToString(System.Globalization.CultureInfo.InvariantCulture)}}
            }
          }
        }
        """).WithFallback(Serialization);

    /// <summary>For a node that listens elsewhere than others reach it, behind NAT say: goes over <see cref="Remoting"/>.</summary>
    /// <param name="host">Where others reach it.</param>
    /// <param name="port">Where others reach it; not 0 unless <paramref name="bindPort"/> is.</param>
    /// <param name="bindHost">Where it listens.</param>
    /// <param name="bindPort">Where it listens; 0: any free port, under which the others reach it too.</param>
    public static Config Binding(string host, int port, string bindHost, int bindPort) => bindHost == host && bindPort == port
        ? Config.Empty
        : ConfigurationFactory.ParseString(string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $$"""
            akka.remote.dot-netty.tcp {
              hostname = {{HoconText.Quote(bindHost)}}
              port = {{bindPort}}
              public-hostname = {{HoconText.Quote(host)}}
              public-port = {{port}}
            }
            """));
}
