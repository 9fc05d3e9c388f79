using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Watching;

namespace AkkaLb.Registry;

/// <summary>Where workers announce themselves under a lease, and where a balancer learns who is alive.</summary>
/// <remarks>
/// Safe to call from several threads. Every call is bounded in time by the implementation's own deadline. It fails with
/// <see cref="RegistryUnavailableException"/> when trying again may help, with <see cref="RegistryRefusedException"/> when it
/// will not; cancelling the token gives <see cref="OperationCanceledException"/>.
/// </remarks>
public interface IWorkerRegistry : IAsyncDisposable
{
    /// <summary>Takes a lease and puts the worker under it, in one step that refuses an id in use by another incarnation.</summary>
    /// <remarks>Repeating it with the same incarnation is safe, also after an unknown outcome: the key moves to the new lease.</remarks>
    /// <param name="worker">What to announce.</param>
    /// <param name="ttl">Asked-for time to live, whole seconds; the registry may grant more, see <see cref="RegisterOutcome.Registered"/>.</param>
    /// <param name="cancellationToken">Ends the call early; nothing stays registered then, at the latest when the lease runs out.</param>
    Task<RegisterOutcome> RegisterAsync(WorkerRecord worker, TimeSpan ttl, CancellationToken cancellationToken);

    /// <summary>Renews the lease once.</summary>
    Task<KeepAliveOutcome> KeepAliveAsync(long leaseId, CancellationToken cancellationToken);

    /// <summary>Writes a changed record (say, draining) under the same lease, which it stays bound to.</summary>
    /// <returns>False when the lease is gone or the id belongs to another incarnation by now; nothing was written then.</returns>
    Task<bool> UpdateAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken);

    /// <summary>What stands under the worker's id, up to date. A lease may outlive the entry under it.</summary>
    /// <param name="leaseId">The worker's lease; it is not renewed by this.</param>
    /// <param name="worker">As it was registered.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    Task<EntrySight> LookAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken);

    /// <summary>Puts the entry under the lease, if what stands under the id has not changed since it was looked at.</summary>
    /// <param name="leaseId">The worker's lease.</param>
    /// <param name="worker">What to announce.</param>
    /// <param name="revision">Of what was seen; zero: nothing was there.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>False when it has changed, or the lease is gone; nothing was written then.</returns>
    Task<bool> PutBackAsync(long leaseId, WorkerRecord worker, long revision, CancellationToken cancellationToken);

    /// <summary>Gives the lease back; the registration goes with it at once. A lease that is gone already counts as done.</summary>
    Task DeregisterAsync(long leaseId, CancellationToken cancellationToken);

    /// <summary>A snapshot first, then changes, without a gap. Outages are survived inside: they show as <see cref="Watched{T}.Down"/>,
    /// followed by <see cref="Watched{T}.Up"/> and either the changes that were missed or everything, without changes.</summary>
    /// <remarks>Ends only by cancellation, or with <see cref="RegistryRefusedException"/>.</remarks>
    /// <param name="protocol">By which the watcher's node is reached, <c>akka.tcp</c> say: workers that are reached otherwise are left out. Null:
    /// any.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    IAsyncEnumerable<Watched<Member>> WatchAsync(string? protocol, CancellationToken cancellationToken);
}
