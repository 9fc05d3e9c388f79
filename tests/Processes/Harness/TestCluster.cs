using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes.Harness;

/// <summary>A balancer, workers and clients as processes on loopback, and a folder for their files. Disposing it ends all of them.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    private readonly ITestOutputHelper _output;
    private readonly List<NodeProcess> _processes = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-processes-").FullName;
    private readonly string _workerSettings;
    private string[] _balancerArguments = [];

    private TestCluster(ITestOutputHelper output)
    {
        _output = output;
        _workerSettings = WriteFile("worker.hocon", $"akkalb.worker.ledger = \"{Ledger.Path}\"");
    }

    public NodeProcess Balancer { get; private set; } = null!;

    /// <summary>Of the balancer, <c>host:port</c>.</summary>
    public string Address { get; private set; } = "";

    public JobLedgerFile Ledger => new(Path.Combine(_folder, "ledger"));

    /// <summary>Starts a balancer on a free port, which it can have again, and waits until it is ready.</summary>
    public static async Task<TestCluster> StartAsync(ITestOutputHelper output, string policy = "round-robin", params string[] more)
    {
        var cluster = new TestCluster(output);
        try
        {
            await cluster.StartBalancerAsync(["--policy", policy, .. more], $"{FreePorts.Take()}");
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the balancer again where it was.</summary>
    public Task RestartBalancerAsync() => StartBalancerAsync(_balancerArguments, Address.Split(':')[1]);

    /// <summary>Starts a worker without waiting for it; it keeps the cluster's job ledger, unless it is given settings of its own.</summary>
    public NodeProcess StartWorker(string id, params string[] more)
    {
        string[] settings = more.Contains("--config") ? [] : ["--config", _workerSettings];
        return Add(NodeProcess.Worker(["--id", id, "--balancer", Address, .. settings, .. more]));
    }

    /// <summary>Starts workers together, and waits until all are ready.</summary>
    public async Task<NodeProcess[]> AddWorkersAsync(IEnumerable<string> ids, params string[] more)
    {
        var workers = ids.Select(id => (Id: id, Process: StartWorker(id, more))).ToArray();
        foreach (var (id, process) in workers)
        {
            await process.WaitForLineAsync($"ready worker {id} ");
        }

        return [.. workers.Select(w => w.Process)];
    }

    public NodeProcess StartClient(params string[] arguments) => Add(NodeProcess.Client([.. arguments, "--balancer", Address]));

    /// <summary>Runs a client to its end.</summary>
    public Task<Ending> ClientAsync(params string[] arguments) => StartClient(arguments).EndedAsync(TimeSpan.FromSeconds(60));

    /// <summary>Asks for workers with the client's verb.</summary>
    /// <returns>How often each was named.</returns>
    public async Task<Dictionary<string, int>> AssignAsync(int count)
    {
        var ending = await ClientAsync("assign", "--count", $"{count}");
        Assert.True(ending.ExitCode == 0 && !ending.Problems.Any(), ending.ToString());
        return ending.Output.Select(l => l.Split(' ')).CountBy(l => l[1]).ToDictionary();
    }

    /// <summary>A process that ends with the cluster.</summary>
    public NodeProcess Add(NodeProcess process)
    {
        _processes.Add(process);
        return process;
    }

    public string WriteFile(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>No process of the cluster has printed a stack trace.</summary>
    public void AssertNoStackTraces() => Assert.DoesNotContain(_processes.SelectMany(p => p.Error.Texts), StackTraces.IsLine);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            _output.WriteLine(process.Describe());
            await process.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartBalancerAsync(string[] arguments, string port)
    {
        _balancerArguments = arguments;
        Balancer = Add(NodeProcess.Balancer(["--port", port, .. arguments]));
        Address = (await Balancer.WaitForLineAsync("ready balancer ")).Text.Split(' ')[2].Split('@')[1];
    }
}

internal static class StackTraces
{
    public static bool IsLine(string line) => line.Contains("   at ", StringComparison.Ordinal);
}
