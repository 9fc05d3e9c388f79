using Akka.Configuration;
using AkkaLb.Tests.Support;

namespace AkkaLb.Reality.Links;

/// <summary>Two actor systems on loopback, each behind a <see cref="Relay"/>.</summary>
/// <remarks>Killed is a node whose connections break and to which nobody gets any more: its system ends unseen.</remarks>
internal sealed class RealLinks : ILinkWorld
{
    private const string Host = "127.0.0.1";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    /// <summary>A hanging dial ends after this instead of 15 s.</summary>
    private static readonly Config Faster = ConfigurationFactory.ParseString("akka.remote.dot-netty.tcp.connection-timeout = 2s");

    private readonly Dictionary<string, Place> _places = new() { ["a"] = new Place(), ["b"] = new Place() };
    private readonly List<Task> _ends = [];

    public Journal this[string node] => _places[node].Journal;

    public async Task StartAsync()
    {
        foreach (var place in _places.Values)
        {
            place.Use(await place.Next);
        }
    }

    public void Send(string from, string to, int number) => _places[from].Node.Send(_places[to].Address, number);

    public Task LearnAsync(string from, string to) => _places[from].Node.LearnAsync(_places[to].Address, Patience);

    public void SendByReference(string from, int number) => _places[from].Node.SendByReference(number);

    public async Task DoAsync(string what, string node)
    {
        var relays = _places.Values.Select(p => p.Relay).ToList();
        switch (what)
        {
            case "kill":
                await DownAsync(_places[node], () => relays.ForEach(r => r.Break()));
                break;
            case "kill-unheard":
                await DownAsync(_places[node], () => BreakSilently(node));
                break;
            case "break-unheard":
                BreakSilently(node);
                break;
            case "hear":
                relays.ForEach(r => r.Break(onlyDeaf: true));
                break;
            case "leave":
                this[node].EndLife();
                await _places[node].Node.LeaveAsync();
                await DownAsync(_places[node], () => { });
                break;
            case "restart":
                _places[node].Use(await _places[node].Next, "started");
                _places[node].Relay.Open();
                break;
            case "freeze":
                relays.ForEach(r => r.Hold());
                break;
            case "thaw":
                relays.ForEach(r => r.Release());
                break;
            case "reset":
                relays.ForEach(r => r.Break());
                break;
            default:
                throw new FormatException($"nobody knows how to do this: {what} {node}");
        }
    }

    public Task WaitAsync(string node, string line) => this[node].UntilAsync(line, Patience);

    public Task PauseAsync() => RealTime.PauseAsync();

    public void AssertClosed(string from) => RealTime.AssertClosed(this[from]);

    public void AssertStanding(string node) => RealTime.AssertStanding(this[node]);

    public async ValueTask DisposeAsync()
    {
        foreach (var place in _places.Values)
        {
            await place.Relay.DisposeAsync();
            _ends.Add((await place.Next).LeaveAsync());
        }

        await Task.WhenAll(_ends);
    }

    /// <summary>Nothing gets to it any more; the next life waits behind the closed door.</summary>
    private async Task DownAsync(Place place, Action breakConnections)
    {
        place.Journal.EndLife();
        await place.Relay.CloseAsync();
        breakConnections();
        foreach (var other in _places.Values)
        {
            other.Relay.Release();
        }

        _ends.Add(Task.Run(place.Node.LeaveAsync));
        place.Renew();
    }

    /// <summary>It has dialled through the other's relay, and was dialled through its own.</summary>
    private void BreakSilently(string node)
    {
        foreach (var (name, place) in _places)
        {
            place.Relay.BreakSilently(ofDialler: name != node);
        }
    }

    private sealed class Place
    {
        private RealNode? _node;

        public Place() => Renew();

        public Relay Relay { get; } = new();

        public Journal Journal { get; } = new();

        public RealNode Node => _node ?? throw new InvalidOperationException("the node is down");

        /// <summary>The life that is, or that begins next.</summary>
        public Task<RealNode> Next { get; private set; } = null!;

        public void Renew() => Next = Task.Run(() => new RealNode(Host, Relay.Port, FreePorts.Take(), Faster));

        /// <summary>As others reach it.</summary>
        public Akka.Actor.Address Address => RealNode.AddressOf(Host, Relay.Port);

        /// <param name="first">The lines that the life begins with.</param>
        public void Use(RealNode node, params ReadOnlySpan<string> first)
        {
            _node = node;
            Relay.Target = node.BindPort;
            var write = Journal.NewLife();
            foreach (var line in first)
            {
                write(line);
            }

            node.Begin(write);
        }
    }
}
