using Akka.Actor;
using AkkaLb.Messages;

namespace AkkaLb.Registry;

/// <summary>A registry in which balancers keep an entry, so that clients and workers find them.</summary>
public interface IBalancerRegistry
{
    /// <summary>Begins to keep an entry, and keeps it for as long as the announcement is not disposed.</summary>
    /// <param name="log">Told of what becomes of the entry.</param>
    IBalancerAnnouncement Announce(BalancerEntry entry, OperatorLog log);
}

/// <summary>A balancer's own entry in a registry. Disposing it takes the entry out.</summary>
public interface IBalancerAnnouncement : IAsyncDisposable
{
    /// <summary>Completes when the entry is there for the first time, or cannot be made at present.</summary>
    Task Begun { get; }

    /// <summary>Completes, with a sentence for the operator, when another process holds the id, or when a bug has ended the keeping of the entry:
    /// this balancer has to end.</summary>
    Task<string> Taken { get; }

    /// <summary>Looks for a balancer of the other mode: where one decides for all, nobody decides beside it. An entry that a crashed one left
    /// behind is waited for, one time to live. To be called after <see cref="Begun"/>: who announces itself before it looks is seen by one that
    /// starts at the same moment.</summary>
    /// <returns>A sentence for the operator; null: there is none, or the registry cannot say at present.</returns>
    Task<string?> FindOtherModeAsync(TimeProvider timeProvider, CancellationToken cancellationToken);
}

/// <summary>What a balancer says of itself in a registry.</summary>
/// <param name="Id">See <c>WorkerIds</c>.</param>
/// <param name="Address">Of its node.</param>
/// <param name="Path">The balancer actor's absolute path.</param>
/// <param name="Version">Of its program.</param>
/// <param name="Mode">How it decides.</param>
/// <param name="Ttl">Of the entry's lease; it is renewed three times as often.</param>
public sealed record BalancerEntry(string Id, Address Address, string Path, string Version, string Mode, TimeSpan Ttl)
{
    /// <summary>The mode of a balancer that decides by itself, beside others if there are any.</summary>
    public const string Independent = "independent";
}
