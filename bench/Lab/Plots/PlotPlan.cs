using AkkaLb.Bench.Lab.Deciding;
using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Core.Policies;

namespace AkkaLb.Bench.Lab.Plots;

/// <summary>A table: a policy a row, and in each column what it did in one setting.</summary>
internal sealed record Table(string Title, IReadOnlyList<(string Title, Setting Setting)> Columns);

/// <summary>A picture: p99 of each policy over something that varies.</summary>
/// <param name="File">Without its ending.</param>
/// <param name="IsLogarithmic">Of the axis to the right; the other one always is.</param>
internal sealed record Figure(string File, string Title, string Axis, bool IsLogarithmic, IReadOnlyList<(double X, Setting Setting)> Points);

/// <summary>What docs/policies is made of: which settings, and for which policies. Times are in mean service times, because that is a second
/// here.</summary>
internal sealed class PlotPlan(int jobs, long seed, IReadOnlyList<string> policies, int workers = 100)
{
    private readonly Setting _base = new() { Jobs = jobs, Seed = seed, Workers = workers };

    /// <summary>Rows and lines: the limits, then the policies, <see cref="Policy.Random"/> among them.</summary>
    public IReadOnlyList<string> Names { get; } = [.. Experiment.Always.Concat(policies).Distinct()];

    public Setting Base => _base;

    /// <summary>Jobs for each line of the validation: as many as <c>validate</c> takes when the runs have their usual length.</summary>
    public int ValidationJobs => (int)Math.Min(8_000_000, 134L * jobs);

    public IReadOnlyList<Table> Tables =>
    [
        .. from discipline in (Discipline[])[Discipline.Fifo, Discipline.Shared]
           from utilisation in (double[])[0.8, 0.95]
           from balancers in (int[])[1, 3]
           select TableOf(_base with { Discipline = discipline, Utilisation = utilisation, Balancers = balancers }),
    ];

    public IReadOnlyList<Figure> Figures =>
    [
        ByUtilisation(Discipline.Fifo),
        ByUtilisation(Discipline.Shared),
        new(
            "p99-by-report-age", "p99 by age of the reports, shared slots, 80 % load", "report interval in mean service times", true,
            Points([0.1, 0.2, 0.5, 1, 2, 5, 10, 20], (setting, x) => setting with { Discipline = Discipline.Shared, ReportAge = x })),
        new(
            "p99-by-finish-delay", "p99 by how late ends are told, shared slots, 80 % load", "delay in mean service times", false,
            Points([0, 0.1, 0.2, 0.3, 0.5], (setting, x) => setting with { Discipline = Discipline.Shared, FinishDelay = x })),
    ];

    /// <summary>The setting in which a row is run: a limit knows everything at once, so only its jobs and its workers matter.</summary>
    public static Setting For(string name, Setting setting) =>
        Limits.Names.Contains(name) ? setting with { ReportAge = 1, FinishDelay = 0, Balancers = 1 } : setting;

    private static Table TableOf(Setting setting)
    {
        var balancers = setting.Balancers == 1 ? "one balancer" : $"{setting.Balancers} balancers";
        return new Table(
            FormattableString.Invariant($"{Words.Of(setting.Discipline)}, {setting.Utilisation:0 %} load, {balancers}"),
            [
                .. from source in Source.All
                   from age in (double[])[1, 10]
                   select ($"{source.Title} {age}", source.In(setting) with { ReportAge = age }),
            ]);
    }

    private Figure ByUtilisation(Discipline discipline) => new(
        $"p99-by-load-{Words.Of(discipline)}", $"p99 by load, {Words.Of(discipline)}, reports every mean service time", "utilisation", false,
        Points([0.5, 0.6, 0.7, 0.8, 0.9, 0.95], (setting, x) => setting with { Discipline = discipline, Utilisation = x }));

    private List<(double X, Setting Setting)> Points(double[] values, Func<Setting, double, Setting> at) =>
        [.. values.Select(x => (x, at(_base, x)))];
}
