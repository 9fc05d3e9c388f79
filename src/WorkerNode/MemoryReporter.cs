using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Registry;

namespace AkkaLb.WorkerNode;

/// <summary>Tells every balancer with each heartbeat how much memory this process uses.</summary>
/// <remarks>Sends to paths and not to references, so that a restarted balancer gets the next report without any ado. Reports that find nobody are
/// lost: the next one carries newer numbers anyway. The directory pushes: a new balancer gets the next heartbeat's report, one that left gets
/// none.</remarks>
public sealed class MemoryReporter : ReceiveActor, IWithTimers
{
    /// <summary>How often the log says what was done, when something was.</summary>
    public static readonly TimeSpan SummaryInterval = TimeSpan.FromMinutes(1);

    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "memory";

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly WorkerKey _worker;
    private readonly MemoryReporterSettings _settings;
    private readonly ReportCount _sent;
    private long _finished;
    private IReadOnlyList<ActorSelection> _balancers = [];
    private IAsyncDisposable? _subscription;

    public MemoryReporter(WorkerKey worker, MemoryReporterSettings settings, ReportCount sent)
    {
        (_worker, _settings, _sent, _finished) = (worker, settings, sent, settings.JobsFinished?.Invoke() ?? 0);
        Reporting();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(WorkerKey worker, MemoryReporterSettings settings)
    {
        var sent = new ReportCount();
        return Akka.Actor.Props.Create(() => new MemoryReporter(worker, settings, sent));
    }

    protected override void PreStart()
    {
        var self = Self;
        _subscription = _settings.Balancers.Subscribe(news => self.Tell(news));
        Timers.StartPeriodicTimer(nameof(Beat), Beat.Instance, _settings.Heartbeat);
        Timers.StartPeriodicTimer(nameof(Summary), Summary.Instance, SummaryInterval);
    }

    protected override void PostStop() => _ = _subscription?.DisposeAsync().AsTask();

    private void Reporting()
    {
        Receive<Beat>(_ => Report());
        Receive<Summary>(_ => Summarize());
        Receive<BalancerNews.Known>(m =>
        {
            // An empty directory says less than what is known: a balancer that lost its entry still wants reports.
            if (m.Addresses.Count > 0)
            {
                _balancers = [.. m.Addresses.Select(BalancerAt)];
            }

            if (_sent.Value == 0)
            {
                Report();
            }
        });
        Receive<BalancerNews.Unreachable>(m => _log.Warning("the balancers cannot be looked up; the reports go to those known: {0}", m.Reason));
        Receive<BalancerNews.Reachable>(_ => _log.Info("the balancers can be looked up again"));
        Receive<BalancerNews.LeftOut>(m => _log.Warning("balancer {0} is left out: {1}", m.Entry, m.Problem));
        Receive<BalancerNews.MoreLeftOut>(m => _log.Warning("... and more entries of balancers are left out: {0}", m.Count));
        Receive<BalancerNews.Failed>(m => _log.Error(
            "looking the balancers up failed; the reports go to those known, and the look-up is tried again after a pause: {0}", m.Problem));
    }

    private void Report()
    {
        if (_balancers.Count == 0)
        {
            return;
        }

        // Counted first: when measuring fails, this actor is restarted and does not try again before the next heartbeat.
        var sequence = ++_sent.Value;
        var use = _settings.ReadMemory();
        var report = new MemoryReport(
            _worker,
            sequence,
            _settings.Heartbeat,
            use.ResidentBytes,
            use.GcHeapBytes,
            use.LimitBytes,
            _settings.JobsInFlight(),
            _settings.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var balancer in _balancers)
        {
            balancer.Tell(report);
        }
    }

    private void Summarize()
    {
        var finished = _settings.JobsFinished?.Invoke() ?? 0;
        if (finished == _finished)
        {
            return;
        }

        var jobs = WorkerHost.Jobs(finished - _finished);
        var mebibytes = _settings.ReadMemory().ResidentBytes >> 20;
        _log.Info("this worker finished {0} in the last minute; jobs in flight: {1}; resident memory: {2} MiB", jobs, _settings.JobsInFlight(),
            mebibytes);
        _finished = finished;
    }

    private static ActorSelection BalancerAt(Address address) =>
        Context.ActorSelection(new RootActorPath(NodeAddress.Of(Context.System, address)) / "user" / "balancer");

    /// <summary>The sequence of the last report. Props keep it, so that it continues when the actor is restarted: the balancer drops what is not
    /// newer.</summary>
    public sealed class ReportCount
    {
        internal long Value { get; set; }
    }

    private sealed class Beat
    {
        public static readonly Beat Instance = new();
    }

    private sealed class Summary
    {
        public static readonly Summary Instance = new();
    }
}

/// <summary>What a <see cref="MemoryReporter"/> reports, how often and to whom.</summary>
/// <param name="Heartbeat">Time between two reports.</param>
/// <param name="Clock">For the wall time in the report, which is informational.</param>
/// <param name="JobsFinished">How many jobs have been finished since the start, for the log; null: the log says nothing of them.</param>
public sealed record MemoryReporterSettings(
    TimeSpan Heartbeat,
    IBalancerDirectory Balancers,
    Func<MemoryUse> ReadMemory,
    Func<int> JobsInFlight,
    TimeProvider Clock,
    Func<long>? JobsFinished = null);
