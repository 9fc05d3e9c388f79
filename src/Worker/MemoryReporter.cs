using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Workers;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.Worker;

/// <summary>Tells every balancer with each heartbeat how much memory this process uses.</summary>
/// <remarks>Sends to paths and not to references, so that a restarted balancer gets the next report without any ado. Reports that find nobody are
/// lost: the next one carries newer numbers anyway. The directory pushes: a new balancer gets the next heartbeat's report, one that left gets
/// none.</remarks>
internal sealed class MemoryReporter : MachineShell<ReporterEffect>
{
    private readonly WorkerKey _worker;
    private readonly MemoryReporterSettings _settings;
    private readonly long _begun;
    private IAsyncDisposable? _subscription;

    public MemoryReporter(ReporterCore core, WorkerKey worker, MemoryReporterSettings settings, long begun)
        : base(core)
    {
        (_worker, _settings, _begun) = (worker, settings, begun);
        var system = Context.System;
        Receive<BalancersTold>(m =>
        {
            Log.Tell(m.News);
            if (m.News is Watched<Address>.Known known)
            {
                Step(new ReporterInput.BalancersKnown([.. known.All.Select(a => NodeAddress.Of(system, a).ToString())]));
            }
        });
    }

    private long Finished => _settings.JobsFinished?.Invoke() ?? 0;

    /// <summary>One actor. The machine outlives a restart, so that the sequence continues: a balancer drops what is not newer. So does the time at
    /// which the worker began.</summary>
    public static Props Props(WorkerKey worker, MemoryReporterSettings settings)
    {
        var (core, begun) = (new ReporterCore(settings.Heartbeat), settings.Clock.GetTimestamp());
        return Akka.Actor.Props.Create(() => new MemoryReporter(core, worker, settings, begun));
    }

    protected override void PreStart()
    {
        var self = Self;
        Step(new ReporterInput.Start(Finished));
        _subscription = _settings.Balancers.Subscribe(news => self.Tell(new BalancersTold(news)));
    }

    protected override void PostStop() => _ = _subscription?.DisposeAsync().AsTask();

    protected override void BeforeTick() => Step(new ReporterInput.JobsFinished(Finished));

    protected override void Perform(ReporterEffect effect)
    {
        var (use, (jobs, places)) = (_settings.ReadMemory(), _settings.Load());
        switch (effect)
        {
            case ReporterEffect.Report m:
                var report = new MemoryReport(
                    _worker,
                    m.Sequence,
                    _settings.Heartbeat,
                    use.ResidentBytes,
                    use.GcHeapBytes,
                    use.LimitBytes,
                    jobs,
                    _settings.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
                    places,
                    _settings.Clock.GetElapsedTime(_begun));
                foreach (var balancer in m.Balancers)
                {
                    Context.ActorSelection($"{balancer}/user/balancer").Tell(report);
                }

                break;
            case ReporterEffect.Summary m:
                Log.Info(
                    "this worker finished {0} in the last minute; jobs in flight: {1}; resident memory: {2} MiB", BalancedWorker.Jobs(m.Finished),
                    jobs.InFlight, use.ResidentBytes >> 20);
                break;
            default:
                throw new UnreachableException();
        }
    }
}

/// <summary>What a <see cref="MemoryReporter"/> reports, how often and to whom.</summary>
/// <param name="Heartbeat">Time between two reports.</param>
/// <param name="Clock">For the wall time and the uptime in the report, which are informational.</param>
/// <param name="JobsFinished">How many jobs have been finished since the start, for the log; null: the log says nothing of them.</param>
internal sealed record MemoryReporterSettings(
    TimeSpan Heartbeat,
    IBalancerDirectory Balancers,
    Func<MemoryUse> ReadMemory,
    Func<GateLoad> Load,
    TimeProvider Clock,
    Func<long>? JobsFinished = null);
