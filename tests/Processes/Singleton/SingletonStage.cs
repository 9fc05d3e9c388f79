using System.Diagnostics;
using System.Globalization;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes.Singleton;

/// <summary>Three balancers of one cluster, two workers and an etcd as processes, and askers of all balancers. Disposing it ends all of
/// them.</summary>
internal sealed class SingletonStage : IAsyncDisposable
{
    /// <summary>The default of <c>akkalb.cluster.lease-ttl</c>.</summary>
    public static readonly TimeSpan DecidingTtl = TimeSpan.FromSeconds(5);

    /// <summary>No takeover and no end of a balancer takes so long unless it is broken.</summary>
    public static readonly TimeSpan EndBound = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private readonly ITestOutputHelper _output;
    private readonly List<NodeProcess> _processes = [];
    private readonly JobLedgerFile _ledger;
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-singleton-").FullName;
    private readonly string _clusterSettings;

    private SingletonStage(ITestOutputHelper output, EtcdProcess etcd, string clusterSettings)
    {
        (_output, Etcd, _clusterSettings) = (output, etcd, clusterSettings);
        _ledger = new JobLedgerFile(Path.Combine(_folder, "ledger"));
        Balancers = [.. Enumerable.Range(1, 3).Select(i => new Node($"b{i}", new NodeLink(FreePorts.Take()), new FaultyProxy(etcd.Port)))];
    }

    public EtcdProcess Etcd { get; }

    public IReadOnlyList<Node> Balancers { get; }

    public Askers Askers { get; private set; } = null!;

