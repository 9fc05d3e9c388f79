using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;

namespace AkkaLb.Messages;

/// <summary>What systems add to <see cref="SystemConfig"/> that form a cluster of balancers, or that reach one through its receptionists.</summary>
public static class ClusterConfig
{
    /// <summary>Serializers of a cluster client. They must be there when the system starts: what Akka adds later does not reach serialization.</summary>
    public static Config ClientSerialization { get; } = ConfigurationFactory.ParseString(
        """
        akka.actor.serializers {
          akka-pubsub = "AkkaLb.Messages.GuardedPubSubSerializer, AkkaLb.Messages"
          akka-cluster-client = "AkkaLb.Messages.GuardedClusterClientSerializer, AkkaLb.Messages"
        }
        """);

    /// <summary>Serializers of a member of the cluster. Put it above a user's own configuration, like <see cref="SystemConfig.Serialization"/>.</summary>
    public static Config MemberSerialization { get; } = ConfigurationFactory.ParseString(
        """
        akka.actor.serializers {
          akka-cluster = "AkkaLb.Messages.GuardedClusterSerializer, AkkaLb.Messages"
          akka-singleton = "AkkaLb.Messages.GuardedSingletonSerializer, AkkaLb.Messages"
          reliable-delivery = "AkkaLb.Messages.RefusingDeliverySerializer, AkkaLb.Messages"
        }
        """).WithFallback(ClientSerialization);

    /// <summary>Defaults of the cluster client and of the publish and subscribe below it.</summary>
    public static Config ClientDefaults { get; } = ClusterClientReceptionist.DefaultConfig().WithFallback(DistributedPubSub.DefaultConfig());

    /// <summary>Defaults of all cluster tools that balancers use.</summary>
    public static Config MemberDefaults { get; } = ClientDefaults.WithFallback(ClusterSingleton.DefaultConfig());
}
