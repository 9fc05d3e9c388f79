using System.Text.Json;
using System.Text.Json.Nodes;
using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Work;

namespace AkkaLb.Bench.Lab;

/// <summary>A comparison as a JSON object: its settings, by the names of their flags, what was changed about the jobs, and a row for each limit and
/// policy.</summary>
internal static class ResultJson
{
    public static JsonSerializerOptions Style { get; } = new() { WriteIndented = true };

    public static JsonObject Of(Setting setting, Workload work, IReadOnlyList<(string Name, Result Result)> rows) => new()
    {
        ["policies"] = new JsonObject(rows.Select(row => KeyValuePair.Create<string, JsonNode?>(row.Name, Row(row.Result)))),
        ["notes"] = new JsonArray([.. work.Notes.Select(note => (JsonNode)note)]),
        ["settings"] = Settings(setting),
    };

    /// <summary>What was measured, rounded to four decimals.</summary>
    public static JsonObject Row(Result result) => new()
    {
        ["p50"] = Rounded(result.P50),
        ["p99"] = Rounded(result.P99),
        ["p999"] = Rounded(result.P999),
        ["mean"] = Rounded(result.Mean),
        ["imbalance"] = Rounded(result.Imbalance),
        ["hot"] = Rounded(result.Hot),
        ["rejected"] = Rounded(result.Rejected),
        ["job-rejected"] = Rounded(result.JobRejected),
        ["done"] = Rounded(result.Done),
    };

    private static JsonObject Settings(Setting setting) => new()
    {
        ["arrivals"] = setting.Arrivals,
        ["durations"] = Words.Of(setting.Durations),
        ["workers"] = setting.Workers,
        ["speeds"] = setting.Speeds.Text,
        ["slots"] = setting.Slots,
        ["discipline"] = Words.Of(setting.Discipline),
        ["utilisation"] = setting.Utilisation,
        ["service-time"] = setting.ServiceTime,
        ["report-age"] = setting.ReportAge,
        ["finish-delay"] = setting.FinishDelay,
        ["untold"] = !setting.IsTold,
        ["network-delay"] = setting.NetworkDelay,
        ["balancers"] = setting.Balancers,
        ["clients"] = setting.Clients,
        ["stock"] = setting.Stock,
        ["capacity"] = setting.Capacity,
        ["kill-every"] = setting.KillEvery,
        ["down-for"] = setting.DownFor,
        ["lease"] = setting.Lease,
        ["slow"] = setting.Slow,
        ["slow-factor"] = setting.SlowFactor,
        ["jobs"] = setting.Jobs,
        ["seed"] = setting.Seed,
    };

    private static double Rounded(double number) => Math.Round(number, 4);
}
