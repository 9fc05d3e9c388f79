using AkkaLb.Bench.Lab.Deciding;
using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Work;
using AkkaLb.Core.Policies;

namespace AkkaLb.Bench.Lab.Validation;

/// <summary>The lab's engine against what is known exactly. Each number is the mean of <see cref="Runs"/> independent runs.</summary>
/// <param name="jobs">Of all runs of a check together; 8 million keep a mean within about half a per cent.</param>
internal sealed class Checks(int jobs, long seed, CancellationToken stop)
{
    private const int Runs = 8;
    private const double Load = 0.8;
    private const int BinCount = 1 << 16;
    private const int Queues = 1000;

    /// <summary>A worker of speed 1 with one slot: M/M/1.</summary>
    private static readonly Setting Single = new()
    {
        Workers = 1, Speeds = SpeedList.Parse("1"), Slots = 1, Utilisation = Load, Clients = 1,
    };

    public IEnumerable<Check> All()
    {
        var single = Measure(Single);
        yield return new("M/M/1, load 0.8: mean", Theory.SingleQueueMean(Load), single.Mean);
        yield return new("M/M/1, load 0.8: p99", Theory.SingleQueueQuantile(Load, 0.99), single.P99);
        var shared = Measure(Single with { Discipline = Discipline.Shared }, Limits.ShortestQueue);
        yield return new("M/M/1-PS, load 0.8: mean", Theory.SingleQueueMean(Load), shared.Mean);
        var four = Theory.ManyServersMean(Load, 4);
        yield return new("M/M/4, load 0.8, one worker with 4 slots: mean", four, Measure(Single with { Slots = 4 }, Limits.ShortestQueue).Mean);
        yield return new("M/M/4, load 0.8, central queue of 4 workers: mean", four, Measure(Single with { Workers = 4 }).Mean);
        var split = Measure(Single with { Workers = 10, Clients = 10 }, Policy.Random);
        yield return new("10 x M/M/1 by the balancer's random: mean", Theory.SingleQueueMean(Load), split.Mean);
        foreach (var load in (double[])[0.9, 0.95, 0.99])
        {
            yield return new(
                FormattableString.Invariant($"best of 2 of {Queues} queues, load {load}: mean"), Theory.SupermarketMean(load, 2), Supermarket(load));
        }

        foreach (var choices in (int[])[1, 2])
        {
            yield return new($"{BinCount} balls into bins, best of {choices}: fullest", Theory.FullestBin(BinCount, choices), Fullest(choices));
        }
    }

    private Result Measure(Setting setting, string name = Limits.CentralQueue) =>
        Measure(setting, (one, work) => Experiment.Run(one, work, name, stop));

    private double Supermarket(double load) => Measure(
        Single with { Workers = Queues, Utilisation = load },
        (one, work) => new World(work, one.SpeedsOfWorkers(), 1, Discipline.Fifo, new SampledQueues(2, new Streams(one.Seed).Of("choices")))
            .Run(1, stop)).Mean;

    private Result Measure(Setting setting, Func<Setting, Workload, Result> run)
    {
        var results = new Result[Runs];
        Parallel.For(0, Runs, Parallelism.Of(stop), i =>
        {
            var one = setting with { Jobs = Math.Max(1000, jobs / Runs), Seed = seed + i };
            results[i] = run(one, new WorkloadMaker(one, null).Make());
        });
        return results[0] with { Mean = results.Average(r => r.Mean), P99 = results.Average(r => r.P99) };
    }

    private double Fullest(int choices)
    {
        var streams = new Streams(seed);
        var fullest = new double[Math.Max(20, jobs / 20_000)];
        Parallel.For(0, fullest.Length, Parallelism.Of(stop), i => fullest[i] = Bins.Throw(BinCount, choices, streams.Of("bins", i)).Max());
        return fullest.Average();
    }
}
