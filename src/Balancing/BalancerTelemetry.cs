using System.Diagnostics;
using System.Diagnostics.Metrics;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Messages;

namespace AkkaLb.Balancing;

/// <summary>What the balancers of this process measure.</summary>
/// <remarks>Names and units: docs/telemetry.md.</remarks>
/// <param name="failed">Told what listeners have thrown.</param>
internal sealed class BalancerTelemetry(Action<Exception> failed)
{
    private const string PolicyAttribute = "akkalb.policy";
    private const string StateAttribute = "akkalb.worker.state";

    /// <summary>Jobs: how far the estimate was from what the worker told.</summary>
    private static readonly InstrumentAdvice<double> Jobs = new() { HistogramBucketBoundaries = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] };

    private static readonly Meter Meter = new(EmbeddedBalancer.TelemetryName);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "akkalb.assign.duration", "s", "Time of a question for workers from its arrival to its answer.", null, JobTelemetry.Durations);

    private static readonly Histogram<double> Queued = Meter.CreateHistogram(
        "akkalb.assign.time_in_queue", "s", "Time for which a question waited for a free place.", null, JobTelemetry.Durations);

    private static readonly Counter<long> Assignments = Meter.CreateCounter<long>(
        "akkalb.assignments", "{assignment}", "Workers that were named to clients.");

    private static readonly Counter<long> Outdated = Meter.CreateCounter<long>(
        "akkalb.reports.stale", "{report}", "Reports that came behind a newer one of the same worker.");

    private static readonly Counter<long> Early = Meter.CreateCounter<long>(
        "akkalb.reports.early", "{report}", "Reports of workers that the registry has not told of yet.");

    private static readonly Histogram<double> EstimateError = Meter.CreateHistogram(
        "akkalb.estimate.error", "{job}", "Difference between the estimated jobs in flight of a worker and those that it reports.", null, Jobs);

    static BalancerTelemetry()
    {
        Meter.CreateObservableUpDownCounter("akkalb.workers", WorkersByState, "{worker}", "Registered workers.");
        Meter.CreateObservableUpDownCounter(
            "akkalb.requests.waiting", () => Each(s => s.Waiting), "{request}", "Questions that wait for a free place.");
        Meter.CreateObservableUpDownCounter(
            "akkalb.picks.open", () => Each(s => s.OpenPicks), "{assignment}", "Assignments whose end has not been told.");
        Meter.CreateObservableGauge("akkalb.report.age", Ages, "s", "Age of the oldest last report among workers that are up.");
        Meter.CreateObservableCounter(
            "akkalb.ejections.enforced", () => Each(s => s.Ejections), "{ejection}", "Workers kept from jobs because their jobs failed.");
        Meter.CreateObservableCounter(
            "akkalb.ejections.unenforced", () => Each(s => s.EjectionsUnenforced), "{ejection}",
            "Workers whose jobs failed, and that were not kept from jobs because too many were.");
        Meter.CreateObservableGauge(
            "akkalb.decider", () => Watchers.Read().Count == 0 ? [] : One(Balancers.Read().Any(b => b.Decides) ? 1 : 0), "{bool}",
            "1 where a balancer of this process answers by itself.");
        Meter.CreateObservableGauge(
            "akkalb.registry.connected", () => Sum(w => w.IsConnected ? 1 : 0), "{bool}", "1 while the watch of the registry is open.");
        Meter.CreateObservableGauge(
            "akkalb.registry.watch.lag", () => Worst(w => w.ProofAge?.TotalSeconds), "s",
            "Time since the registry last proved that it is there: older changes are known.");
        Meter.CreateObservableCounter(
            "akkalb.registry.disconnects", () => Sum(w => w.Disconnects), "{disconnect}", "Times that the registry could not be reached.");
        Meter.CreateObservableCounter(
            "akkalb.registry.resyncs", () => Sum(w => w.Resyncs), "{resync}", "Times that the whole registry was read again.");
    }

    /// <summary>Balancers that decide, or may come to, in this process.</summary>
    public static Observed<BalancerFigures> Balancers { get; } = new(GetFigures.Instance);

    /// <summary>Watchers of the registry in this process.</summary>
    public static Observed<WatcherState> Watchers { get; } = new(GetWatcherState.Instance);

    /// <summary>A moment, for <see cref="Answered"/>; zero: nobody listens.</summary>
    public static long Begin() => Duration.Enabled || Queued.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <summary>A question has its answer.</summary>
    /// <param name="begun">When it came: what <see cref="Begin"/> said then.</param>
    /// <param name="hasWaited">For a free place.</param>
    public void Answered(string service, IAkkaLbMessage answer, long begun, bool hasWaited)
    {
        if (begun != 0 || Assignments.Enabled)
        {
            Measure(service, answer, begun, hasWaited);
        }
    }

    /// <summary>A report does not count, or not yet.</summary>
    public void Ignored(MemoryReport report, ReportOutcome outcome)
    {
        var counter = outcome is ReportOutcome.Outdated ? Outdated : Early;
        if (counter.Enabled)
        {
            var service = WorkerIds.ServiceOf(report.Worker.Id);
            JobTelemetry.Apart(() => JobTelemetry.Add(counter, 1, service), failed);
        }
    }

    /// <summary>A report was applied.</summary>
    /// <param name="drift">Jobs estimated minus jobs reported.</param>
    public void Reported(MemoryReport report, double drift)
    {
        if (EstimateError.Enabled)
        {
            var service = WorkerIds.ServiceOf(report.Worker.Id);
            JobTelemetry.Apart(() => EstimateError.Record(Math.Abs(drift), JobTelemetry.OfService(service)), failed);
        }
    }

    /// <summary>Whether <see cref="Reported"/> does anything.</summary>
    public static bool IsDriftWanted => EstimateError.Enabled;

    private void Measure(string service, IAkkaLbMessage answer, long begun, bool hasWaited) => JobTelemetry.Apart(
        () =>
        {
            if (answer is Assigned assigned)
            {
                Assignments.Add(
                    assigned.Workers.Count, JobTelemetry.OfService(service), new KeyValuePair<string, object?>(PolicyAttribute, assigned.Policy));
            }

            if (begun != 0)
            {
                var took = Stopwatch.GetElapsedTime(begun);
                JobTelemetry.Record(Duration, took, service, (answer as AssignRejected)?.Reason.ToString());
                if (hasWaited)
                {
                    JobTelemetry.Record(Queued, took, service, error: null);
                }
            }
        },
        failed);

    private static IEnumerable<Measurement<long>> WorkersByState() => Balancers.Read().SelectMany(b => b.Services)
        .SelectMany(s => s.Workers.Select(w => (s.Service, State: Name(w.Key), Count: w.Value)))
        .GroupBy(w => (w.Service, w.State))
        .Select(g => new Measurement<long>(
            g.Sum(w => w.Count), JobTelemetry.OfService(g.Key.Service), new KeyValuePair<string, object?>(StateAttribute, g.Key.State)));

    private static IEnumerable<Measurement<long>> Each(Func<ServiceFigures, long> figure) => Balancers.Read().SelectMany(b => b.Services)
        .GroupBy(s => s.Service, StringComparer.Ordinal)
        .Select(g => new Measurement<long>(g.Sum(figure), JobTelemetry.OfService(g.Key)));

    private static IEnumerable<Measurement<double>> Ages() => Balancers.Read().SelectMany(b => b.Services)
        .Where(s => s.OldestReport is not null)
        .GroupBy(s => s.Service, StringComparer.Ordinal)
        .Select(g => new Measurement<double>(g.Max(s => s.OldestReport!.Value.TotalSeconds), JobTelemetry.OfService(g.Key)));

    /// <summary>Of several registries in one process the sum: they are told apart nowhere.</summary>
    private static IEnumerable<Measurement<long>> Sum(Func<WatcherState, long> figure) =>
        Watchers.Read() is { Count: > 0 } watchers ? One(watchers.Sum(figure)) : [];

    private static IEnumerable<Measurement<double>> Worst(Func<WatcherState, double?> figure) =>
        Watchers.Read().Max(figure) is { } worst ? [new Measurement<double>(worst)] : [];

    private static IEnumerable<Measurement<long>> One(long value) => [new Measurement<long>(value)];

    private static string Name(WorkerCondition condition) => condition switch
    {
        WorkerCondition.Up => "up",
        WorkerCondition.Unable => "unable",
        WorkerCondition.Draining => "draining",
        WorkerCondition.Ejected => "ejected",
        WorkerCondition.AboveMemory => "above_memory",
        WorkerCondition.NoReport => "no_report",
        WorkerCondition.Full => "full",
        WorkerCondition.SlowStart => "slow_start",
    };
}
