using System.Globalization;
using AkkaLb.Bench.Soak;
using AkkaLb.Tests.Support;

namespace AkkaLb.Reality.Links;

/// <summary>Two processes in network namespaces, which can be killed, stopped and cut off from each other. Needs root and iproute2.</summary>
internal sealed class ProcessLinks : ILinkWorld
{
    private const int Port = 4053;

    /// <summary>A silence takes 12 s, and another 4 s where only heartbeats go.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestNetwork _network = TestNetwork.Create("a", "b");
    private readonly Dictionary<string, Journal> _journals = new() { ["a"] = new Journal(), ["b"] = new Journal() };
    private readonly Dictionary<string, GuardedProcess> _processes = [];

    /// <summary>Whether this user may do that here.</summary>
    public static bool IsPossible { get; } = TryCreate();

    public Journal this[string node] => _journals[node];

    public async Task StartAsync()
    {
        foreach (var name in _journals.Keys)
        {
            Start(name, _journals[name].NewLife());
        }

        foreach (var name in _journals.Keys)
        {
            await WaitAsync(name, ChildNode.Listening);
        }
    }

    public void Send(string from, string to, int number) =>
        _processes[from].Input.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_network[to].Host} {Port} {number}"));

    public Task LearnAsync(string from, string to) => throw new NotSupportedException();

    public void SendByReference(string from, int number) => throw new NotSupportedException();

    public async Task DoAsync(string what, string node)
    {
        switch (what)
        {
            case "kill":
                _journals[node].EndLife();
                _processes[node].Dispose();
                break;
            case "restart":
                var write = _journals[node].NewLife();
                write("started");
                Start(node, write);
                await WaitAsync(node, ChildNode.Listening);
                break;
            case "freeze":
                _processes[node].Signal(Signals.Stop);
                break;
            case "thaw":
                _processes[node].Signal(Signals.Continue);
                break;
            case "cut":
                _network.Cut("b");
                break;
            case "heal":
                _network.Heal("b");
                break;
            case "cut-way":
                _network.CutOneWay(node, Other(node));
                break;
            case "heal-way":
                _network.HealOneWay(node, Other(node));
                break;
            default:
                throw new FormatException($"nobody knows how to do this: {what} {node}");
        }
    }

    public Task WaitAsync(string node, string line) => this[node].UntilAsync(line, Patience);

    public Task PauseAsync() => RealTime.PauseAsync();

    public void AssertClosed(string from) => RealTime.AssertClosed(this[from]);

    public void AssertStanding(string node) => RealTime.AssertStanding(this[node]);

    public ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
        {
            process.Dispose();
        }

        _network.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Other(string node) => node == "a" ? "b" : "a";

    private static bool TryCreate()
    {
        try
        {
            TestNetwork.Create("try").Dispose();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private void Start(string name, Action<string> write)
    {
        var place = _network[name];
        _processes[name] = GuardedProcess.Start(
            "ip",
            ["netns", "exec", place.Name, Environment.ProcessPath!, typeof(ChildNode).Assembly.Location, place.Host, $"{Port}"],
            write,
            _ => { });
    }
}

/// <summary>Skipped where there can be no network namespaces.</summary>
internal sealed class NamespaceTheoryAttribute : TheoryAttribute
{
    public NamespaceTheoryAttribute() => Skip = ProcessLinks.IsPossible ? null : "needs root and iproute2";
}
