using System.Globalization;
using System.Text;
using AkkaLb.Bench.Lab.Deciding;
using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Validation;

namespace AkkaLb.Bench.Lab.Plots;

/// <summary>The tables of docs/policies, as a page.</summary>
internal static class Markdown
{
    public static string Of(PlotPlan plan, PlotRuns runs, IReadOnlyList<Check> checks)
    {
        var text = new StringBuilder();
        text.AppendLine(Head(plan.Base));
        foreach (var figure in plan.Figures)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"![{figure.Title}]({figure.File}.svg)").AppendLine();
        }

        Add(text, "p99", plan, runs, r => r.P99);
        Add(text, "mean", plan, runs, r => r.Mean);
        Add(text, checks);
        return text.ToString().TrimEnd() + "\n";
    }

    private static string Head(Setting setting) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        # Policies in the lab

        Made by `dotnet run -c Release --project bench/Lab -- plots`; every number behind it is in [lab.json](lab.json).

        {setting.Workers} workers of {setting.Slots} slots, speeds {setting.Speeds.Text} (speed:share), {setting.Jobs:N0} jobs, the first tenth not
        counted, {setting.Clients} clients, no network delay. *fifo*: jobs wait behind the slots. *shared*: all jobs of a worker share its slots.
        A column is a source of jobs and the interval of the workers' reports in mean service times. Numbers are multiples of the best of three rules
        that know the workers' jobs at every moment ({string.Join(", ", Limits.Names.Select(n => $"`{n}`"))}):
        1.00 is as good as the best of them, the first row says how large that is in mean service times.

        Sources: *Poisson* has exponential gaps and durations. *conversations* and *code* are the Azure LLM inference traces of 2023 (Azure Public
        Dataset, CC-BY 4.0). *MapReduce* is a day of Facebook's in 2010 (SWIM, New BSD licence).
        Licences: [bench/Lab/traces](../../bench/Lab/traces/README.md).

        """);

    private static void Add(StringBuilder text, string what, PlotPlan plan, PlotRuns runs, Func<Result, double> number)
    {
        foreach (var table in plan.Tables)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"## {what}: {table.Title}").AppendLine();
            AddRow(text, "", table.Columns.Select(c => c.Title));
            AddRow(text, "---", table.Columns.Select(_ => "--:"));
            AddRow(text, "best limit, service times", table.Columns.Select(c => Number(runs.Best(c.Setting, number).Value)));
            foreach (var name in plan.Names)
            {
                AddRow(text, $"`{name}`", table.Columns.Select(
                    c => Number(number(runs[c.Setting, name]) / runs.Best(c.Setting, number).Value)));
            }

            text.AppendLine();
        }
    }

    private static void Add(StringBuilder text, IReadOnlyList<Check> checks)
    {
        text.AppendLine("## The lab against theory").AppendLine();
        text.AppendLine("`validate` makes this table, and fails when a line is more than 2 % off. Where each rule is from: `Validation/Theory.cs`.");
        text.AppendLine();
        AddRow(text, "", ["theory", "measured", "deviation"]);
        AddRow(text, "---", ["--:", "--:", "--:"]);
        foreach (var check in checks)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {check.Name} | {check.Theory:0.0000} | {check.Measured:0.0000} | {100 * check.Deviation:+0.00;-0.00} % |");
        }
    }

    private static void AddRow(StringBuilder text, string first, IEnumerable<string> cells) =>
        text.AppendLine(CultureInfo.InvariantCulture, $"| {first} | {string.Join(" | ", cells)} |");

    private static string Number(double number) =>
        number >= 100 ? "> 99" : number.ToString(number >= 9.995 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
