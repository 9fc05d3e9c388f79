using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Registry;

namespace AkkaLb.WorkerNode;

/// <summary>Tells every balancer with each heartbeat how much memory this process uses.</summary>
/// <remarks>Sends to paths and not to references, so that a restarted balancer gets the next report without any ado. Reports that find nobody are lost:
/// the next one carries newer numbers anyway.</remarks>
public sealed class MemoryReporter : ReceiveActor, IWithTimers
{
    /// <summary>Name of the actor below <c>/user</c>.</summary>
    public const string ActorName = "memory";

    /// <summary>Where balancers can change, the directory is read anew after so many heartbeats.</summary>
    public const int HeartbeatsPerReading = 5;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly WorkerKey _worker;
    private readonly MemoryReporterSettings _settings;
    private readonly ReportCount _sent;
    private readonly CancellationTokenSource _stopped = new();
    private IReadOnlyList<ActorSelection> _balancers = [];
    private bool _isReading;

    public MemoryReporter(WorkerKey worker, MemoryReporterSettings settings, ReportCount sent)
    {
        (_worker, _settings, _sent) = (worker, settings, sent);
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
        Read();
        Timers.StartPeriodicTimer(nameof(Beat), Beat.Instance, _settings.Heartbeat);
    }

    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private void Reporting()
    {
        Receive<Beat>(_ => OnBeat());
        Receive<BalancersRead>(m =>
        {
            _isReading = false;

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
        Receive<ReadingFailed>(m =>
        {
            _isReading = false;
            _log.Warning("the balancers could not be read, reporting to those known: {0}", m.Problem);
        });
    }

    private void OnBeat()
    {
        Report();
        if (_balancers.Count == 0 || (_settings.Balancers.CanChange && _sent.Value % HeartbeatsPerReading == 0))
        {
            Read();
        }
    }

    private void Report()
    {
        var use = _settings.ReadMemory();
        var report = new MemoryReport(
            _worker,
            ++_sent.Value,
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

    private void Read()
    {
        if (!_isReading)
        {
            _isReading = true;
            _settings.Balancers.ReadAsync(_stopped.Token).PipeTo(
                Self,
                success: addresses => new BalancersRead(addresses),
                failure: e => new ReadingFailed(e.Message));
        }
    }

    private static ActorSelection BalancerAt(Address address) => Context.ActorSelection(new RootActorPath(NodeAddress.Of(Context.System, address)) / "user" / "balancer");

    /// <summary>The sequence of the last report. Props keep it, so that it goes on when the actor is restarted: the balancer drops what is not newer.</summary>
    public sealed class ReportCount
    {
        internal long Value { get; set; }
    }

    private sealed record BalancersRead(IReadOnlyList<Address> Addresses) : INoSerializationVerificationNeeded;

    private sealed record ReadingFailed(string Problem) : INoSerializationVerificationNeeded;

    private sealed class Beat
    {
        public static readonly Beat Instance = new();
    }
}

/// <summary>What a <see cref="MemoryReporter"/> reports, how often and to whom.</summary>
/// <param name="Heartbeat">Time between two reports.</param>
/// <param name="Clock">For the wall time in the report, which is informational.</param>
public sealed record MemoryReporterSettings(
    TimeSpan Heartbeat,
    IBalancerDirectory Balancers,
    Func<MemoryUse> ReadMemory,
    Func<int> JobsInFlight,
    TimeProvider Clock);
