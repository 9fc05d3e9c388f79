using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Worker;

/// <summary>What a gate measures, and the spans of its jobs.</summary>
/// <param name="service">Of the worker.</param>
/// <param name="failed">Told what listeners have thrown.</param>
internal sealed class GateTelemetry(string service, Action<Exception> failed)
{
    internal static readonly Instruments Instruments = new(BalancedWorker.TelemetryName);
    private static readonly ActivitySource Source = Instruments.Source(BalancedWorker.TelemetryName);

    private static readonly JobTelemetry.CountByService Active = new(
        Instruments, "akkalb.jobs.active", "{job}", "Jobs that were started and have not been answered.");

    private static readonly Histogram<double> Duration = Instruments.Durations(
        "rpc.server.call.duration", "Time of a job from its arrival to its answer.");

    private static readonly Histogram<double> Queued = Instruments.Durations(
        "akkalb.job.time_in_queue", "Time of a job from its arrival to its start.");

    private static readonly Counter<long> Rejected = Instruments.Counter("akkalb.jobs.rejected", "{job}", "Jobs that were not started.");

    private readonly StrongBox<long> _active = Active.Of(service);
    private readonly string _name = $"akkalb {service}";

    /// <summary>An instance gets the job, for the first time.</summary>
    /// <param name="waited">Since it arrived.</param>
    /// <returns>Its span; null: nobody wants one.</returns>
    public Activity? Started(Job job, TimeSpan waited)
    {
        Interlocked.Increment(ref _active.Value);
        return Queued.Enabled || Source.HasListeners() ? Begin(job, waited) : null;
    }

    /// <summary>A job that was started has its answer.</summary>
    /// <param name="took">Since it arrived.</param>
    /// <param name="error">Null: it has a result.</param>
    /// <param name="cause">In words.</param>
    public void Ended(Activity? span, TimeSpan took, string? error, string? cause)
    {
        Interlocked.Decrement(ref _active.Value);
        if (span is not null || Duration.Enabled)
        {
            Measure(span, took, error, cause);
        }
    }

    public void WasRejected(JobRejectReason reason)
    {
        if (Rejected.Enabled)
        {
            JobTelemetry.Apart(() => JobTelemetry.Add(Rejected, 1, service, reason.ToString()), failed);
        }
    }

    private Activity? Begin(Job job, TimeSpan waited)
    {
        Activity? span = null;
        JobTelemetry.Apart(
            () =>
            {
                span = JobTelemetry.Start(Source, _name, ActivityKind.Server, service, JobTelemetry.ContextOf(job.Trace));
                span?.SetTag("akkalb.attempt", job.Attempt);
                JobTelemetry.Record(Queued, waited, service, error: null);
            },
            failed);
        return span;
    }

    private void Measure(Activity? span, TimeSpan took, string? error, string? cause) => JobTelemetry.Apart(
        () =>
        {
            Activity.Current = span;
            JobTelemetry.Record(Duration, took, service, error);
            if (span is not null)
            {
                JobTelemetry.End(span, error, cause);
            }
        },
        failed);
}
