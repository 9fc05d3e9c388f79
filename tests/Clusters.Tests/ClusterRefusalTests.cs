using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster.Routing;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Configuration;
using Akka.Dispatch.SysMsg;
using Akka.Routing;
using Akka.Serialization;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Clusters.Tests;

/// <summary>A member of a cluster of balancers takes from the network what members need of each other, and no type names.</summary>
public sealed class ClusterRefusalTests : IAsyncLifetime
{
    private static readonly Config Quiet =
        "akka.loglevel = OFF, akka.stdout-loglevel = OFF, akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }";

    private readonly ExtendedActorSystem _member = (ExtendedActorSystem)ActorSystem.Create(
        SystemConfig.SystemName,
        ClusterConfig.MemberSerialization
            .WithFallback(SystemConfig.Serialization)
            .WithFallback("akka.actor.provider = cluster")
            .WithFallback(ClusterConfig.MemberDefaults)
            .WithFallback(SystemConfig.Remoting("127.0.0.1", 0))
            .WithFallback(Quiet));

    /// <summary>With Akka's own serializers, as an attacker would have them.</summary>
    private readonly ExtendedActorSystem _peer = (ExtendedActorSystem)ActorSystem.Create(
        SystemConfig.SystemName, Quiet.WithFallback("akka.actor.provider = cluster").WithFallback(ClusterConfig.MemberDefaults));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _member.Terminate();
        await _peer.Terminate();
    }

    [Theory]
    [InlineData(5, "Akka.Cluster.IClusterMessage, Akka.Cluster", typeof(GuardedClusterSerializer))]
    [InlineData(9, "Akka.Cluster.Tools.PublishSubscribe.IDistributedPubSubMessage, Akka.Cluster.Tools", typeof(GuardedPubSubSerializer))]
    [InlineData(14, "Akka.Cluster.Tools.Singleton.IClusterSingletonMessage, Akka.Cluster.Tools", typeof(GuardedSingletonSerializer))]
    [InlineData(15, "Akka.Cluster.Tools.Client.IClusterClientMessage, Akka.Cluster.Tools", typeof(GuardedClusterClientSerializer))]
    [InlineData(36, "Akka.Delivery.Internal.IDeliverySerializable, Akka", typeof(RefusingDeliverySerializer))]
    [InlineData(16, "Akka.Actor.Identify, Akka", typeof(GuardedMiscSerializer))]
    [InlineData(22, "Akka.Dispatch.SysMsg.Watch, Akka", typeof(MemberSystemMessageSerializer))]
    [InlineData(1, "System.Uri, System.Private.Uri", typeof(RefusingJsonSerializer))]
    public void Each_kind_of_message_is_served_by_the_guarded_serializer(int id, string kind, Type serializer)
    {
        var found = _member.Serialization.FindSerializerForType(Type.GetType(kind, throwOnError: true));

        Assert.IsType(serializer, found);
        Assert.Equal(id, found.Identifier);
    }

    [Fact]
    public async Task A_member_may_watch_and_nobody_else()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var (cluster, peer) = (Akka.Cluster.Cluster.Get(_member), Akka.Cluster.Cluster.Get(_peer));
        Assert.IsType<Unwatch>(Read(peer.SelfAddress));

        await cluster.JoinAsync(cluster.SelfAddress, bound.Token);
        await peer.JoinAsync(cluster.SelfAddress, bound.Token);

        Assert.IsType<Watch>(Read(peer.SelfAddress));
        Assert.IsType<Unwatch>(Read(peer.SelfAddress.WithPort(1)));

        object Read(Address from)
        {
            var watcher = (IInternalActorRef)_member.Provider.ResolveActorRef(new RootActorPath(from) / "user" / "akkalb-watcher");
            var watch = new Watch((IInternalActorRef)_member.Guardian, watcher);
            return _member.Serialization.Deserialize(_member.Serialization.Serialize(watch), 22, typeof(Watch));
        }
    }

    [Fact]
    public void No_serializer_id_creates_a_type_that_the_manifest_or_the_bytes_name()
    {
        var before = Marker.Created;
        var name = $"{typeof(Marker).FullName}, {typeof(Marker).Assembly.GetName().Name}";
        foreach (var id in Enumerable.Range(-2, 53))
        {
            foreach (var manifest in (string[])["", name, "a", "b", "c", "d", "e", "f", "g", "A", "B", "C", "D", "E", "F", "AA", "RP", "HB"])
            {
                byte[][] all = [[], TypeDescriptorOf(name), [0x0A, (byte)(TypeDescriptorOf(name).Length), .. TypeDescriptorOf(name)]];
                Assert.All(all, bytes => ReadsOrRefuses(id, manifest, bytes));
            }
        }

        Assert.Equal(before, Marker.Created);
    }

    [Fact]
    public void A_router_that_a_peer_would_deploy_is_refused() =>
        IsRefused(new ClusterRouterPool(new RoundRobinPool(1), new ClusterRouterPoolSettings(1, 1, true)));

    [Theory]
    [InlineData("Leave")]
    [InlineData("Down")]
    public void Nobody_orders_a_member_out_of_the_cluster_from_outside(string order)
    {
        var type = typeof(Akka.Cluster.Cluster).Assembly.GetType($"Akka.Cluster.ClusterUserAction+{order}", throwOnError: true)!;

        IsRefused(Activator.CreateInstance(type, Address.Parse("akka.tcp://AkkaLb@127.0.0.1:4053"))!);
    }

    [Fact]
    public void A_question_to_the_balancer_comes_through_publish_and_subscribe()
    {
        var question = new Send("/user/balancer", new Assign(7, 1, [], null, TimeSpan.FromSeconds(1)), localAffinity: true);

        var read = Assert.IsType<Send>(RoundTrip(question));

        Assert.Equal((question.Path, 7L), (read.Path, Assert.IsType<Assign>(read.Message).RequestId));
    }

    [Fact]
    public void An_unlisted_type_does_not_come_through_publish_and_subscribe()
    {
        var serializer = _peer.Serialization.FindSerializerFor(new Send("", ""));
        var hostile = new Send("/user/balancer", new Marker { N = 1 }, localAffinity: true);
        var bytes = serializer.ToBinary(hostile);
        var manifest = Serialization.ManifestFor(serializer, hostile);

        Assert.Throws<SerializationException>(() => _member.Serialization.Deserialize(bytes, serializer.Identifier, manifest));
    }

    private void IsRefused(object message)
    {
        var serializer = _peer.Serialization.FindSerializerFor(message);
        var (manifest, bytes) = (Serialization.ManifestFor(serializer, message), serializer.ToBinary(message));
        Assert.NotNull(_peer.Serialization.Deserialize(bytes, serializer.Identifier, manifest));

        Assert.Throws<SerializationException>(() => _member.Serialization.Deserialize(bytes, serializer.Identifier, manifest));
    }

    private object RoundTrip(object message)
    {
        var serializer = _member.Serialization.FindSerializerFor(message);
        return _member.Serialization.Deserialize(serializer.ToBinary(message), serializer.Identifier, Serialization.ManifestFor(serializer, message));
    }

    private void ReadsOrRefuses(int id, string manifest, byte[] bytes)
    {
        try
        {
            _member.Serialization.Deserialize(bytes, id, manifest);
        }
        catch (SerializationException)
        {
        }
        catch (Exception e) when (id is not (5 or 9 or 14 or 15 or 36))
        {
            // Ids without a serializer, and those that other tests are about.
            _ = e;
        }
    }

    /// <summary>A type that no network may create: it counts how often that happened.</summary>
    public sealed class Marker
    {
        private static int _created;

        public Marker() => Interlocked.Increment(ref _created);

        public static int Created => Volatile.Read(ref _created);

        public int N { get; set; }
    }

    /// <summary>A message whose first field is the text: where reliable delivery looks for the name of a type.</summary>
    private static byte[] TypeDescriptorOf(string name) => [0x0A, (byte)name.Length, .. System.Text.Encoding.UTF8.GetBytes(name)];
}
