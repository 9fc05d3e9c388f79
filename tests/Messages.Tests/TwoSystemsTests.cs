using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Remote;
using Akka.Serialization;
using AkkaLb.Core;
using AkkaLb.Tests.Support;

namespace AkkaLb.Messages.Tests;

/// <summary>Two systems over loopback, as a balancer and a client are.</summary>
[Collection(nameof(TestSystem))]
public sealed class TwoSystemsTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ActorSystem _here = Create();
    private readonly ActorSystem _there = Create();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Task.WhenAll(_here.Terminate(), _there.Terminate());

    [Fact]
    public async Task A_gate_in_Assigned_arrives_with_its_uid_and_can_be_told()
    {
        var gate = _there.ActorOf(Props.Create<Echo>(), "worker");
        var balancer = _there.ActorOf(Props.Create(() => new Balancer(gate)), "balancer");

        var assigned = await Remote(balancer).Ask<Assigned>(new Assign(1, 1, [], null, Patience), Patience);
        var arrived = ((ExtendedActorSystem)_here).Provider.ResolveActorRef(assigned.Workers[0].Gate);
        Assert.Equal(gate.Path.Uid, arrived.Path.Uid);
        Assert.Equal(new Decides(5), await arrived.Ask<Decides>(new Decides(5), Patience));
    }

    [Fact]
    public async Task An_actor_outlives_what_strangers_tell_it_to_end_it()
    {
        var stranger = ActorSystem.Create(
            "stranger",
            """
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            """);
        var echo = _there.ActorOf(Props.Create<Echo>(), "echo");
        var path = echo.Path.ToSerializationFormatWithAddress(((ExtendedActorSystem)_there).Provider.DefaultAddress);
        var fromStranger = (IInternalActorRef)((ExtendedActorSystem)stranger).Provider.ResolveActorRef(path);

        fromStranger.Tell(PoisonPill.Instance);
        fromStranger.Tell(Kill.Instance);
        stranger.ActorSelection(path[..path.IndexOf('#')]).Tell(PoisonPill.Instance);

        // One sender and one association keep the order: who answers this had read the others.
        Assert.Equal(echo.Path.Uid, (await fromStranger.Ask<ActorIdentity>(new Identify(1), Patience)).Subject.Path.Uid);

        fromStranger.Stop();
        await stranger.Terminate();
        Assert.Equal(new Decides(5), await Remote(echo).Ask<Decides>(new Decides(5), Patience));
    }

    [Fact]
    public async Task An_unlisted_message_never_arrives_and_the_listed_one_behind_it_does()
    {
        var remote = Remote(_there.ActorOf(Props.Create<FirstSeen>(), "first"));

        remote.Tell(new Marker());
        remote.Tell(new Decides(7));

        // One sender and one association keep the order: what came first would be the answer.
        Assert.Equal(new Decides(1), await remote.Ask<Decides>(new KeepAlive(0), Patience));
    }

    /// <summary>So a message of a later version costs an older node nothing.</summary>
    [Fact]
    public async Task An_unknown_manifest_never_arrives_and_its_association_stands()
    {
        var later = ActorSystem.Create(
            "later",
            $$"""
            akka.actor.provider = remote
            akka.actor.serializers.later = "{{typeof(LaterSerializer).AssemblyQualifiedName}}"
            akka.actor.serialization-bindings { "{{typeof(LaterMessage).AssemblyQualifiedName}}" = later }
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            """);
        var losses = new ConcurrentBag<DisassociatedEvent>();
        later.EventStream.Subscribe(later.ActorOf(Props.Create(() => new Losses(losses))), typeof(DisassociatedEvent));
        var seen = new ConcurrentBag<object>();
        var actor = _there.ActorOf(Props.Create(() => new Witness(seen)), "witness");
        var fromLater = ((ExtendedActorSystem)later).Provider.ResolveActorRef(
            actor.Path.ToSerializationFormatWithAddress(((ExtendedActorSystem)_there).Provider.DefaultAddress));

        fromLater.Tell(new LaterMessage());

        // One sender and one association keep the order: who answers this had read the other.
        Assert.Equal(actor.Path.Uid, (await fromLater.Ask<ActorIdentity>(new Identify(1), Patience)).Subject.Path.Uid);
        Assert.Equal((0, 0), (seen.Count, losses.Count));
        await later.Terminate();
    }

    private IActorRef Remote(IActorRef there) => ((ExtendedActorSystem)_here).Provider.ResolveActorRef(
        there.Path.ToSerializationFormatWithAddress(((ExtendedActorSystem)_there).Provider.DefaultAddress));

    private static ActorSystem Create() => ActorSystem.Create(
        SystemConfig.SystemName, SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF"));

    private sealed record LaterMessage;

    /// <summary>What <see cref="AkkaLbSerializer"/> may be one day.</summary>
    private sealed class LaterSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => 4053;

        public override string Manifest(object o) => "later";

        public override byte[] ToBinary(object obj) => [];

        public override object FromBinary(byte[] bytes, string manifest) => throw new NotSupportedException();
    }

    private sealed class Losses : ReceiveActor
    {
        public Losses(ConcurrentBag<DisassociatedEvent> losses) => Receive<DisassociatedEvent>(losses.Add);
    }

    private sealed class Witness : ReceiveActor
    {
        public Witness(ConcurrentBag<object> seen) => ReceiveAny(seen.Add);
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => Receive<Decides>(m => Sender.Tell(m));
    }

    private sealed class Balancer : ReceiveActor
    {
        public Balancer(IActorRef gate)
        {
            var path = gate.Path.ToSerializationFormatWithAddress(((ExtendedActorSystem)Context.System).Provider.DefaultAddress);
            Receive<Assign>(m => Sender.Tell(new Assigned(m.RequestId, [new AssignedWorker(new WorkerKey("w", 1), path)], "pick-first")));
        }
    }

    /// <summary>Answers a KeepAlive with how many other messages came before it.</summary>
    private sealed class FirstSeen : ReceiveActor
    {
        private int _seen;

        public FirstSeen()
        {
            Receive<KeepAlive>(_ => Sender.Tell(new Decides(_seen)));
            ReceiveAny(_ => _seen++);
        }
    }
}
