using System.Diagnostics;
using System.Globalization;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>A balancer and workers on an etcd that something will happen to, and who watches them: one reads etcd's keys, one asks the balancer
/// for its state, one asks it for workers, all the time.</summary>
public sealed class FaultScene : IAsyncDisposable
{
    /// <summary>Nothing here takes so long unless it is broken.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan AssignEvery = TimeSpan.FromMilliseconds(10);

    private readonly ITestOutputHelper _output;
    private readonly TestCluster _cluster;
    private readonly string _endpoints;
    private readonly string[] _workerArguments;
    private readonly Dictionary<string, NodeProcess> _workers = [];
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private Assignments? _assignments;

    private FaultScene(ITestOutputHelper output, TestCluster cluster, string etcd, string[] workerArguments)
    {
        (_output, _cluster, _endpoints, _workerArguments) = (output, cluster, etcd, workerArguments);
        Etcd = new EtcdObserver(etcd);
        Balancer = new BalancerObserver(cluster.Address);
    }

    public EtcdObserver Etcd { get; }

    public BalancerObserver Balancer { get; }

    /// <summary>From the first workers on.</summary>
    public Assignments Assignments => _assignments ?? throw new InvalidOperationException("no worker was added");

    public TestCluster Cluster => _cluster;

    /// <summary>Starts a balancer and watches it.</summary>
    /// <param name="etcd">Its addresses.</param>
    /// <param name="leaseTtl">Of the workers, in seconds.</param>
    public static async Task<FaultScene> StartAsync(ITestOutputHelper output, string etcd, int leaseTtl = 3)
    {
        var cluster = await TestCluster.StartAsync(output, "round-robin", "--etcd", etcd);
        return new FaultScene(
            output,
            cluster,
            etcd,
            [
                "--lease-ttl", leaseTtl.ToString(CultureInfo.InvariantCulture),
                "--heartbeat", (leaseTtl * 1000 / 3).ToString(CultureInfo.InvariantCulture),
            ]);
    }

    public NodeProcess Worker(string id) => _workers[id];

    /// <summary>Starts workers and waits until each has been named.</summary>
    public async Task AddWorkersAsync(params string[] ids)
    {
        var processes = await _cluster.AddWorkersAsync(ids, ["--etcd", _endpoints, .. _workerArguments]);
        foreach (var (id, process) in ids.Zip(processes))
        {
            _workers[id] = process;
        }

        await WatchAssignmentsAsync();
        await UntilNamedAsync(ids);
    }

    /// <summary>Asks for workers from here on.</summary>
    public async Task WatchAssignmentsAsync() => _assignments ??= await Assignments.AskAsync(_cluster.Address, AssignEvery);

    /// <summary>Waits until each of these has been named again, a few times.</summary>
    public async Task UntilNamedAsync(params string[] ids)
    {
        IReadOnlyList<Assignments.Answer> answers = [];
        try
        {
            await Assignments.UntilAsync(a => ids.All(id => (answers = a).Count(x => x.Worker == id) >= 3), Bound);
        }
        catch (OperationCanceledException)
        {
            var named = answers.CountBy(a => a.Worker ?? a.Trouble!).Select(c => $"{c.Key} {c.Value}");
            Assert.Fail($"within {Bound} not all of {string.Join(", ", ids)} were named: {string.Join(", ", named)}; {await Balancer.AskAsync()}");
        }
    }

    /// <summary>Waits until the balancer has said so.</summary>
    public async Task<BalancerSample> UntilAsync(Func<BalancerSample, bool> isSo)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var sample = await Balancer.AskAsync();
            if (isSo(sample))
            {
                return sample;
            }

            if (bound.IsCancellationRequested)
            {
                Assert.Fail($"still {sample.Watcher} with members {string.Join(' ', sample.Members.Keys.Order())} after {Bound}");
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Waits until etcd's keys are these workers.</summary>
    public async Task<EtcdReading> UntilEtcdHoldsAsync(params string[] ids)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (true)
        {
            var reading = await Etcd.ReadAsync();
            if (reading.Workers is { } workers && workers.Keys.Order().SequenceEqual(ids.Order()))
            {
                return reading;
            }

            Assert.False(bound.IsCancellationRequested,
                $"etcd still holds {string.Join(' ', reading.Workers?.Keys.Order() ?? Enumerable.Empty<string>())} after {Bound}");
        }
    }

    /// <summary>Waits until the balancer's members are etcd's keys, to the incarnation, and the watch is open.</summary>
    /// <returns>What both hold.</returns>
    public async Task<IReadOnlyDictionary<string, EtcdKey>> UntilEqualAsync()
    {
        using var bound = new CancellationTokenSource(Bound);
        while (true)
        {
            var (etcd, balancer) = (await Etcd.ReadAsync(), await Balancer.AskAsync());
            if (etcd.Workers is { } workers && balancer.Watcher.IsConnected
                && workers.Select(w => (w.Key, w.Value.Incarnation)).Order().SequenceEqual(balancer.Members.Select(m => (m.Key, m.Value)).Order()))
            {
                Note($"equal: {workers.Count} workers in etcd at revision {etcd.Revision} and in the balancer at {balancer.Watcher.Revision}; "
                    + $"{balancer.Watcher}");
                return workers;
            }

            Assert.False(
                bound.IsCancellationRequested,
                $"not equal after {Bound}: etcd {string.Join(' ', etcd.Workers?.Keys.Order() ?? Enumerable.Empty<string>())}, balancer "
                    + $"{string.Join(' ', balancer.Members.Keys.Order())}, {balancer.Watcher}");
        }
    }

    /// <summary>Nobody of these left the balancer's table since then.</summary>
    public void AssertNobodyDropped(long since, params string[] ids)
    {
        var samples = Balancer.Samples.Where(s => s.At >= since).ToList();
        Assert.NotEmpty(samples);
        Assert.All(samples, s => Assert.Empty(ids.Except(s.Members.Keys)));
    }

    /// <summary>Nobody was named outside of its time, everyone who asked was told a worker, and no process printed a stack trace.</summary>
    public async Task AssertRulesHeldAsync()
    {
        var answers = Assignments.Answers;
        await Etcd.ReadPastAsync(Stopwatch.GetTimestamp());
        var readings = Etcd.Readings;
        var verdict = AssignmentWindow.Default.Judge(answers, readings);
        var byWorker = answers.Where(a => a.Worker is not null).CountBy(a => a.Worker!).OrderBy(c => c.Key).Take(8).Select(c => $"{c.Key} {c.Value}");
        Note($"{answers.Count} assignments ({string.Join(", ", byWorker)}), {verdict.Judged} of them while etcd was reached, "
            + $"{readings.Count} readings of etcd ({readings.Count(r => r.Workers is null)} failed), {Balancer.Samples.Count} of the balancer");
        Assignments.AssertAllAnswered();
        Assert.NotEqual(0, verdict.Judged);
        Assert.Empty(verdict.Violations);
        _cluster.AssertNoStackTraces();
    }

    public void Note(string text) =>
        _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_startedAt).TotalSeconds,6:0.00} s  {text}"));

    public void Note(string when, params IEnumerable<EtcdStatus> statuses)
    {
        foreach (var status in statuses)
        {
            Note($"etcd {when}: {status}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_assignments is not null)
        {
            await _assignments.DisposeAsync();
        }

        await Balancer.DisposeAsync();
        await Etcd.DisposeAsync();
        await _cluster.DisposeAsync();
    }
}
