using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using AkkaLb.Clusters;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Registry;
using AkkaLb.Remoting;
using AkkaLb.Remoting.Tls;
using AkkaLb.Transport.Pipelines.Tls;
using AkkaLb.Messages;

namespace AkkaLb.Client;

/// <summary>Runs jobs on whichever worker the balancer names, and tries again where that is safe.</summary>
/// <remarks>
/// Each call asks the balancer once and then talks to the worker directly. Every job ends in exactly one of: a reply, or a
/// <see cref="JobFailedException"/> that says why and on which worker. Thread-safe; make one and keep it.
/// </remarks>
public sealed class BalancedClient : IAsyncDisposable, IDisposable
{
    /// <summary>The longest time-out of <see cref="ConnectAsync"/>, <see cref="WaitForBalancerAsync"/>,
    /// <see cref="InspectAsync"/> and <see cref="ReadEventsAsync"/>: 24 days.</summary>
    public static readonly TimeSpan TimeoutMax = TimeSpan.FromDays(24);

    /// <summary>Name of the client's meter, and of the source of its spans.</summary>
    public const string TelemetryName = "AkkaLb.Client";

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(3);

    private readonly ExtendedActorSystem _system;
    private readonly bool _ownsSystem;
    private readonly IActorRef _client;
    private readonly ConcurrentDictionary<JobTicket, byte> _open = new();
    private readonly Task _ended;
    private readonly int _dataBytesMax;
    private readonly LinkTroubles _links;
    private readonly Action<Exception> _listenerThrew;
    private volatile bool _isDisposing;
    private int _listenersThrown;

