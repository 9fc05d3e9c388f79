using System.Diagnostics;
using System.Runtime.CompilerServices;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Messages;

namespace AkkaLb.Client;

/// <summary>What is measured of a job, and its span: from where its caller asks for it to its end.</summary>
internal sealed class JobCall
{
    private readonly string _service;
    private readonly Action<Exception> _failed;
    private readonly StrongBox<long> _active;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private Activity? _span;

    /// <param name="failed">Told what listeners have thrown.</param>
    public JobCall(string service, Action<Exception> failed)
    {
        (_service, _failed, _active) = (service, failed, ClientTelemetry.ActiveJobs.Of(service));
        Interlocked.Increment(ref _active.Value);
        if (ClientTelemetry.Source.HasListeners())
        {
            JobTelemetry.Apart(
                () => _span = JobTelemetry.Start(ClientTelemetry.Source, $"akkalb {_service}", ActivityKind.Client, _service), failed);
        }

        Trace = JobTelemetry.TraceOf(_span ?? Activity.Current);
        Steps = JobSteps.AreWanted(_span) ? new JobSteps(service, _span, failed) : null;
    }

    /// <summary>The trace that it belongs to; null: none.</summary>
    public JobTrace? Trace { get; }

    /// <summary>What is measured on its way; null: nobody listens.</summary>
    public JobSteps? Steps { get; }

    /// <summary>Said once.</summary>
    public void Ended(JobOutcome outcome)
    {
        Interlocked.Decrement(ref _active.Value);
        if (_span is not null || ClientTelemetry.Jobs.Enabled || ClientTelemetry.Retries.Enabled)
        {
            JobTelemetry.Apart(() => Measure(outcome), _failed);
        }
    }

    private void Measure(JobOutcome outcome)
    {
        var failed = outcome as JobOutcome.Failed;
        if (outcome.Sends > 1)
        {
            JobTelemetry.Add(ClientTelemetry.Retries, outcome.Sends - 1, _service);
        }

        // The two are found together, which is what exemplars are for.
        Activity.Current = _span;
        JobTelemetry.Record(ClientTelemetry.Jobs, Stopwatch.GetElapsedTime(_startedAt), _service, failed?.Error.ToString());
        if (_span is not null)
        {
            _span.SetTag("akkalb.sends", outcome.Sends).SetTag("akkalb.worker.id", (outcome as JobOutcome.Done)?.Worker.Id ?? failed?.Worker?.Id);
            JobTelemetry.End(_span, failed?.Error.ToString(), failed?.Cause);
        }
    }
}
