using AkkaLb.Core.Clusters;
using AkkaLb.Watching;

namespace AkkaLb.Registry;

/// <summary>Where the members of a cluster of balancers announce themselves, and where one that starts finds them.</summary>
/// <remarks>
/// One caller at a time. Faults are the same as of <see cref="IWorkerRegistry"/>: <see cref="RegistryUnavailableException"/> when trying again may
/// help (the outcome of a write is unknown then), <see cref="RegistryRefusedException"/> when it will not.
/// </remarks>
public interface IClusterRegistry : IAsyncDisposable
{
    /// <summary>The members, the lock and the generation, at one revision.</summary>
    Task<ClusterSight> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Takes the lock under this node's lease and begins a generation, if there is neither a member nor a lock.</summary>
    /// <returns>The generation; null when somebody was there before.</returns>
    Task<long?> BeginAsync(CancellationToken cancellationToken);

    /// <summary>Takes the lock under this node's lease and begins a generation for a cluster that stands already, if nobody holds the lock and no
    /// generation was begun or lost since.</summary>
    /// <param name="seen">The generation that was read; 0: none.</param>
    /// <param name="cancellationToken">Ends the call early; the outcome is unknown then.</param>
    /// <returns>The generation; null when the condition does not hold, and nothing was written.</returns>
    Task<long?> RenewAsync(long seen, CancellationToken cancellationToken);

    /// <summary>Puts this node's entry under its lease, if its generation is the one that was begun last.</summary>
    /// <param name="entry">What others are to know of it.</param>
    /// <param name="endsForming">Only if the lock is still ours, and give it up in the same step.</param>
    /// <param name="cancellationToken">Ends the call early; the outcome is unknown then.</param>
    /// <returns>Signalled when the lease is lost; null when the condition does not hold, and nothing was written.</returns>
    Task<CancellationToken?> AnnounceAsync(ClusterEntry entry, bool endsForming, CancellationToken cancellationToken);

    /// <summary>Gives the lease back; entry and lock go with it at once.</summary>
    Task WithdrawAsync();
}
