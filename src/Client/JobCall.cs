using System.Diagnostics;
using System.Diagnostics.Metrics;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Messages;

namespace AkkaLb.Client;

/// <summary>What is measured of a job, and its span: from where its caller asks for it to its end.</summary>
/// <remarks>Names and units: docs/telemetry.md.</remarks>
internal sealed class JobCall
{
    private static readonly Meter Meter = new(BalancedClient.TelemetryName);
    private static readonly ActivitySource Source = new(BalancedClient.TelemetryName);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "rpc.client.call.duration", "s", "Time of a job from its submission to its end.", null, Telemetry.Durations);

    private static readonly UpDownCounter<long> Active = Meter.CreateUpDownCounter<long>(
        "akkalb.jobs.active", "{job}", "Jobs that were submitted and have not ended.");

    private static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "akkalb.retries", "{retry}", "Sends of a job after its first.");

    private readonly string _service;
    private readonly Activity? _span;
    private readonly long _startedAt = Stopwatch.GetTimestamp();

    private JobCall(string service)
    {
        _service = service;
        var current = Activity.Current;
        _span = Source.StartActivity($"akkalb {service}", ActivityKind.Client);
        Activity.Current = current;
        Trace = Telemetry.TraceOf(_span ?? current);
        _span?.SetTag(Telemetry.System, Telemetry.SystemName).SetTag(Telemetry.Service, service);
        Active.Add(1, new KeyValuePair<string, object?>(Telemetry.Service, service));
    }

    /// <summary>The trace that it belongs to; null: none.</summary>
    public JobTrace? Trace { get; }

    public static JobCall Start(string service) => new(service);

    public void Ended(JobOutcome outcome)
    {
        var error = (outcome as JobOutcome.Failed)?.Error.ToString();
        Active.Add(-1, new KeyValuePair<string, object?>(Telemetry.Service, _service));
        if (outcome.Sends > 1)
        {
            Retries.Add(outcome.Sends - 1, new KeyValuePair<string, object?>(Telemetry.Service, _service));
        }

        Telemetry.Record(Duration, _span, Stopwatch.GetElapsedTime(_startedAt), _service, error);
        if (_span is not null)
        {
            _span.SetTag("akkalb.sends", outcome.Sends);
            _span.SetTag("akkalb.worker.id", outcome switch
            {
                JobOutcome.Done done => done.Worker.Id,
                JobOutcome.Failed failed => failed.Worker?.Id,
                _ => null,
            });
            Telemetry.End(_span, error, (outcome as JobOutcome.Failed)?.Cause);
        }
    }
}
