using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Serialization;
using Akka.Cluster.Tools.Client.Serialization;
using Akka.Cluster.Tools.PublishSubscribe.Serialization;
using Akka.Cluster.Tools.Singleton.Serialization;
using Akka.Serialization;
using AkkaLb.Messages;

namespace AkkaLb.Clusters;

// The serializers of Akka.Cluster and its tools name no types on the wire, with two exceptions that are refused below: routers that one
// node deploys on another, and the reliable delivery of Akka 1.5, which looks up whatever type its bytes name.

/// <summary>The cluster's own messages: joining, gossip, heartbeats. Not what one node would order another to do.</summary>
public sealed class GuardedClusterSerializer(ExtendedActorSystem system) : GuardedManifestSerializer(system, 5, new ClusterMessageSerializer(system))
{
    // Leave and Down are told to the own node only, here; from the network they would let anybody take a cluster apart.
    private static readonly string[] Allowed =
    [
        "HB", "HBR", "Akka.Cluster.ClusterHeartbeatSender+", "Akka.Cluster.Gossip", "Akka.Cluster.InternalClusterAction+",
    ];

    protected override bool IsAllowed(string manifest) => Array.Exists(Allowed, name => manifest.StartsWith(name, StringComparison.Ordinal));
}

/// <summary>Messages of distributed publish and subscribe; the cluster client's requests travel in them.</summary>
public sealed class GuardedPubSubSerializer(ExtendedActorSystem system)
    : GuardedManifestSerializer(system, 9, new DistributedPubSubMessageSerializer(system));

/// <summary>How the managers of a cluster singleton hand it over.</summary>
public sealed class GuardedSingletonSerializer(ExtendedActorSystem system)
    : GuardedManifestSerializer(system, 14, new ClusterSingletonMessageSerializer(system));

/// <summary>Between a cluster client and the receptionist.</summary>
public sealed class GuardedClusterClientSerializer(ExtendedActorSystem system)
    : GuardedManifestSerializer(system, 15, new ClusterClientMessageSerializer(system));

/// <summary>Akka's system messages, as <see cref="GuardedSystemMessageSerializer"/> takes them, but members of the cluster may watch.</summary>
/// <remarks>They learn in this way that the deciding actor has ended and another has taken its place at the same node.</remarks>
public sealed class MemberSystemMessageSerializer(ExtendedActorSystem system) : GuardedSystemMessageSerializer(system)
{
    protected override bool MayWatch(Address watcher) => Cluster.Get(system).State.Members.Any(m => m.Address.Equals(watcher));
}

/// <summary>Stands where the serializer of reliable delivery stood, which AkkaLb does not use: that one looks up the types that a peer
/// names.</summary>
public sealed class RefusingDeliverySerializer(ExtendedActorSystem system) : RefusingSerializer(system, 36);

/// <summary>A serializer of Akka's whose manifests are checked, and whose failures on hostile bytes are
/// <see cref="SerializationException"/>s.</summary>
public abstract class GuardedManifestSerializer(ExtendedActorSystem system, int identifier, SerializerWithStringManifest inner)
    : SerializerWithStringManifest(system)
{
    public override int Identifier => identifier;

    public override string Manifest(object o) => inner.Manifest(o);

    public override byte[] ToBinary(object obj) => inner.ToBinary(obj);

    /// <exception cref="SerializationException">Not one of the allowed messages, or bytes that are not that message.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => IsAllowed(manifest)
        ? Guard.Read(inner, bytes, manifest, static (inner, bytes, manifest) => inner.FromBinary(bytes, manifest))
        : throw new SerializationException($"a message with serializer id {Identifier} and manifest \"{manifest}\" was refused");

    /// <summary>Whether a message of this kind is taken from the network.</summary>
    protected virtual bool IsAllowed(string manifest) => true;
}
