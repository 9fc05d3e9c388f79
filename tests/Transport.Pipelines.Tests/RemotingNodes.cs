using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Tests.Support;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>Whose transport carries an actor system's messages.</summary>
public enum TransportKind
{
    /// <summary>Akka.Remote's own.</summary>
    Standard,

    /// <summary>That of this package.</summary>
    Pipelines,
}

/// <summary>Actor systems with remoting, in this process and on loopback.</summary>
internal sealed class RemotingNodes : IAsyncDisposable
{
    private static readonly Config Common = ConfigurationFactory.ParseString(
        """
        akka {
          loggers = []
          stdout-loglevel = OFF
          actor.provider = remote
          log-dead-letters = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          remote {
            retry-gate-closed-for = 300ms
            # A busy machine makes nobody dead.
            watch-failure-detector.acceptable-heartbeat-pause = 120s
            dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
          }
        }
        """);

    private static readonly Config Pipelines = ConfigurationFactory.ParseString(
        """
        akka.remote.dot-netty.tcp.transport-class = "AkkaLb.Transport.Pipelines.PipelinesTransport, AkkaLb.Transport.Pipelines"
        """);

    private readonly List<ActorSystem> _systems = [];
    private readonly List<FaultyProxy> _proxies = [];

    /// <param name="settings">Of the transport; go over the others.</param>
    /// <param name="remote">Of remoting; go over the others.</param>
    public RemotingNode Start(TransportKind kind, string settings = "", string remote = "")
    {
        var own = ConfigurationFactory.ParseString($"akka.remote {{\n{remote}\ndot-netty.tcp {{\n{settings}\n}}\n}}");
        var system = ActorSystem.Create("A", own.WithFallback(kind == TransportKind.Pipelines ? Pipelines : Config.Empty).WithFallback(Common));
        _systems.Add(system);
        return new RemotingNode(system);
    }

    /// <summary>A node that others reach through a proxy only.</summary>
    public (RemotingNode Node, FaultyProxy Proxy) StartBehindProxy(TransportKind kind)
    {
        var port = FreePorts.Take();
        var proxy = new FaultyProxy(port);
        _proxies.Add(proxy);
        return (Start(kind, $"port = {port}\npublic-port = {proxy.Port}"), proxy);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_systems.Select(s => s.Terminate()));
        foreach (var proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }
    }
}

/// <summary>One of them.</summary>
internal sealed class RemotingNode(ActorSystem system)
{
    public ActorSystem System => system;

    public Address Address => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    /// <summary>An actor here that keeps what it is told.</summary>
    public (IActorRef Ref, Told Told) Inbox(string name)
    {
        var told = new Told();
        return (system.ActorOf(Props.Create(() => new Keeper(told)), name), told);
    }

    public void Echo(string name) => system.ActorOf(Props.Create(() => new Echoing()), name);

    public ActorSelection Select(RemotingNode other, string name) => system.ActorSelection(new RootActorPath(other.Address) / "user" / name);

    /// <summary>A reference to an actor of another node, which has answered.</summary>
    public Task<IActorRef> FindAsync(RemotingNode other, string name) => Select(other, name).ResolveOne(Transports.Bound);

    /// <summary>Hears when an actor of another node is gone. The other node knows it already: it has told of another actor, which was watched
    /// later.</summary>
    public async Task<Told> WatchAsync(RemotingNode other, IActorRef watched)
    {
        var told = Watch(watched);
        var name = $"canary-of-{watched.Path.Name}";
        var canary = other.Inbox(name).Ref;
        var ofCanary = Watch(await FindAsync(other, name));
        await canary.GracefulStop(Transports.Bound);
        await ofCanary.NextAsync<Terminated>();
        return told;
    }

    /// <summary>Hears when an actor of another node is gone.</summary>
    public Told Watch(IActorRef watched)
    {
        var told = new Told();
        system.ActorOf(Props.Create(() => new Watcher(watched, told)));
        return told;
    }

    /// <summary>What is published on the event stream from now on.</summary>
    public Told Events<T>()
    {
        var told = new Told();
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Keeper(told))), typeof(T));
        return told;
    }

    private sealed class Keeper : ReceiveActor
    {
        public Keeper(Told told) => ReceiveAny(told.Add);
    }

    private sealed class Echoing : ReceiveActor
    {
        public Echoing() => ReceiveAny(m => Sender.Tell(m));
    }

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(IActorRef other, Told told)
        {
            Context.Watch(other);
            ReceiveAny(told.Add);
        }
    }
}

/// <summary>What an actor was told, in order.</summary>
internal sealed class Told
{
    private readonly Channel<object> _messages = Channel.CreateUnbounded<object>();

    /// <summary>What is there and was not taken yet.</summary>
    public int Count => _messages.Reader.Count;

    public void Add(object message) => _messages.Writer.TryWrite(message);

    public async Task<object> NextAsync() => await _messages.Reader.ReadAsync().AsTask().WaitAsync(Transports.Bound);

    /// <summary>The next of this kind; others are passed over.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool>? isWanted = null)
    {
        while (true)
        {
            if (await NextAsync() is T message && isWanted?.Invoke(message) != false)
            {
                return message;
            }
        }
    }
}