    internal BalancedClient(ActorSystem system, bool ownsSystem, BalancedClientOptions options)
    {
        (_system, _ownsSystem) = ((ExtendedActorSystem)system, ownsSystem);
        var balancers = options.Balancers.In(system);
        _links = LinkTroubles.Of(system);
        _listenerThrew = OnListenerThrew;
        _dataBytesMax = Payloads.DataBytesMax(Payloads.FrameBytesMax(system));
        // Each client draws its own id and jitter; this is the edge where randomness enters.
        StrayJobs.AnswerIn(system);
        var props = ClientActor.Props(
            balancers, options.Contact, options.Settings, new Random(NewSeed()),
            options.ResolveGate ?? _system.Provider.ResolveActorRef);
        // A system of somebody else's, a worker program's say, can do without this client: it may be disposed there.
        _client = ownsSystem ? TopActors.Of(system).Start(props, name: null) : system.ActorOf(props);
        // Not in the caller's synchronization context: Akka awaits in it, and one that is blocked would never hear of the end.
        _ended = Task.Run(() => _client.WatchAsync());
        _ended.ContinueWith(_ => FinishOpen(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Completes, with a sentence for the operator, when the client's actor has ended: every job ends as closed from
    /// then on. Only of a client with a system of its own.</summary>
    internal Task<string> Ended => TopActors.Of(_system).Ended;

    /// <summary>Makes a client with an actor system of its own, and waits until a balancer answers.</summary>
    /// <exception cref="NoBalancerException">None did within <see cref="BalancedClientOptions.ConnectTimeout"/>.</exception>
    /// <exception cref="CannotListenException">The port is in use, or the host is not an address of this machine.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="BalancedClientOptions.ConnectTimeout"/> is zero, negative or above
    /// <see cref="TimeoutMax"/>, or the port is not from 0 to 65535. <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.</exception>
    /// <exception cref="TlsRefusedException">The certificate in <see cref="BalancedClientOptions.Tls"/> is of no use at
    /// <see cref="BalancedClientOptions.Host"/>.</exception>
    /// <exception cref="ArgumentException">The system lacks what it takes to look balancers up.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<BalancedClient> ConnectAsync(BalancedClientOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ThrowIfUnfit(options.ConnectTimeout, nameof(options));
        cancellationToken.ThrowIfCancellationRequested();
        var client = Create(options);
        try
        {
            await client.WaitForBalancerAsync(options.ConnectTimeout, cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes a client with an actor system of its own, and waits for nobody: jobs wait for a balancer until their deadline.</summary>
    /// <exception cref="CannotListenException">The port is in use, or the host is not an address of this machine.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is not from 0 to 65535.</exception>
    /// <exception cref="TlsRefusedException">The certificate in <see cref="BalancedClientOptions.Tls"/> is of no use at
    /// <see cref="BalancedClientOptions.Host"/>.</exception>
    /// <exception cref="ArgumentException">The system lacks what it takes to look balancers up.</exception>
    public static BalancedClient Create(BalancedClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Port, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Port, 65_535, nameof(options));
        options.Tls?.ThrowIfUnfit(options.Host, TimeProvider.System.GetUtcNow());
        var config = options.AkkaConfig.WithFallback(Quiet).WithFallback(SystemConfig.Remoting(options.Host, options.Port));
        config = SystemConfig.Serialization.WithFallback(config);
        if (options.Contact == BalancerContact.Receptionist)
        {
            config = ClusterConfig.ClientSerialization.WithFallback(config).WithFallback(ClusterConfig.ClientDefaults);
        }

        var system = Start(options, config);
        try
        {
            return new BalancedClient(system, ownsSystem: true, options);
        }
        catch
        {
            _ = system.Terminate();
            throw;
        }
    }

    private static ActorSystem Start(BalancedClientOptions options, Config config)
    {
        try
        {
            return ActorSystem.Create(SystemConfig.SystemName, SetupOf(options, config));
        }
        catch (Exception e) when (CannotListenException.Of(options.Host, options.Port, e) is { } problem)
        {
            throw problem;
        }
    }

    private static ActorSystemSetup SetupOf(BalancedClientOptions options, Config config)
    {
        List<Setup> setups = [options.Messages.ToSetup()];
        if (options.Log is { } log)
        {
            config = log.Config.WithFallback(config);
            setups.Add(log.Setup);
        }

        if (NodeTransports.WhyUnfit(options.Transport, options.Tls) is { } reason)
        {
            throw new ArgumentException($"the transport {options.Transport} {reason}", nameof(options));
        }

        var (transport, more) = NodeTransports.For(options.Transport, options.Tls);
        return ActorSystemSetup.Create([BootstrapSetup.Create().WithConfig(transport.WithFallback(config)), .. setups, .. more]);
    }

    /// <summary>Makes a client on an actor system you have, with remoting or a cluster and <see cref="HostSystem.Needs"/>. Your own message types
    /// take <see cref="UserMessages.ToSetup"/> at its creation; a receptionist takes <see cref="ClusterConfig.ClientDefaults"/> below your
    /// configuration.</summary>
    /// <remarks>It waits for nobody: jobs wait for a balancer until their deadline. <see cref="DisposeAsync"/> leaves the system running. Of the
    /// options those count that do not describe a system: balancers, contact and settings. It changes nothing in how your own messages
    /// travel.</remarks>
    /// <exception cref="ArgumentException">The system lacks something; all of it is named.</exception>
    public static BalancedClient On(ActorSystem system, BalancedClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(options);
        HostSystem.ThrowIfUnfit(system, options.Messages, "a client", MissingFor(system, options.Contact));
        return new BalancedClient(system, ownsSystem: false, options);
    }

    private static string[] MissingFor(ActorSystem system, BalancerContact contact) =>
        contact == BalancerContact.Receptionist && !system.Settings.Config.HasPath("akka.cluster.client.buffer-size")
            ? [$"it knows no cluster client (put {nameof(ClusterConfig)}.{nameof(ClusterConfig.ClientDefaults)} below its configuration)"]
            : [];

    /// <summary>Waits until a balancer answers.</summary>
    /// <param name="timeout">Above zero, at most <see cref="TimeoutMax"/>, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <exception cref="NoBalancerException">None did in time.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time-out is something else.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed, or was meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task WaitForBalancerAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ThrowIfUnfit(timeout, nameof(timeout));
        ObjectDisposedException.ThrowIf(_isDisposing, this);
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _client.Tell(new ClientActor.WaitForLink(waiter));
        try
        {
            await Task.WhenAny(waiter.Task, _ended).WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
            ObjectDisposedException.ThrowIf(!waiter.Task.IsCompletedSuccessfully, this);
            _links.Answered();
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            waiter.TrySetCanceled(CancellationToken.None);
            if (e is OperationCanceledException)
            {
                throw;
            }

            throw new NoBalancerException($"no balancer answered within {timeout.TotalSeconds:0.#} s{_links.Latest.After(": ")}", e);
        }
    }

    /// <summary>Sends a message to some worker's actor and returns its reply.</summary>
    /// <param name="message">A type the workers know: bound to a protobuf serializer, or on the list of
    /// <see cref="BalancedClientOptions.Messages"/>.</param>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="ArgumentException">An option is outside of its range.</exception>
    /// <exception cref="SerializationException">The message may not, or cannot, be sent; nothing was. Or the reply cannot be read.</exception>
    /// <exception cref="JobFailedException">The job ended without a result.</exception>
    /// <exception cref="InvalidCastException">The worker replied with another type.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled. The job is not sent any more; a worker that has it is told so, and may
    /// run it all the same.</exception>
    public async Task<TReply> AskAsync<TReply>(object message, JobOptions? options = null, CancellationToken cancellationToken = default)
    {
        var run = await RunAsync(message, options, cancellationToken).ConfigureAwait(false);
        return run.Outcome switch
        {
            JobOutcome.Done done => Read<TReply>(done),
            JobOutcome.Failed failed => throw new JobFailedException(run.Id, failed),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>As <see cref="AskAsync{TReply}"/>, but a failure is a value, and what was measured comes with it. Read a reply with
    /// <see cref="Read{TReply}"/>.</summary>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="ArgumentException">An option is outside of its range.</exception>
    /// <exception cref="SerializationException">The message may not, or cannot, be sent; nothing was.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, with what follows as in <see cref="AskAsync{TReply}"/>.</exception>
    public Task<JobRun> RunAsync(object message, JobOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        options ??= JobOptions.Default;
        options.ThrowIfUnfit(nameof(options));
        var payload = Payloads.Wrap(_system, message, _dataBytesMax);
        return Submit(ticket => JobFor(ticket, payload, options, wantsStream: false), cancellationToken, options);
    }

    private static ClientInput.Submit JobFor(JobTicket ticket, Payload message, JobOptions options, bool wantsStream) => new(
        ticket, message, options.IsIdempotent, options.Deadline, options.Weight, options.Key, options.Service, options.Priority,
        options.Progress is not null, options.ReplyBytesMax, wantsStream, ticket.Trace, IsMeasured: ticket.Steps is not null);

    private JobTicket TicketFor(JobOptions options, bool wantsStream) => new(
        _open, options.Progress is { } progress ? new ProgressTeller(_system, progress) : null, wantsStream,
        new JobCall(options.Service, _listenerThrew));

    /// <summary>Sends a message to some worker's actor and returns the messages of its reply, which is a stream (<c>ReplyStream</c>) or one
    /// message.</summary>
    /// <remarks>The job is sent when the enumeration begins, once for each. The worker makes further messages as they are used up: at most 1 MiB,
    /// and a message besides, is on its way or waits here. The deadline is that of the whole stream, 60 s by default. A job is not tried again behind
    /// its first message. An enumeration that is left early cancels the job.</remarks>
    /// <param name="message">As for <see cref="AskAsync{TReply}"/>.</param>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="ArgumentException">An option is outside of its range.</exception>
    /// <exception cref="SerializationException">The message may not, or cannot, be sent; nothing was. Or one of the reply cannot be read.</exception>
    /// <exception cref="JobFailedException">The job ended without a result: what came before has been returned.</exception>
    /// <exception cref="InvalidCastException">The worker replied with another type.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, with what follows as in <see cref="AskAsync{TReply}"/>.</exception>
    public IAsyncEnumerable<TReply> StreamAsync<TReply>(
        object message, JobOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        options ??= JobOptions.Default;
        options.ThrowIfUnfit(nameof(options));
        var payload = Payloads.Wrap(_system, message, _dataBytesMax);
        return EnumerateAsync<TReply>(payload, options, cancellationToken);
    }

    private async IAsyncEnumerable<TReply> EnumerateAsync<TReply>(
        Payload message, JobOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var ticket = TicketFor(options, wantsStream: true);
        Tell(ticket, JobFor(ticket, message, options, wantsStream: true));
        try
        {
            var (used, told) = (0L, 0L);
            while (await ticket.Stream.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (ticket.Stream.TryRead(out var item))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return Typed<TReply>(item, "its worker");
                    used += ReplyTally.CostOf(item);
                    if (used - told >= ReplyTally.Window / 4)
                    {
                        told = used;
                        _client.Tell(new ClientActor.Used(ticket, used));
                    }
                }
            }

            var run = await ticket.End.ConfigureAwait(false);
            if (run.Outcome is JobOutcome.Failed failed)
            {
                throw new JobFailedException(run.Id, failed);
            }
        }
        finally
        {
            if (!ticket.End.IsCompleted)
            {
                _client.Tell(new ClientActor.Cancel(ticket));
            }
        }
    }

    /// <summary>The reply of a job that is done.</summary>
    /// <exception cref="SerializationException">It cannot be read.</exception>
    /// <exception cref="InvalidCastException">It is of another type.</exception>
    /// <exception cref="ArgumentNullException">There is none.</exception>
    public TReply Read<TReply>(JobOutcome.Done done)
    {
        ArgumentNullException.ThrowIfNull(done);
        return Typed<TReply>(done.Reply, $"worker {done.Worker.Id}");
    }

    private TReply Typed<TReply>(Payload payload, string worker)
    {
        var reply = Payloads.Unwrap(_system, payload);
        return reply is TReply typed ? typed : throw new InvalidCastException($"{worker} replied with {reply.GetType()}, not {typeof(TReply)}");
    }

    /// <summary>Asks the balancer for workers without sending them anything.</summary>
    /// <param name="count">How many picks in one request: 1 to <see cref="Assign.CountMax"/>. When they would not fit a message, fewer are named:
    /// ask again for the rest.</param>
    /// <param name="timeout">Above zero, at most <see cref="JobOptions.DeadlineMax"/>.</param>
    /// <param name="service">Of which the workers are to be; see <see cref="JobOptions.Service"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A <see cref="JobOutcome.Picked"/> or a <see cref="JobOutcome.Failed"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count or the time-out is something else.</exception>
    /// <exception cref="ArgumentException">The service cannot be the name of one.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<JobRun> AssignAsync(
        int count, TimeSpan timeout, string service = WorkerService.Default, CancellationToken cancellationToken = default)
    {
        (JobOptions.Default with { Service = service }).ThrowIfUnfit(nameof(service));
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Assign.CountMax);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, JobOptions.DeadlineMax);
        return Submit(ticket => new ClientInput.SubmitAssign(ticket, count, timeout, service), cancellationToken);
    }

    /// <summary>Asks a balancer how it stands, and how its watcher of the registry does.</summary>
    /// <param name="timeout">Of each question; several thousand members take several. Above zero, at most <see cref="TimeoutMax"/>.</param>
    /// <exception cref="AskTimeoutException">It does not answer.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time-out is something else.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<BalancerReport> InspectAsync(Address balancer, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposing, this);
        return BalancerReport.ReadAsync(_system, balancer, timeout, cancellationToken);
    }

