using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using AkkaLb.Bench.Lab.Validation;
using AkkaLb.Programs;

namespace AkkaLb.Bench.Lab.Plots;

/// <summary>Makes every file of docs/policies.</summary>
internal static class PlotsCommand
{
    public static int Run(string folder, PlotPlan plan, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var runs = PlotRuns.Of(plan, stop);
        var checks = new Checks(plan.ValidationJobs, plan.Base.Seed, stop).All().ToList();
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "lab.md"), Markdown.Of(plan, runs, checks));
            File.WriteAllText(Path.Combine(folder, "lab.json"), Json(runs));
            foreach (var figure in plan.Figures)
            {
                Picture.Save(folder, figure, plan, runs);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProgramException(ExitCode.JobsFailed, $"{folder}: {e.Message}", e);
        }

        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{runs.Count} runs of {plan.Base.Jobs} jobs in {clock.Elapsed.TotalSeconds:0} s; see {folder}"));
        return ExitCode.Ok;
    }

    /// <summary>A line for each run, so that a change shows as one.</summary>
    private static string Json(PlotRuns runs) =>
        "[\n" + string.Join(",\n", runs.All.Select(run => Line(run.Setting, run.Name, run.Result).ToJsonString())) + "\n]\n";

    private static JsonObject Line(Setting setting, string name, Engine.Result result)
    {
        var line = new JsonObject
        {
            ["policy"] = name,
            ["arrivals"] = setting.Arrivals,
            ["discipline"] = Words.Of(setting.Discipline),
            ["utilisation"] = setting.Utilisation,
            ["report-age"] = setting.ReportAge,
            ["finish-delay"] = setting.FinishDelay,
            ["balancers"] = setting.Balancers,
        };
        foreach (var (key, value) in ResultJson.Row(result))
        {
            line[key] = value!.DeepClone();
        }

        return line;
    }
}
