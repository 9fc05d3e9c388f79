using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Registration;
using AkkaLb.Watching;

namespace AkkaLb.Reality.Etcd;

/// <summary>An etcd with AkkaLb's way of speaking to it: real, or modelled.</summary>
internal interface IEtcdWorld : IAsyncDisposable
{
    Task StartAsync();

    /// <summary>The revision that the script begins at.</summary>
    Task<long> RevisionAsync();

    Task<RegisterOutcome> RegisterAsync(WorkerRecord worker, TimeSpan ttl);

    Task<KeepAliveOutcome> KeepAliveAsync(long leaseId);

    Task<bool> UpdateAsync(long leaseId, WorkerRecord worker);

    Task<EntrySight> LookAsync(long leaseId, WorkerRecord worker);

    Task<bool> PutBackAsync(long leaseId, WorkerRecord worker, long revision);

    Task RevokeAsync(long leaseId);

    /// <summary>Somebody deletes the entry by hand.</summary>
    Task DeleteAsync(string id);

    /// <summary>Somebody writes a stranger over the entry.</summary>
    /// <param name="hasLease">Whether under a lease.</param>
    Task WriteOverAsync(WorkerRecord stranger, bool hasLease);

    /// <summary>Does what a word of a script says: see <see cref="EtcdScripts"/>.</summary>
    Task DoAsync(string what);

    /// <summary>The next that the watch tells; proofs of life are passed over.</summary>
    Task<Watched<Member>> NextAsync();
}
