using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Workers;
using AkkaLb.Registry;
using AkkaLb.Registry.Embedded;
using AkkaLb.Remoting;

namespace AkkaLb.Worker;

/// <summary>Makes an actor of yours a worker: registered under a lease, it reports its memory and does the jobs that it is sent.</summary>
/// <remarks>It lives in an actor system that you have: a gate at <c>/user/worker</c>, which jobs are sent to, and instances of your actor beside it.
/// An actor system carries several when each has a <see cref="BalancedWorkerOptions.GateName"/> of its own. Thread-safe.</remarks>
public sealed class BalancedWorker : IAsyncDisposable
{
    /// <summary>Name of the worker's meter, and of the source of its spans.</summary>
    public const string TelemetryName = "AkkaLb.Worker";

    /// <summary>The first instance gets so long also where nothing is waited for.</summary>
    private static readonly TimeSpan AbleWaitMin = TimeSpan.FromSeconds(1);

    private readonly ExtendedActorSystem _system;
    private readonly BalancedWorkerOptions _options;
    private readonly IBalancerDirectory _balancers;
    private readonly TopActors _top;
    private readonly ILoggingAdapter _log;
    private readonly Type _actor;
    private readonly JobGauge _gauge = new();
    private readonly JobTally _tally;
    private readonly WorkerSignals _signals = new();
    private readonly IActorRef _listener;
    private readonly IActorRef _gate;
    private readonly PartEnd _end = new();
    private readonly Lazy<Task> _leaving;
    private EmbeddedRegistries? _inBalancers;
    private IActorRef? _registration;

    private BalancedWorker(ExtendedActorSystem system, Props actor, BalancedWorkerOptions options)
    {
        _balancers = options.Balancers.In(system);
        (_system, _options, _actor, _top) = (system, options, actor.Type, TopActors.For(system, options.Whose));
        _end.With(_top.Ended);
        _end.With(_signals.GaveUp);
        _leaving = new Lazy<Task>(LeaveAndStopAsync);
        _log = Logging.GetLogger(system, typeof(BalancedWorker));
        _tally = new JobTally(options.Ledger);
        Key = new WorkerKey(WorkerIds.Of(options.Service, options.Id), NewIncarnation());
        StrayJobs.AnswerIn(system);
        try
        {
            _listener = Start(WorkerSignals.Actor(_signals), "signals");
            _gate = _top.Start(
                WorkerGate.Props(actor, options.Gate, options.InstanceDispatcher, _gauge, _tally, _listener, options.Service), options.GateName);
        }
        catch (InvalidActorNameException e)
        {
            _ = _top.StopAllAsync();
            throw new InvalidOperationException(
                $"the actor system {system.Name} has a worker with the {nameof(options.GateName)} \"{options.GateName}\" already, or another actor "
                    + $"at /user/{options.GateName}",
                e);
        }
    }

    /// <summary>What it is called in the registry.</summary>
    public WorkerKey Key { get; }

    /// <summary>Why it gets no jobs at the moment: it is not registered any more and retries, or none of its actors can be created. Null: it gets
    /// jobs. When it does not get over it, <see cref="Ended"/> completes.</summary>
    public string? Trouble => _signals.Unregistered ?? _signals.Trouble;

    /// <summary>Why none of its actors can be created; null: one can, or that has not been tried yet.</summary>
    internal string? Inability => _signals.Trouble;

    /// <summary>It was told to leave.</summary>
    internal bool IsLeaving => _leaving.IsValueCreated;

    /// <summary>What its gate has to do at this moment.</summary>
    internal GateLoad Load => _gauge.Load;

    /// <summary>How many jobs it runs side by side at this moment.</summary>
    internal int Places => Load.Places > 0 ? Load.Places : _options.Gate.Instances;

    /// <summary>Jobs that were finished in its life.</summary>
    internal long Finished => _tally.Finished;

    /// <summary>Completes when it is a worker no more: with a sentence that says why, or with null after <see cref="DisposeAsync"/>. One that has
    /// ended by itself is to be disposed, too.</summary>
    public Task<string?> Ended => _end.Task;

