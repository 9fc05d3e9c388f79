using System.Globalization;
using System.Text.Json;

namespace AkkaLb.Processes.Harness;

/// <summary>What <c>load --json</c> prints.</summary>
public sealed record LoadSummary(
    long Done,
    long Failed,
    long Retried,
    long NotDone,
    double Seconds,
    double JobsPerSecond,
    LoadSummary.Percentiles AssignMicros,
    LoadSummary.Percentiles JobMillis,
    Dictionary<string, long> Workers,
    Dictionary<string, long> Failures,
    IReadOnlyList<LoadSummary.FailedJob> FailedJobs,
    IReadOnlyList<string> RetriedJobs)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    public static LoadSummary Of(Ending ending) => JsonSerializer.Deserialize<LoadSummary>(Assert.Single(ending.Output), Json)!;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"done {Done} failed {Failed} retried {Retried} in {Seconds} s, {JobsPerSecond}/s; job ms p50 {JobMillis.P50} p99 {JobMillis.P99} max "
            + $"{JobMillis.Max}; {string.Join(' ', Workers.Select(w => $"{w.Key}={w.Value}"))}");

    public sealed record Percentiles(double P50, double P90, double P99, double Max);

    public sealed record FailedJob(string Job, string Error, string? Worker, string Cause, int Sends, double Millis);
}