    /// <summary>Asks a balancer why it has named whom, lately.</summary>
    /// <param name="balancer">Where it is.</param>
    /// <param name="question">Of which job, or of any.</param>
    /// <param name="timeout">Above zero, at most <see cref="TimeoutMax"/>.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="AskTimeoutException">It does not answer, or is of a version that does not know the question.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time-out is something else.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<Decisions> ExplainAsync(
        Address balancer, GetDecisions question, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        AskBalancerAsync<Decisions>(balancer, BalancerActors.Balancer, question, timeout, cancellationToken);

    /// <summary>Asks a balancer what its parts have told the operator lately: the newest sentences of its log.</summary>
    /// <param name="after">Number of the newest event that is known already, of the same life of the balancer; 0: none is.</param>
    /// <param name="timeout">Above zero, at most <see cref="TimeoutMax"/>.</param>
    /// <returns>The oldest of the others, as many as fit a frame: while the last of them is not <see cref="BalancerEvents.Latest"/>, more are
    /// there.</returns>
    /// <exception cref="AskTimeoutException">It does not answer, or is of a version that does not know the question.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time-out is something else, or the number is below zero.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<BalancerEvents> ReadEventsAsync(Address balancer, long after, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        return AskBalancerAsync<BalancerEvents>(
            balancer, BalancerActors.Watcher, new GetBalancerEvents(after, GetBalancerEvents.CountMax), timeout, cancellationToken);
    }

    /// <summary>The name of a balancer.</summary>
    internal async Task<string> IdOfAsync(Address balancer, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var question = new GetBalancerState(0, 0);
        var state = await AskBalancerAsync<BalancerState>(balancer, BalancerActors.Balancer, question, timeout, cancellationToken)
            .ConfigureAwait(false);
        return state.Id;
    }

    private Task<T> AskBalancerAsync<T>(
        Address balancer, string actor, IAkkaLbMessage question, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposing, this);
        return BalancerReport.AskAsync<T>(_system, balancer, actor, question, timeout, cancellationToken);
    }

    /// <summary>Jobs sent and not yet answered, by worker. Of a client that is disposed: none.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<IReadOnlyDictionary<WorkerKey, int>> InFlightAsync(CancellationToken cancellationToken = default)
    {
        var answer = new TaskCompletionSource<IReadOnlyDictionary<WorkerKey, int>>(TaskCreationOptions.RunContinuationsAsynchronously);
        _client.Tell(new ClientActor.GetInFlight(answer));
        await Task.WhenAny(answer.Task, _ended).WaitAsync(cancellationToken).ConfigureAwait(false);
        return answer.Task.IsCompletedSuccessfully ? await answer.Task.ConfigureAwait(false) : new Dictionary<WorkerKey, int>();
    }

    /// <summary>Sends nothing more: what has not been sent ends as <see cref="JobError.Closed"/>, what is in flight may finish.</summary>
    public void StopSending() => _client.Tell(ClientActor.StopSending.Instance);

    /// <summary>Ends every job that has not ended as <see cref="JobError.Closed"/>, and the client's own actor system with it. Any number of times;
    /// it does not need the caller's synchronization context, so a thread may block for it.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposing = true;
        try
        {
            _client.Tell(PoisonPill.Instance);
            await _ended.WaitAsync(StopPatience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It stops when it gets to it.
        }

        _links.Stop();
        if (_ownsSystem)
        {
            await Task.Run(_system.Terminate).ConfigureAwait(false);
        }
    }

    /// <summary>As <see cref="DisposeAsync"/>; it blocks the thread.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <param name="options">Null: it is no job.</param>
    private Task<JobRun> Submit(Func<JobTicket, ClientInput> jobFor, CancellationToken cancellationToken, JobOptions? options = null)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<JobRun>(cancellationToken);
        }

        var ticket = options is null ? new JobTicket(_open, progress: null) : TicketFor(options, wantsStream: false);
        Tell(ticket, jobFor(ticket));
        return cancellationToken.CanBeCanceled ? EndOrCancelAsync(ticket, cancellationToken) : ticket.End;
    }

    /// <summary>Hands a job to the actor. One that the actor never reads, because it has ended or ends first, ends as closed.</summary>
    private void Tell(JobTicket ticket, ClientInput job)
    {
        _client.Tell(new ClientActor.Submit(ticket, job));
        if (_ended.IsCompleted)
        {
            ticket.Finish(default, Closed);
        }
    }

    private async Task<JobRun> EndOrCancelAsync(JobTicket ticket, CancellationToken cancellationToken)
    {
        try
        {
            return await ticket.End.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _client.Tell(new ClientActor.Cancel(ticket));
            throw;
        }
    }

    /// <summary>Once is enough.</summary>
    private void OnListenerThrew(Exception cause)
    {
        if (Interlocked.Exchange(ref _listenersThrown, 1) == 0)
        {
            _system.Log.Warning("what is measured of this client's jobs could not be told: {0}", ExceptionText.Of(cause).Details);
        }
    }

    /// <summary>The actor is gone, with this client or with a system that somebody else has ended: what it has not finished is closed.</summary>
    private void FinishOpen()
    {
        foreach (var ticket in _open.Keys)
        {
            ticket.Finish(default, Closed);
        }
    }

    private static void ThrowIfUnfit(TimeSpan timeout, string name)
    {
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, name);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimeoutMax, name);
        }
    }

    private static JobOutcome.Failed Closed { get; } = new(
        JobError.Closed, null, "the client is closed", null, null, 0, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>A library in somebody's program does not write to its console.</summary>
    private static Config Quiet { get; } = ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }");

    private static int NewSeed() => System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);
}