    /// <summary>Starts it, and waits until it is registered.</summary>
    /// <param name="system">With remoting, and AkkaLb's serializer.</param>
    /// <param name="actor">It gets a client's messages and replies to Sender, and knows nothing of AkkaLb.</param>
    /// <param name="options">What it is called, where its balancers are, and how much it does at once.</param>
    /// <param name="cancellationToken">Ends the start; what had begun is taken back.</param>
    /// <exception cref="WorkerStartException">It cannot do jobs, finds no balancer or cannot register.</exception>
    /// <exception cref="ArgumentException">The id, the service, the zone or the system is unfit; all of it is named.</exception>
    /// <exception cref="InvalidOperationException">The system has a worker of this <see cref="BalancedWorkerOptions.GateName"/> already.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<BalancedWorker> StartAsync(
        ActorSystem system, Props actor, BalancedWorkerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(actor);
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfUnfit();
        HostSystem.ThrowIfUnfit(system, options.Messages, "a worker");
        var worker = new BalancedWorker((ExtendedActorSystem)system, actor, options);
        try
        {
            await worker.StartAsync(cancellationToken).ConfigureAwait(false);
            return worker;
        }
        catch
        {
            await worker.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Leaves in order: it says draining, finishes its jobs, gives its lease back, and rejects for a moment what was on its way. Any number
    /// of times, each of which waits for the end of it.</summary>
    public ValueTask DisposeAsync() => new(_leaving.Value);

    private async Task LeaveAndStopAsync()
    {
        if (_registration is { } registration && (_signals.WasReady || !_signals.GaveUp.IsCompleted))
        {
            await LeaveAsync(_gate, registration, _options.DrainTimeout, _options.RejectLinger).ConfigureAwait(false);
            _log.Info("this worker stopped after {0}", Jobs(_tally.Finished));
        }

        await _top.StopAllAsync().ConfigureAwait(false);
        if (_inBalancers is not null)
        {
            await _inBalancers.DisposeAsync().ConfigureAwait(false);
        }

        _end.Done();
    }

    /// <summary>Leaves in the order of <see cref="Leaving"/>. An actor that has ended already is not waited for.</summary>
    internal static async Task LeaveAsync(IActorRef gate, IActorRef registration, TimeSpan drainTimeout, TimeSpan rejectLinger)
    {
        var (leaving, clock, outbox) = (new Leaving(drainTimeout, rejectLinger), Stopwatch.StartNew(), new List<LeavingEffect>());
        object input = new LeavingInput.Begin();
        while (true)
        {
            var now = clock.Elapsed;
            outbox.Clear();
            leaving.Handle(input, now, outbox);
            if (leaving.NextDue is not { } due)
            {
                return;
            }

            (IActorRef? actor, object request, object answer) = outbox.FirstOrDefault() switch
            {
                LeavingEffect.AnnounceDraining => (registration, AnnounceDraining.Instance, new LeavingInput.DrainingAnnounced()),
                LeavingEffect.StartDrain m => (gate, new StartDrain(m.Timeout), new LeavingInput.Drained()),
                LeavingEffect.LeaveRegistry => (registration, LeaveRegistry.Instance, new LeavingInput.RegistryLeft()),
                _ => ((IActorRef?)null, (object)Tick.Instance, (object)Tick.Instance),
            };
            var step = actor is null ? Task.Delay(due - now, TimeProvider.System) : TopActors.AskLastAsync(actor, request, due - now);
            await step.ConfigureAwait(false);
            input = clock.Elapsed >= due ? Tick.Instance : answer;
        }
    }

    /// <summary>So many jobs, in words.</summary>
    internal static string Jobs(long count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "job" : "jobs")}");

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var registering = RegisterAsync(stopping.Token);
        if (await Task.WhenAny(registering, Ended).ConfigureAwait(false) == Ended)
        {
            await stopping.CancelAsync().ConfigureAwait(false);
        }

        try
        {
            await registering.ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested && Ended.IsCompleted)
        {
            throw new WorkerStartException((await Ended.ConfigureAwait(false))!, e);
        }
    }

    private async Task RegisterAsync(CancellationToken stopping)
    {
        // Before it registers: jobs sent to a worker that cannot do any would be of no use to anybody.
        var wait = _options.Registration.Wait;
        if (!await _signals.AbleAsync(wait > AbleWaitMin ? wait : AbleWaitMin, stopping).ConfigureAwait(false))
        {
            stopping.ThrowIfCancellationRequested();
            throw new WorkerStartException(UnableLine(wait));
        }

        _log.Info("{0}", InstancesLine(_options.Gate.Instances, _actor));
        if (_options.Gate.FirstLimit is not null)
        {
            _log.Info("this worker finds by itself how many jobs to run at once, 1 to {0}", _options.Gate.Instances);
        }

        var registry = _options.Registry ?? (_inBalancers = new EmbeddedRegistries(_system, _balancers, _options.RequestTimeout));
        await BalancerProbe.FindAsync(_system, _balancers, wait, _options.Waiting, _options.ToCheck, stopping).ConfigureAwait(false);
        _registration = Start(
            RegistrationActor.Props(Record(), registry, _options.Registration, NewRandom(), _listener), "registration");
        _listener.Tell(new WorkerSignals.Follow(_registration));
        await _signals.Ready.WaitAsync(stopping).ConfigureAwait(false);
        Start(
            MemoryReporter.Props(
                Key,
                new MemoryReporterSettings(
                    _options.Registration.KeepAliveInterval, _balancers, ProcessMemory.Read, () => _gauge.Load, TimeProvider.System,
                    () => _tally.Finished)),
            "memory");
        Start(BalancerLinks.Props(_balancers), "links");
    }

    private WorkerRecord Record() => new(
        Key.Id,
        Key.Incarnation,
        _gate.Path.ToSerializationFormatWithAddress(_system.Provider.DefaultAddress),
        WorkerState.Up,
        _options.Gate.Capacity,
        (int)_options.Registration.KeepAliveInterval.TotalMilliseconds,
        _options.Version,
        Places: _options.Gate.Instances,
        Speed: _options.Speed,
        Zone: _options.Zone,
        TakesCancel: true,
        TakesBatches: true);

    /// <summary>An actor beside the gate.</summary>
    private IActorRef Start(Props props, string role) => _top.Start(props, $"akkalb-{_options.GateName}-{role}");

    private string UnableLine(TimeSpan wait) => string.Create(
        CultureInfo.InvariantCulture,
        $"no instance of {_actor} was ready within {wait.TotalSeconds:0.#} s ({_options.WaitName}): "
            + $"{_signals.Trouble ?? "the first is still being created"}");

    private static string InstancesLine(int count, Type actor) => count == 1
        ? $"one instance of {actor} does the jobs, one after another"
        : string.Create(CultureInfo.InvariantCulture, $"{count} instances of {actor} do the jobs, and what one of them keeps the others do not see");

    private static Random NewRandom() => new(RandomNumberGenerator.GetInt32(int.MaxValue));

    private static long NewIncarnation() => 1 + (long)(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) >> 1) % (long.MaxValue - 1);
}

/// <summary>A worker could not begin to be one.</summary>
/// <param name="message">One sentence that says why.</param>
public sealed class WorkerStartException(string message, Exception? inner = null) : Exception(message, inner);