    /// <summary>Starts all, the balancers at the same moment, and waits until one decides.</summary>
    /// <param name="clusterSettings">Of all balancers, below <c>akkalb.cluster</c>.</param>
    /// <param name="prepare">What is to be done before the balancers start.</param>
    public static async Task<SingletonStage> StartAsync(
        ITestOutputHelper output, string clusterSettings = "", Func<EtcdProcess, Task>? prepare = null)
    {
        var stage = new SingletonStage(output, await EtcdProcess.StartAsync(), clusterSettings);
        try
        {
            if (prepare is not null)
            {
                await prepare(stage.Etcd);
            }

            foreach (var node in stage.Balancers)
            {
                stage.StartBalancer(node);
            }

            foreach (var node in stage.Balancers)
            {
                var line = await node.Process.WaitForLineAsync("ready balancer ", StartBound);
                Assert.EndsWith(" mode=singleton", line.Text, StringComparison.Ordinal);
                node.Link.Candidates = [.. stage.Balancers.Select(b => b.Process.Pid)];
            }

            var settings = Path.Combine(stage._folder, "worker.hocon");
            await File.WriteAllTextAsync(settings, $"akkalb.worker {{ ledger = \"{stage._ledger.Path}\", wait = {StartBound.TotalSeconds}s }}");
            var workers = new List<NodeProcess>();
            foreach (var id in (string[])["w1", "w2"])
            {
                workers.Add(stage.Add(NodeProcess.Worker("--id", id, "--etcd", stage.Etcd.Endpoint, "--lease-ttl", "5", "--config", settings)));
            }

            foreach (var worker in workers)
            {
                await worker.WaitForLineAsync("ready worker ", StartBound);
            }

            stage.Askers = new Askers(stage.Balancers.Select(b => b.Address));
            await stage.Askers.UntilAsync(_ => true, StartBound);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that runs jobs for so many seconds; none of them may be lost. The first of them is done.</summary>
    public async Task<NodeProcess> StartLoadAsync(int seconds, params string[] more)
    {
        var before = _ledger.Read().Select(RunOf).ToHashSet();
        var settings = Path.Combine(_folder, "client.hocon");
        await File.WriteAllTextAsync(settings, $"akkalb.client.connect-timeout = {StartBound.TotalSeconds}s");
        var load = Add(NodeProcess.Client(
            ["load", "--for", seconds.ToString(CultureInfo.InvariantCulture), "--concurrency", "8", "--job", "sleep:50", "--json", "--etcd",
            Etcd.Endpoint, "--config", settings, .. more]));
        var first = _ledger.WaitForAsync(1, e => !before.Contains(RunOf(e)), StartBound);
        if (await Task.WhenAny(first, load.Ended) == load.Ended && !first.IsCompletedSuccessfully)
        {
            Assert.Fail($"the load ended before its first job was done: {await load.Ended}");
        }

        await first;
        return load;

        // A job is named by its client and a number.
        static string RunOf(JobLedgerFile.Entry entry) => entry.Job.Split('-')[0];
    }

    /// <summary>The balancer that decides, by the last answer.</summary>
    public Node Active => Balancers.Single(b => b.Address == Askers.Seen[^1].From);

    /// <summary>Waits until somebody has the lease that decides splits.</summary>
    public async Task<Node> DeciderOfSplitsAsync()
    {
        var (value, holder) = ("", (Node?)null);
        await Waiting.UntilAsync(
            async () =>
            {
                value = await Etcd.Etcdctl("get", "/akkalb/leases/AkkaLb-akka-sbr", "--print-value-only");
                holder = Balancers.FirstOrDefault(b => value.Contains($"@{b.Address}\"", StringComparison.Ordinal));
                return holder is not null;
            },
            StartBound,
            TimeSpan.FromMilliseconds(100),
            "one of the balancers with the lease that decides splits",
            () => value);
        return holder!;
    }

    /// <summary>Waits for an answer of a later term; prints how long that took.</summary>
    /// <returns>The first answer of the new term.</returns>
    public async Task<Askers.Assignment> NextTermAsync(string what, long from, long formerTerm)
    {
        var next = await Askers.UntilAsync(s => s.Term > formerTerm, TimeSpan.FromSeconds(60));
        var lastBefore = Askers.Seen.Last(s => s.Term == formerTerm);
        Print($"{what}: {Stopwatch.GetElapsedTime(lastBefore.At, next.At).TotalSeconds:0.00} s without assignments, "
            + $"{Stopwatch.GetElapsedTime(from, next.At).TotalSeconds:0.00} s from the fault to the first of the next");
        return next;
    }

    /// <summary>Waits for an answer of a later term, then for the end of the load: none of its jobs is lost.</summary>
    /// <returns>The first answer of the new term.</returns>
    public async Task<Askers.Assignment> FollowAsync(string what, long from, long formerTerm, NodeProcess load)
    {
        var next = await NextTermAsync(what, from, formerTerm);
        await EndOfLoadAsync(what, load);
        return next;
    }

    /// <summary>Waits for the end of the load: none of its jobs is lost.</summary>
    public async Task EndOfLoadAsync(string what, NodeProcess load)
    {
        var ending = await load.EndedAsync(TimeSpan.FromSeconds(120));
        Assert.True(ending.ExitCode == 0, ending.ToString());
        var summary = LoadSummary.Of(ending);
        Print($"{what}: no job lost: {summary}");
        Assert.Equal(0, summary.Failed);
        Assert.True(summary.Done > 0);
    }

    public void Print(string text)
    {
        _output.WriteLine(text);
        Console.WriteLine(text);
    }

    public NodeProcess Add(NodeProcess process)
    {
        _processes.Add(process);
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        if (Askers is not null)
        {
            await Askers.DisposeAsync();
        }

        foreach (var process in _processes)
        {
            _output.WriteLine(process.Describe());
            await process.DisposeAsync();
        }

        foreach (var node in Balancers)
        {
            await node.Link.DisposeAsync();
            await node.ToEtcd.DisposeAsync();
        }

        await Etcd.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void StartBalancer(Node node)
    {
        var settings = Path.Combine(_folder, $"{node.Id}.hocon");
        File.WriteAllText(settings, string.Create(CultureInfo.InvariantCulture, $"akkalb {{ port = {node.Link.Port}, bind.port = "
            + $"{node.Link.Target}, balancer.id = {node.Id}, etcd.request-timeout = 10s, cluster {{ {_clusterSettings} }} }}"));
        node.Process = Add(NodeProcess.Balancer(
            "--policy", "round-robin", "--mode", "singleton", "--etcd", node.ToEtcd.Endpoint, "--config", settings));
    }

    /// <param name="Link">Others reach it through this.</param>
    /// <param name="ToEtcd">It reaches etcd through this.</param>
    internal sealed record Node(string Id, NodeLink Link, FaultyProxy ToEtcd)
    {
        public NodeProcess Process { get; set; } = null!;

        public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Link.Port}");

        /// <summary>Nothing passes between this balancer and these any more.</summary>
        public void CutFrom(IReadOnlyList<Node> others)
        {
            Link.Cut([.. others.Select(o => o.Process.Pid)]);
            foreach (var other in others)
            {
                other.Link.Cut(Process.Pid);
            }
        }
    }
}
