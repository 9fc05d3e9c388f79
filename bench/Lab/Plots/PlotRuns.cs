using System.Collections.Concurrent;
using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Work;
using AkkaLb.ClientNode.Commands;

namespace AkkaLb.Bench.Lab.Plots;

/// <summary>Every run that a plan needs, each made once.</summary>
internal sealed class PlotRuns
{
    private readonly Dictionary<(Setting Setting, string Name), Result> _results;

    private PlotRuns(Dictionary<(Setting, string), Result> results) => _results = results;

    public int Count => _results.Count;

    /// <summary>All of them, in an order that depends on the plan alone.</summary>
    public IEnumerable<(Setting Setting, string Name, Result Result)> All => _results.Select(r => (r.Key.Setting, r.Key.Name, r.Value));

    public Result this[Setting setting, string name] => _results[(PlotPlan.For(name, setting), name)];

    public static PlotRuns Of(PlotPlan plan, CancellationToken stop)
    {
        var settings = plan.Tables.SelectMany(t => t.Columns).Select(c => c.Setting)
            .Concat(plan.Figures.SelectMany(f => f.Points).Select(p => p.Setting));
        (Setting Setting, string Name)[] cells =
            [.. settings.SelectMany(setting => plan.Names.Select(name => (PlotPlan.For(name, setting), name))).Distinct()];
        var works = new Works();
        var results = new Result[cells.Length];
        Parallel.For(
            0, cells.Length, Parallelism.Of(stop),
            i => results[i] = Experiment.Run(cells[i].Setting, works.Of(cells[i].Setting), cells[i].Name, stop));
        return new PlotRuns(cells.Zip(results).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    /// <summary>The smallest of the limits' numbers in a setting, and whose it is.</summary>
    public (double Value, string Name) Best(Setting setting, Func<Result, double> number) =>
        Deciding.Limits.Names.Select(name => (number(this[setting, name]), name)).MinBy(pair => pair.Item1);

    /// <summary>Jobs by what they depend on, each made once and used by all threads.</summary>
    private sealed class Works
    {
        private readonly ConcurrentDictionary<string, Lazy<Trace?>> _traces = new();
        private readonly ConcurrentDictionary<(string, double), Lazy<Workload>> _works = new();

        public Workload Of(Setting setting) => _works.GetOrAdd(
            (setting.Arrivals, setting.Utilisation), _ => new(() => new WorkloadMaker(setting, TraceOf(setting.Arrivals)).Make())).Value;

        private Trace? TraceOf(string arrivals) => _traces.GetOrAdd(arrivals, name => new(() => Source.TraceOf(name))).Value;
    }
}
