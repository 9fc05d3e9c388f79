using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Embedded;

/// <summary>The embedded registry as seen from a worker (over the network) or from the balancer's own watcher (in the process).</summary>
/// <param name="registry">The <see cref="EmbeddedRegistryActor"/>; for a remote one a selection of its path, so that a restarted balancer is
/// found again.</param>
/// <param name="requestTimeout">How long one request may take; default of the programs 2 s.</param>
public sealed class EmbeddedRegistry(ActorSystem system, ICanTell registry, TimeSpan requestTimeout) : IWorkerRegistry
{
    /// <summary>One a process of a worker, known to nobody else.</summary>
    private readonly ConcurrentDictionary<WorkerKey, long> _leaseIds = new();

    public async Task<RegisterOutcome> RegisterAsync(WorkerRecord worker, TimeSpan ttl, CancellationToken cancellationToken) =>
        await AskAsync(new Register(worker, ttl, LeaseIdOf(worker)), cancellationToken).ConfigureAwait(false) switch
        {
            Registered m => new RegisterOutcome.Registered(m.LeaseId, m.Ttl),
            RegisterRefused { HolderIncarnation: 0, Text: { Length: > 0 } text } => throw new RegistryUnavailableException(text),
            RegisterRefused m => new RegisterOutcome.IdInUse(m.HolderIncarnation, ttl),
            var other => throw Unexpected(other),
        };

    public async Task<KeepAliveOutcome> KeepAliveAsync(long leaseId, CancellationToken cancellationToken) =>
        await AskAsync(new KeepAlive(leaseId), cancellationToken).ConfigureAwait(false) switch
        {
            KeptAlive { Ttl.Ticks: > 0 } m => new KeepAliveOutcome.Kept(m.Ttl),
            KeptAlive => new KeepAliveOutcome.LeaseLost(),
            var other => throw Unexpected(other),
        };

    public async Task<bool> UpdateAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken) =>
        await AskAsync(new UpdateRegistration(leaseId, worker), cancellationToken).ConfigureAwait(false) switch
        {
            RegistrationUpdated m => m.Written,
            var other => throw Unexpected(other),
        };

    /// <summary>Lease and entry are one thing there, which nobody else can change: who could renew the lease stands.</summary>
    public Task<EntrySight> LookAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken) =>
        Task.FromResult<EntrySight>(new EntrySight.Found(leaseId, 0, worker));

    public Task<bool> PutBackAsync(long leaseId, WorkerRecord worker, long revision, CancellationToken cancellationToken) =>
        UpdateAsync(leaseId, worker, cancellationToken);

    public async Task DeregisterAsync(long leaseId, CancellationToken cancellationToken) =>
        await AskAsync(new Deregister(leaseId), cancellationToken).ConfigureAwait(false);

    /// <summary>Who has registered by message is reached by this node's own protocol.</summary>
    public async IAsyncEnumerable<Watched<Member>> WatchAsync(string? protocol, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var events = Channel.CreateUnbounded<Watched<Member>>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var relay = system.ActorOf(Props.Create(() => new Relay(events.Writer)));
        try
        {
            registry.Tell(new EmbeddedRegistryActor.WatchRegistry(relay), relay);
            await foreach (var e in events.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return e;
            }
        }
        finally
        {
            system.Stop(relay);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private long LeaseIdOf(WorkerRecord worker) =>
        _leaseIds.GetOrAdd(new WorkerKey(worker.Id, worker.Incarnation), static _ => LeaseIds.Draw());

    private async Task<object> AskAsync(object request, CancellationToken cancellationToken)
    {
        try
        {
            return await registry.Ask<object>(request, requestTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (AskTimeoutException e)
        {
            throw new RegistryUnavailableException(
                $"the balancer's embedded registry did not answer within {requestTimeout.TotalSeconds:0.#} s (does the balancer use etcd? then "
                    + $"this worker needs etcd too)", e);
        }
    }

    private static RegistryRefusedException Unexpected(object answer) =>
        new($"the embedded registry answered with {answer.GetType()}: is the balancer of another version, or does it use etcd?");

    private sealed class Relay : ReceiveActor
    {
        private readonly ChannelWriter<Watched<Member>> _events;

        public Relay(ChannelWriter<Watched<Member>> events)
        {
            _events = events;
            Receive<Watched<Member>>(e => events.TryWrite(e));
            Receive<EmbeddedRegistryActor.WatchOver>(_ => Context.Stop(Self));
        }

        // The watch ends with it, and whoever reads it opens another: nobody waits for events that cannot come.
        protected override void PostStop() => _events.TryComplete();
    }
}
