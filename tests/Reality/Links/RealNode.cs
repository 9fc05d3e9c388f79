using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using AkkaLb.Messages;
using AkkaLb.Tests.Support;

namespace AkkaLb.Reality.Links;

/// <summary>One life of a node: an actor system with AkkaLb's remoting.</summary>
internal sealed class RealNode
{
    private readonly ActorSystem _system;
    private IActorRef? _sink;
    private IActorRef? _other;

    /// <summary>It listens; <see cref="Begin"/> gives it an ear.</summary>
    /// <param name="more">Goes over AkkaLb's configuration.</param>
    public RealNode(string host, int port, int bindPort, Config more)
    {
        BindPort = bindPort;
        _system = ActorSystem.Create(
            SystemConfig.SystemName,
            more.WithFallback(Quiet).WithFallback(SystemConfig.Binding(host, port, host, bindPort)).WithFallback(TestTransport.Config)
                .WithFallback(SystemConfig.Remoting(host, port)));
    }

    private static Config Quiet { get; } = ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }");

    public static Address AddressOf(string host, int port) => new("akka.tcp", SystemConfig.SystemName, host, port);

    public int BindPort { get; }

    /// <summary>Writes from now on what it sees.</summary>
    public void Begin(Action<string> write)
    {
        _sink = _system.ActorOf(Props.Create(() => new Sink(write)), "sink");

        // Not in the actor, which starts on another thread: a connection may be made before that.
        foreach (var kind in new[] { typeof(DeadLetter), typeof(AssociatedEvent), typeof(DisassociatedEvent), typeof(AssociationErrorEvent) })
        {
            _system.EventStream.Subscribe(_sink, kind);
        }
    }

    public void Send(Address to, int number) => _system.ActorSelection(new RootActorPath(to) / "user" / "sink").Tell(number, _sink);

    public async Task LearnAsync(Address to, TimeSpan patience) =>
        _other = await _system.ActorSelection(new RootActorPath(to) / "user" / "sink").ResolveOne(patience);

    public void SendByReference(int number) => _other!.Tell(number, _sink);

    /// <summary>In order.</summary>
    public Task LeaveAsync() => _system.Terminate();

    private sealed class Sink : ReceiveActor
    {
        public Sink(Action<string> write)
        {
            Receive<int>(n => write($"got {n}"));
            Receive<DeadLetter>(m => write($"dead {m.Message}"), m => m.Message is int);
            Receive<AssociatedEvent>(_ => write("connected"));
            Receive<DisassociatedEvent>(_ => write("lost"));
            Receive<AssociationErrorEvent>(_ => write("lost"));
        }
    }
}
