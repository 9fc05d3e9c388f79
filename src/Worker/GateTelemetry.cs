using System.Diagnostics;
using System.Diagnostics.Metrics;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Worker;

/// <summary>What a gate measures, and the spans of its jobs.</summary>
/// <remarks>Names and units: docs/telemetry.md.</remarks>
/// <param name="service">Of the worker.</param>
internal sealed class GateTelemetry(string service)
{
    private static readonly Meter Meter = new(BalancedWorker.TelemetryName);
    private static readonly ActivitySource Source = new(BalancedWorker.TelemetryName);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "rpc.server.call.duration", "s", "Time of a job from its arrival to its answer.", null, Telemetry.Durations);

    private static readonly Histogram<double> Queued = Meter.CreateHistogram(
        "akkalb.job.time_in_queue", "s", "Time of a job from its arrival to its start.", null, Telemetry.Durations);

    private static readonly UpDownCounter<long> Active = Meter.CreateUpDownCounter<long>(
        "akkalb.jobs.active", "{job}", "Jobs that run or are being answered.");

    private static readonly Counter<long> Rejected = Meter.CreateCounter<long>(
        "akkalb.jobs.rejected", "{job}", "Jobs that were not started.");

    /// <summary>An instance gets the job.</summary>
    /// <param name="waited">Since it arrived.</param>
    /// <returns>Its span; null: nobody wants one.</returns>
    public Activity? Started(Job job, TimeSpan waited)
    {
        Active.Add(1, new KeyValuePair<string, object?>(Telemetry.Service, service));
        Telemetry.Record(Queued, span: null, waited, service, error: null);
        var current = Activity.Current;
        var span = Source.StartActivity($"akkalb {service}", ActivityKind.Server, Telemetry.ContextOf(job.Trace));
        Activity.Current = current;
        return span?.SetTag(Telemetry.System, Telemetry.SystemName).SetTag(Telemetry.Service, service).SetTag("akkalb.attempt", job.Attempt);
    }

    /// <summary>A job that was started is not held any more.</summary>
    /// <param name="took">Since it arrived.</param>
    /// <param name="error">Null: it has a result, or nobody wants one.</param>
    public void Ended(Activity? span, TimeSpan took, string? error, string? cause)
    {
        Active.Add(-1, new KeyValuePair<string, object?>(Telemetry.Service, service));
        Telemetry.Record(Duration, span, took, service, error);
        if (span is not null)
        {
            Telemetry.End(span, error, cause);
        }
    }

    public void WasRejected(JobRejectReason reason)
    {
        if (Rejected.Enabled)
        {
            Rejected.Add(1, new TagList { { Telemetry.Service, service }, { Telemetry.ErrorType, reason.ToString() } });
        }
    }
}
