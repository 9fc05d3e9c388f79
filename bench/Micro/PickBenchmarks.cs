using System.Globalization;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;
using BenchmarkDotNet.Attributes;

namespace AkkaLb.Bench.Micro;

/// <summary>What one pick costs, by the policy alone and through the balancer's whole decision.</summary>
public class PickBenchmarks
{
    private static readonly TimeSpan Now = TimeSpan.Zero;

    private readonly List<Candidate> _picked = new(1);
    private readonly EndedPick _ended = new(1, PickEnd.Done, TimeSpan.FromMilliseconds(100), new JobCounts(9, 1));
    private Assign[] _requests = null!;
    private IChooser _chooser = null!;
    private WorkerPool _core = null!;
    private WorkerPool _noting = null!;
    private WorkerKey[] _keys = null!;
    private Candidate? _last;
    private long _sequence;
    private int _next;
    private int _asked;
    private int _alone;

    /// <summary>
    /// Least load twice. Distinct: the same worker is the least until it reports again, as between two reports. Equal: each pick changes who is the
    /// least, the dearest case of the heap. Rendezvous twice: with keys that came lately, and with so many that nearly each one is new to it.
    /// </summary>
    [Params("round-robin", "pick-first", "least-load distinct", "least-load equal", "random", "weighted-round-robin", "least-requests",
        "power-of-two", "shortest-delay", "peak-ewma", "prequal", "water-filling", "resource-score", "rendezvous known", "rendezvous new",
        "maglev")]
    public string Policy { get; set; } = null!;

    [Params(10, 1_000, 10_000)]
    public int Workers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var policy = Core.Policies.Policy.Of(Policy.Split(' ')[0]);
        _noting = new WorkerPool(new WorkerTable(BalancerLimits.Default), policy, new Random(4053), decisions: new DecisionLog());
        _core = new WorkerPool(
            new WorkerTable(BalancerLimits.Default), policy with { NewChooser = random => _chooser = policy.NewChooser(random) }, new Random(4053));
        _keys = [.. Enumerable.Range(0, Workers).Select(i => new WorkerKey(string.Create(CultureInfo.InvariantCulture, $"worker-{i}"), i + 1))];
        var known = new Watched<Member>.Known(
            0,
            [.. _keys.Select((key, i) => new Member(
                new WorkerRecord(key.Id, key.Incarnation, $"akka.tcp://AkkaLb@10.0.0.1:4055/user/worker#{i + 1}", WorkerState.Up, 64, 1000, "0.1.0"),
                i + 1))]);
        _core.Apply(known, Now);
        _noting.Apply(known, Now);

        // Each tells that the one before it has ended.
        var (count, hasKeys) = Policy switch { "rendezvous known" or "maglev" => (512, true), "rendezvous new" => (1 << 18, true), _ => (64, false) };
        _requests = [.. Enumerable.Range(0, count).Select(i => new Assign(
            i + 1, 1, [], hasKeys ? string.Create(CultureInfo.InvariantCulture, $"user-{i}") : null, TimeSpan.FromSeconds(60),
            Finished: new Finished(1, 0, [_ended with { Pick = i == 0 ? count : i }])))];

        // Sequences start where nothing that a benchmark reports is outdated.
        for (_sequence = 0; _sequence < Workers; _sequence++)
        {
            Report(_core, (int)_sequence);
            Report(_noting, (int)_sequence);
        }

        foreach (var candidate in _core.Eligible)
        {
            _chooser.Ended(_last = candidate, _ended, Now);
        }

        // On a busy machine the JIT's own thread comes late, and BenchmarkDotNet's short warm-up may end before it.
        for (var end = Environment.TickCount64 + 300; Environment.TickCount64 < end;)
        {
            ReportThenPick();
            ByPolicy();
            EndThenPick();
            ByPoolThatNotes();
        }
    }

    [Benchmark(Description = "pick, policy alone")]
    public Candidate? ByPolicy()
    {
        var request = _requests[_alone = (_alone + 1) & (_requests.Length - 1)];
        var picked = request.Key is { } key ? _chooser.PickFor(key, 1, [], Now) : _chooser.Pick([], Now);
        _chooser.Changed(picked!);
        return picked;
    }

    /// <summary>As a pick is where one ends for each that begins: policies that learn from answers have something to look at.</summary>
    [Benchmark(Description = "end, then pick, policy alone")]
    public Candidate? EndThenPick()
    {
        _chooser.Ended(_last!, _ended, Now);
        _chooser.Changed(_last!);
        _last = _chooser.Pick([], Now);
        _chooser.Changed(_last!);
        return _last;
    }

    /// <summary>As in a balancer whose clients tell when their picks end: one ends for each that begins.</summary>
    [Benchmark(Description = "end, then pick, WorkerPool")]
    public AssignRejection? ByPool()
    {
        var request = _requests[_asked = (_asked + 1) & (_requests.Length - 1)];
        _core.Finish(request.Finished!, Now);
        return _core.Assign(request, _picked, Now);
    }

    /// <summary>As a balancer does it: each decision is noted, with what was known.</summary>
    [Benchmark(Description = "end, then pick, WorkerPool that notes")]
    public AssignRejection? ByPoolThatNotes()
    {
        var request = _requests[_asked = (_asked + 1) & (_requests.Length - 1)];
        _noting.Finish(request.Finished!, Now);
        return _noting.Assign(request, _picked, Now);
    }

    [Benchmark(Description = "report")]
    public void ReportOnly()
    {
        _sequence++;
        Report(_core, Next());
    }

    [Benchmark(Description = "report, then pick")]
    public AssignRejection? ReportThenPick()
    {
        _sequence++;
        Report(_core, Next());
        return ByPool();
    }

    /// <summary>Workers report in turn but not in the order of their places: 7919 is prime to every size here.</summary>
    private int Next() => _next = (_next + 7919) % Workers;

    private void Report(WorkerPool pool, int worker)
    {
        var bytes = Policy.EndsWith("equal", StringComparison.Ordinal)
            ? 500_000_000
            : 100_000_000 + (((_sequence * 7919) + worker) % 1_000_003 * 1000);
        pool.Report(new MemoryReport(_keys[worker], _sequence, TimeSpan.FromSeconds(1), bytes, 0, 0, default, 0), Now);
    }
}
