using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>The transports of a test, with no remoting above them; on loopback.</summary>
internal sealed class Transports : IAsyncDisposable
{
    /// <summary>How long anything may take that has to happen.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly List<PipelinesTransport> _transports = [];

    public ActorSystem System { get; } = ActorSystem.Create("A", "akka { loggers = [], stdout-loglevel = OFF }");

    /// <summary>A transport that listens on loopback.</summary>
    /// <param name="settings">Go over those that the test does not care for.</param>
    public async Task<Listening> ListenAsync(string settings = "")
    {
        var transport = Create(settings);
        var (address, listener) = await transport.Listen();
        var listening = new Listening(transport, address);
        listener.SetResult(listening);
        return listening;
    }

    /// <summary>A transport that does not listen yet.</summary>
    public PipelinesTransport Create(string settings = "")
    {
        var transport = new PipelinesTransport(
            System, ConfigurationFactory.ParseString(settings).WithFallback("hostname = 127.0.0.1, port = 0, tcp-keepalive = off"));
        _transports.Add(transport);
        return transport;
    }

    /// <summary>What the transports tell in the log, from now on.</summary>
    public Lines Warnings() => Lines.Of<Warning>(System, w => w.Message.ToString()!, w => w.LogClass == typeof(PipelinesTransport));

    /// <summary>What was told up to now and was not taken yet.</summary>
    public async Task<IReadOnlyList<string>> RestAsync(Lines warnings)
    {
        const string last = "the last line";
        System.EventStream.Publish(new Warning(null, "test", typeof(PipelinesTransport), last));
        var rest = new List<string>();
        while (await warnings.NextAsync() is var line && line != last)
        {
            rest.Add(line);
        }

        return rest;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_transports.Select(t => t.Shutdown()));
        await System.Terminate();
    }

    /// <summary>Looks again and again, for what nothing tells of.</summary>
    public static async Task UntilAsync(Func<bool> isSo, string what)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!isSo())
        {
            try
            {
                await timer.WaitForNextTickAsync(bound.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"not within {Bound.TotalSeconds} s: {what}");
            }
        }
    }
}

/// <summary>A transport that listens, and who came.</summary>
internal sealed class Listening(PipelinesTransport transport, Address address) : IAssociationEventListener
{
    private readonly Channel<Connection> _came = Channel.CreateUnbounded<Connection>();

    public PipelinesTransport Transport => transport;

    public Address Address => address;

    public int Port => address.Port!.Value;

    /// <summary>Given to each who comes; null: the test gives one.</summary>
    public Func<Connection, IHandleEventListener>? Handler { get; set; }

    public void Notify(IAssociationEvent ev)
    {
        var connection = (Connection)((InboundAssociation)ev).Association;
        if (Handler is not null)
        {
            connection.ReadHandlerSource.SetResult(Handler(connection));
        }

        _came.Writer.TryWrite(connection);
    }

    /// <summary>The next who came.</summary>
    public async Task<Connection> NextAsync() => await _came.Reader.ReadAsync().AsTask().WaitAsync(Transports.Bound);

    public async Task<Connection> DialAsync(Address to) => (Connection)await transport.Associate(to).WaitAsync(Transports.Bound);

    /// <summary>Everybody who comes gets back what he sends.</summary>
    public void Echo() => Handler = connection => new Recorder(payload => connection.Write(payload));
}

/// <summary>Lines of the log, or of anything else on the event stream, in order.</summary>
internal sealed class Lines
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public static Lines Of<T>(ActorSystem system, Func<T, string> read, Func<T, bool>? isWanted = null)
    {
        var lines = new Lines();
        Action<T> keep = m => _ = isWanted?.Invoke(m) == false || lines._lines.Writer.TryWrite(read(m));
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Subscriber<T>(keep))), typeof(T));
        return lines;
    }

    public async Task<string> NextAsync() => await _lines.Reader.ReadAsync().AsTask().WaitAsync(Transports.Bound);

    private sealed class Subscriber<T> : ReceiveActor
    {
        public Subscriber(Action<T> on) => Receive(on);
    }
}
