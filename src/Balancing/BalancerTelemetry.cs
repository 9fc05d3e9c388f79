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

    private static readonly Instruments Instruments = new(EmbeddedBalancer.TelemetryName);

    private static readonly Histogram<double> Duration = Instruments.Durations(
        "akkalb.assign.duration", "Time of a question for workers from its arrival to its answer.");

    private static readonly Histogram<double> Queued = Instruments.Durations(
        "akkalb.assign.time_in_queue", "Time for which a question waited for a free place.");

    private static readonly Counter<long> Assignments = Instruments.Counter(
        "akkalb.assignments", "{assignment}", "Workers that were named to clients.");

    private static readonly Counter<long> Outdated = Instruments.Counter(
        "akkalb.reports.stale", "{report}", "Reports that came behind a newer one of the same worker.");

    private static readonly Counter<long> Early = Instruments.Counter(
        "akkalb.reports.early", "{report}", "Reports of workers that the registry has not told of yet.");

    private static readonly Histogram<double> EstimateError = Instruments.Histogram(
        "akkalb.estimate.error", "{job}", "Difference between the estimated jobs in flight of a worker and those that it reports.", Jobs);

    private static readonly Counter<long> Enforced = Instruments.Counter(
        "akkalb.ejections.enforced", "{ejection}", "Workers that were ejected because their jobs failed.");

    private static readonly Counter<long> Unenforced = Instruments.Counter(
        "akkalb.ejections.unenforced", "{ejection}",
        "Times that a worker whose jobs failed was not ejected, because as many were already as may be.");

    private static readonly Counter<long> Disconnects = Instruments.Counter(
        "akkalb.registry.disconnects", "{disconnect}", "Times that the registry could not be reached.");

    private static readonly Counter<long> Resyncs = Instruments.Counter(
        "akkalb.registry.resyncs", "{resync}", "Times that the whole registry was read again.");

    static BalancerTelemetry()
    {
        Instruments.UpDownCounter("akkalb.workers", WorkersByState, "{worker}", "Registered workers.");
        Instruments.UpDownCounter(
            "akkalb.requests.waiting", () => Each(s => s.Waiting), "{request}", "Questions that wait for a free place.");
        Instruments.UpDownCounter(
            "akkalb.picks.open", () => Each(s => s.OpenPicks), "{assignment}", "Assignments whose end has not been told.");
        Instruments.Gauge("akkalb.report.age", Ages, "s", "Age of the oldest last report among workers that are up.");
        Instruments.Gauge("akkalb.decider", Decider, "{bool}", "1 where a balancer of this process answers by itself.");
        Instruments.Gauge("akkalb.registry.connected", Connected, "{bool}", "1 while every watch of a registry is open.");
        Instruments.Gauge("akkalb.registry.watch.lag", Lag, "s", "Time since the registry last proved that it is there.");
    }

    /// <summary>Whether anybody listens to what is told of questions, reports and ejections.</summary>
    public static bool IsWanted => Assignments.Enabled || Duration.Enabled || Queued.Enabled || Early.Enabled || Enforced.Enabled;

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
    /// <param name="service">Of its worker; one that the balancer does not know has a name that stands for all of them.</param>
    public void Ignored(string service, ReportOutcome outcome) => AddTo(outcome is ReportOutcome.Outdated ? Outdated : Early, 1, service);

    /// <summary>So many more than at the last call.</summary>
    public void Ejected(string service, long enforced, long unenforced)
    {
        AddTo(Enforced, enforced, service);
        AddTo(Unenforced, unenforced, service);
    }

    /// <summary>So many more than at the last call.</summary>
    public static void RegistryTroubled(long disconnects, long resyncs) => JobTelemetry.Apart(
        () =>
        {
            Disconnects.Add(disconnects);
            Resyncs.Add(resyncs);
        },
        static _ => { });

    /// <summary>A report was applied; to be called only where <see cref="IsDriftWanted"/>.</summary>
    /// <param name="drift">Jobs estimated minus jobs reported.</param>
    public void Reported(MemoryReport report, double drift)
    {
        var service = WorkerIds.ServiceOf(report.Worker.Id);
        JobTelemetry.Apart(() => EstimateError.Record(Math.Abs(drift), JobTelemetry.OfService(service)), failed);
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

    private void AddTo(Counter<long> counter, long count, string service)
    {
        if (counter.Enabled)
        {
            Add(counter, count, service);
        }
    }

    private void Add(Counter<long> counter, long count, string service) =>
        JobTelemetry.Apart(() => JobTelemetry.Add(counter, count, service), failed);

    private static IEnumerable<Measurement<long>> WorkersByState() => Observed.Read().Services
        .SelectMany(s => s.Workers.Select(w => (s.Service, State: Name(w.Key), Count: w.Value)))
        .GroupBy(w => (w.Service, w.State))
        .Select(g => new Measurement<long>(
            g.Sum(w => w.Count), JobTelemetry.OfService(g.Key.Service), new KeyValuePair<string, object?>(StateAttribute, g.Key.State)));

    private static IEnumerable<Measurement<long>> Each(Func<ServiceFigures, long> figure) => Observed.Read().Services
        .GroupBy(s => s.Service, StringComparer.Ordinal)
        .Select(g => new Measurement<long>(g.Sum(figure), JobTelemetry.OfService(g.Key)));

    private static IEnumerable<Measurement<double>> Ages() => Observed.Read().Services
        .Where(s => s.OldestReport is not null)
        .GroupBy(s => s.Service, StringComparer.Ordinal)
        .Select(g => new Measurement<double>(g.Max(s => s.OldestReport!.Value.TotalSeconds), JobTelemetry.OfService(g.Key)));

    /// <summary>Where one has not answered, nothing is told: it may be the one that decides.</summary>
    private static IEnumerable<Measurement<long>> Decider() => Observed.Read() switch
    {
        { Balancers: var balancers } when balancers.Any(b => b.Decides) => [new Measurement<long>(1)],
        { IsWhole: true, Watchers.Count: > 0 } => [new Measurement<long>(0)],
        _ => [],
    };

    private static IEnumerable<Measurement<long>> Connected() =>
        Observed.Read().Watchers is { Count: > 0 } watchers ? [new Measurement<long>(watchers.All(w => w.IsConnected) ? 1 : 0)] : [];

    private static IEnumerable<Measurement<double>> Lag() =>
        Observed.Read().Watchers.Max(w => w.ProofAge?.TotalSeconds) is { } worst ? [new Measurement<double>(worst)] : [];

    /// <summary>As telemetry writes words: <c>slow_start</c>.</summary>
    private static string Name(WorkerCondition condition) => WorkerConditions.NameOf(condition).Replace(' ', '_');
}
