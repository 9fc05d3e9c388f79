using System.Diagnostics;
using AkkaLb.Etcd;
using AkkaLb.Processes.Harness;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>Two independent balancers on one etcd; nobody is told an address, everybody finds both there.</summary>
[Collection(Alone.Name)]
public sealed class TwoBalancersTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int BalancerTtlSeconds = 3;
    private const int Jobs = 3000;
    private static readonly string[] WorkerIds = ["w1", "w2", "w3"];

    private readonly List<NodeProcess> _processes = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-processes-").FullName;
    private EtcdProcess _etcd = null!;
    private EtcdRegistry _registry = null!;

    private JobLedgerFile Ledger => new(Path.Combine(_folder, "ledger"));

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _registry = new EtcdRegistry(new EtcdSettings([new EtcdEndpoint("127.0.0.1", _etcd.Port)]), TimeProvider.System, new Random(4053));
        File.WriteAllText(Path.Combine(_folder, "balancer.hocon"), $"akkalb.balancer.lease-ttl = {BalancerTtlSeconds}s");
        File.WriteAllText(Path.Combine(_folder, "worker.hocon"), $"akkalb.worker.ledger = \"{Ledger.Path}\"");
    }

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            output.WriteLine(process.Describe());
            await process.DisposeAsync();
        }

        await _registry.DisposeAsync();
        await _etcd.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Least load decides on memory reports: it continues at once only if the workers report to the other balancer too.</summary>
    [Fact]
    public async Task No_job_is_lost_when_the_balancer_in_use_is_killed_and_the_one_that_comes_back_elsewhere_gets_every_workers_reports()
    {
        await using var scene = await StartSceneAsync();

        var killed = Fault(scene, Signals.Kill);
        await scene.Asker.UntilAsync(a => a.Count(x => x.Worker is not null) >= 200);

        var gap = scene.Asker.LongestGap(from: killed);
        output.WriteLine($"balancer killed: longest time without an assignment {gap.TotalMilliseconds:0} ms");
        await AssertAllDoneAsync(scene);
        var again = await StartBalancerAsync("b1");
        Assert.NotEqual(await AddressOfAsync(scene.Used), await AddressOfAsync(again));
        await UntilAllReportAsync(scene.Asker, again);
    }

    [Fact]
    public async Task A_balancer_told_to_stop_leaves_no_gap_to_speak_of()
    {
        await using var scene = await StartSceneAsync();
        var before = scene.Asker.LongestGap(from: 0);

        var told = Fault(scene, Signals.Terminate);
        var ending = await scene.Used.EndedAsync();
        await scene.Asker.UntilAsync(a => a.Count(x => x.Worker is not null) >= 200);

        output.WriteLine(
            $"balancer stopped: longest time without an assignment {scene.Asker.LongestGap(from: told).TotalMilliseconds:0} ms; while it ran "
                + $"{before.TotalMilliseconds:0} ms");
        Assert.Equal(0, ending.ExitCode);
        await AssertAllDoneAsync(scene);
    }

    /// <summary>One balancer, workers and an asker that uses it for want of another; then a second one, which all of them hear of and nobody has
    /// a reason to use; then a load that is told both, the first one first.</summary>
    private async Task<Scene> StartSceneAsync()
    {
        var used = await StartBalancerAsync("b1");
        await StartWorkersAsync();
        var asker = await Assignments.AskAsync(new EtcdBalancers(_registry));
        await asker.UntilAsync(a => a.Count(x => x.Worker is not null) >= 50);
        var other = await StartBalancerAsync("b2");
        await UntilAllReportAsync(asker, other);
        // No job may run twice, so each that is not done would be a failure.
        var load = Add(NodeProcess.Client(
            "load", "--jobs", $"{Jobs}", "--concurrency", "16", "--job", "sleep:10", "--not-idempotent", "--json",
            "--balancer", $"{await AddressOfAsync(used)},{await AddressOfAsync(other)}"));
        await Ledger.WaitForAsync(Jobs / 10);
        return new Scene(used, asker, load);
    }

    /// <returns>When.</returns>
    private long Fault(Scene scene, int signal)
    {
        Assert.InRange(Ledger.Read().Count, 1, Jobs - 100);
        var at = Stopwatch.GetTimestamp();
        scene.Used.Signal(signal);
        return at;
    }

    private async Task AssertAllDoneAsync(Scene scene)
    {
        var ending = await scene.Load.EndedAsync(TimeSpan.FromSeconds(60));
        var summary = LoadSummary.Of(ending);
        output.WriteLine($"load: {summary}; assign us p50 {summary.AssignMicros.P50} max {summary.AssignMicros.Max}");
        Assert.True(ending.ExitCode == 0, ending.ToString());
        Assert.Equal((Jobs, 0, 0), (summary.Done, summary.Failed, summary.NotDone));
        Assert.Equal(Jobs, Ledger.Read().Count(e => e.Outcome == "done"));
        Assert.Equal(Jobs, Ledger.Read().Select(e => e.Job).Distinct().Count());
        var troubles = scene.Asker.Answers.Where(a => a.Trouble is not null).ToList();
        output.WriteLine($"{scene.Asker.Answers.Count} questions, {troubles.Count} without a worker: "
            + $"{string.Join("; ", troubles.CountBy(a => a.Trouble!))}");
        Assert.Empty(troubles);
        AssertNoStackTraces();
    }

    /// <summary>Waits until the balancer knows all workers and has a fresh report of each.</summary>
    private static async Task UntilAllReportAsync(Assignments asker, NodeProcess balancer)
    {
        var address = await AddressOfAsync(balancer);
        await Waiting.UntilAsync(
            async () => (await asker.InspectAsync(address)).Balancer.Members.Count(m => m.ResidentBytes is not null) >= WorkerIds.Length,
            NodeProcess.Bound,
            TimeSpan.FromMilliseconds(20),
            $"a fresh report of each worker at {address}");
    }

    private static async Task<string> AddressOfAsync(NodeProcess balancer) =>
        (await balancer.WaitForLineAsync("ready balancer ")).Text.Split(' ')[2].Split('@')[1];

    private async Task<NodeProcess> StartBalancerAsync(string id)
    {
        var balancer = Add(NodeProcess.Balancer(
            "--id", id, "--policy", "least-load", "--port", "0", "--etcd", _etcd.Endpoint, "--config", Path.Combine(_folder, "balancer.hocon")));
        await balancer.WaitForLineAsync("ready balancer ");
        return balancer;
    }

    private async Task StartWorkersAsync()
    {
        var workers = WorkerIds
            .Select(id => (Id: id, Process: Add(NodeProcess.Worker(
                "--id", id, "--etcd", _etcd.Endpoint, "--config", Path.Combine(_folder, "worker.hocon")))))
            .ToList();
        foreach (var (id, process) in workers)
        {
            await process.WaitForLineAsync($"ready worker {id} ");
        }
    }

    private void AssertNoStackTraces() => Assert.DoesNotContain(_processes.SelectMany(p => p.Error.Texts), StackTraces.IsLine);

    private NodeProcess Add(NodeProcess process)
    {
        _processes.Add(process);
        return process;
    }

    private sealed record Scene(NodeProcess Used, Assignments Asker, NodeProcess Load) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Asker.DisposeAsync();
    }
}
