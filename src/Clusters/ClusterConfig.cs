using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using AkkaLb.Messages;

namespace AkkaLb.Clusters;

/// <summary>What systems add to <see cref="SystemConfig"/> that form a cluster of balancers, or that reach one through its receptionists.</summary>
public static class ClusterConfig
{
    /// <summary>Serializers of a cluster client. They must be there when the system starts: what Akka adds later does not reach
    /// serialization.</summary>
    public static Config ClientSerialization { get; } = ConfigurationFactory.ParseString(
        """
        akka.actor.serializers {
          akka-pubsub = "AkkaLb.Clusters.GuardedPubSubSerializer, AkkaLb.Clusters"
          akka-cluster-client = "AkkaLb.Clusters.GuardedClusterClientSerializer, AkkaLb.Clusters"
        }
        """);

    /// <summary>Serializers of a member of the cluster. Put it above a user's own configuration, like
    /// <see cref="SystemConfig.Serialization"/>.</summary>
    public static Config MemberSerialization { get; } = ConfigurationFactory.ParseString(
        """
        akka.actor.serializers {
          akka-cluster = "AkkaLb.Clusters.GuardedClusterSerializer, AkkaLb.Clusters"
          akka-singleton = "AkkaLb.Clusters.GuardedSingletonSerializer, AkkaLb.Clusters"
          akka-system-msg = "AkkaLb.Clusters.MemberSystemMessageSerializer, AkkaLb.Clusters"
          reliable-delivery = "AkkaLb.Clusters.RefusingDeliverySerializer, AkkaLb.Clusters"
        }
        """).WithFallback(ClientSerialization);

    /// <summary>Defaults of the cluster client and of the publish and subscribe below it.</summary>
    public static Config ToolsDefaults { get; } = ClusterClientReceptionist.DefaultConfig().WithFallback(DistributedPubSub.DefaultConfig());

    /// <summary>A cluster client that keeps nothing back, because who asks asks again, and that notices soon when its receptionist is gone.</summary>
    public static Config ClientDefaults { get; } = ConfigurationFactory.ParseString(
        """
        akka.cluster.client {
          establishing-get-contacts-interval = 500ms
          refresh-contacts-interval = 5s
          heartbeat-interval = 500ms
          acceptable-heartbeat-pause = 2s
          buffer-size = 0
          use-legacy-serialization = off
        }
        """).WithFallback(ToolsDefaults);

    /// <summary>Defaults of all cluster tools that balancers use.</summary>
    public static Config MemberDefaults { get; } = ToolsDefaults.WithFallback(ClusterSingleton.DefaultConfig());

    /// <summary>Path of the balancer that decides, on whichever member of the cluster it is.</summary>
    public const string DecidingPath = "/user/deciding/balancer";
}
