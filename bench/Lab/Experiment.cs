using AkkaLb.Bench.Lab.Deciding;
using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Work;
using AkkaLb.Core.Policies;

namespace AkkaLb.Bench.Lab;

/// <summary>Runs policies and limits under a setting. What comes out depends on nothing else: not on the order, nor on how many threads run
/// them.</summary>
internal static class Experiment
{
    /// <summary>The rows of every comparison, before those that are asked for.</summary>
    public static IReadOnlyList<string> Always { get; } = [.. Limits.Names, Policy.Random];

    /// <summary>One run.</summary>
    /// <param name="name">A limit or a policy.</param>
    /// <param name="work">Made from the same setting.</param>
    public static Result Run(Setting setting, Workload work, string name, CancellationToken stop = default)
    {
        var streams = new Streams(setting.Seed);
        var dispatcher = Limits.Of(name, streams.Of(name)) ?? new Clients(setting, Policy.Of(name), streams.Of("back-off"));
        var world = new World(work, setting.SpeedsOfWorkers(), setting.Slots, setting.Discipline, dispatcher);
        Disturbances.Plan(setting, world);
        return world.Run(setting.ServiceTime, stop);
    }

    /// <summary>Several of them, on as many threads as there are processors.</summary>
    public static IReadOnlyList<(string Name, Result Result)> RunAll(
        Setting setting, Workload work, IReadOnlyList<string> names, CancellationToken stop)
    {
        var results = new Result[names.Count];
        Parallel.For(
            0, names.Count, Parallelism.Of(stop),
            i => results[i] = Run(setting, work, names[i], stop));
        return [.. names.Select((name, i) => (name, results[i]))];
    }
}
