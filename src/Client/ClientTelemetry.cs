using System.Diagnostics;
using System.Diagnostics.Metrics;
using AkkaLb.Messages;

namespace AkkaLb.Client;

/// <summary>The instruments and the spans' source of clients.</summary>
/// <remarks>Names and units: docs/telemetry.md.</remarks>
internal static class ClientTelemetry
{
    private static readonly Instruments Instruments = new(BalancedClient.TelemetryName);

    public static readonly ActivitySource Source = Instruments.Source(BalancedClient.TelemetryName);

    public static readonly JobTelemetry.CountByService ActiveJobs = new(
        Instruments, "akkalb.jobs.active", "{job}", "Jobs that were submitted and have not ended.");

    public static readonly JobTelemetry.CountByService UnusedPicks = new(
        Instruments, "akkalb.stock.unused", "{assignment}", "Picks that were got ahead and that no job uses yet.");

    public static readonly Histogram<double> Jobs = Instruments.Durations(
        "rpc.client.call.duration", "Time of a job from its submission to its end.");

    public static readonly Histogram<double> Attempts = Instruments.Durations(
        "akkalb.attempt.duration", "Time of one send of a job to a worker, until it is answered or given up.");

    public static readonly Counter<long> Retries = Instruments.Counter("akkalb.retries", "{retry}", "Sends of a job after its first.");

    public static readonly Counter<long> TransparentRetries = Instruments.Counter(
        "akkalb.retries.transparent", "{retry}", "Of these, the sends of jobs that had certainly not been started.");

    public static readonly Counter<long> Exhausted = Instruments.Counter(
        "akkalb.retry.budget.exhausted", "{job}", "Jobs that were not sent again because the retry budget was used up.");
}
