using System.Globalization;
using AkkaLb.Simulation.World;

namespace AkkaLb.Reality.Links;

/// <summary>The same in the modelled network, in virtual time.</summary>
internal sealed class ModelLinks : ILinkWorld
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);

    private readonly Run _run;
    private readonly Dictionary<string, ModelNode> _nodes = [];
    private string _reference = "";

    public ModelLinks(long seed)
    {
        _run = Run.Empty(seed);
        foreach (var name in new[] { "a", "b" })
        {
            var node = new ModelNode(_run, _nodes.Count, name);
            _nodes.Add(name, node);
            _run.Add(node);
        }
    }

    public Journal this[string node] => _nodes[node].Journal;

    private Network Network => _run.Network;

    public Task StartAsync()
    {
        foreach (var node in _nodes.Values)
        {
            node.Start();
        }

        return Task.CompletedTask;
    }

    public void Send(string from, string to, int number) => Network.Send(_nodes[from], _nodes[to].Address, "sink", number, "sink");

    public async Task LearnAsync(string from, string to)
    {
        // The real one asks, too.
        Network.Send(_nodes[from], _nodes[to].Address, "sink", ModelNode.Question, "sink");
        await WaitAsync(to, "connected");
        _reference = _nodes[to].Uid;
    }

    public void SendByReference(string from, int number) =>
        Network.Send(_nodes[from], _nodes[Other(from)].Address, _reference, number, "sink");

    public async Task DoAsync(string what, string node)
    {
        var (a, b) = (_nodes["a"], _nodes["b"]);
        switch (what)
        {
            case "kill":
                _nodes[node].Kill();
                break;
            case "kill-unheard":
                Cut();
                _nodes[node].Kill();
                Heal();
                break;
            case "break-unheard":
                // Who has been silent for longer hears it first.
                Cut();
                await WaitAsync(node, "lost", isKept: true);
                Heal();
                break;
            case "hear":
                break;
            case "leave":
                _nodes[node].Exit();
                break;
            case "restart":
                _nodes[node].Start();
                break;
            case "freeze":
                _nodes[node].Freeze();
                break;
            case "thaw":
                _nodes[node].Thaw();
                break;
            case "reset":
                Network.Reset(a, b);
                break;
            case "cut":
                Cut();
                break;
            case "heal":
                Heal();
                break;
            case "cut-way":
                Network.Cut(_nodes[node], _nodes[Other(node)]);
                break;
            case "heal-way":
                Network.Heal(_nodes[node], _nodes[Other(node)]);
                break;
            default:
                throw new FormatException($"nobody knows how to do this: {what} {node}");
        }
    }

    public Task WaitAsync(string node, string line) => WaitAsync(node, line, isKept: false);

    public Task PauseAsync()
    {
        _run.Clockwork.RunUntil(_run.Clockwork.Now + (50 * Step));
        return Task.CompletedTask;
    }

    public void AssertClosed(string from)
    {
    }

    public void AssertStanding(string node)
    {
        if (this[node].Lines.Contains("lost"))
        {
            throw new TooLateException();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Other(string node) => node == "a" ? "b" : "a";

    private void Cut()
    {
        Network.Cut(_nodes["a"], _nodes["b"]);
        Network.Cut(_nodes["b"], _nodes["a"]);
    }

    private void Heal()
    {
        Network.Heal(_nodes["a"], _nodes["b"]);
        Network.Heal(_nodes["b"], _nodes["a"]);
    }

    /// <param name="isKept">Whether a later wait may find the line again.</param>
    private Task WaitAsync(string node, string line, bool isKept)
    {
        for (var until = _run.Clockwork.Now + Patience; isKept ? !this[node].Lines.Contains(line) : !this[node].Find(line);)
        {
            Assert.True(
                _run.Clockwork.Now < until, $"{node} never saw '{line}', only: {string.Join(", ", this[node].Lines)}");
            _run.Clockwork.RunUntil(_run.Clockwork.Now + Step);
        }

        return Task.CompletedTask;
    }

    private sealed class ModelNode(Run run, int number, string name) : Process(run, number, name, $"10.0.0.{number + 1}")
    {
        /// <summary>Is not written down.</summary>
        public const string Question = "who are you?";

        private Action<string> _write = _ => { };

        public Journal Journal { get; } = new();

        /// <summary>The path of its actor in this life.</summary>
        public string Uid => string.Create(CultureInfo.InvariantCulture, $"sink#{Life}");

        public override void Leave() => Exit();

        public override void Receive(string from, string replyTo, string target, object message)
        {
            if (message is not int)
            {
                return;
            }

            // As an actor system does where the uid is not that of the actor.
            _write(target == "sink" || target == Uid ? $"got {message}" : $"dead {message}");
        }

        public override void OnConnected(string address) => _write("connected");

        public override void OnConnectionLost(string address, string seen) => _write("lost");

        public override void OnDeadLetter(object message) => _write($"dead {message}");

        protected override void OnStart()
        {
            _write = Journal.NewLife();
            if (Life > 1)
            {
                _write("started");
            }
        }

        protected override void OnEnd() => Journal.EndLife();
    }
}
