namespace AkkaLb.Core.Clusters;

/// <summary>One life of a balancer's process: a restart at the same address is another one.</summary>
/// <param name="Uid">Drawn by Akka when its system starts.</param>
public readonly record struct NodeLife(string Address, long Uid);

/// <summary>A member of the cluster as it announced itself in the registry.</summary>
/// <param name="Generation">Which forming of the cluster it belongs to.</param>
/// <param name="Policy">Every member must have the same.</param>
/// <param name="Order">Rises with the time at which the entry came into the registry; 0 in one that is to be put.</param>
public sealed record ClusterEntry(NodeLife Node, long Generation, string Policy, long Order = 0);

/// <summary>Somebody is forming a cluster, or giving one that stands another generation.</summary>
/// <param name="IsOurs">This very process is.</param>
public sealed record FormingLock(long Generation, bool IsOurs);

/// <summary>What the registry says of the cluster at one revision.</summary>
/// <param name="Forming">Null: nobody is.</param>
/// <param name="Generation">The one that was begun last: only under it can an entry be put. 0: the registry knows of none.</param>
public sealed record ClusterSight(IReadOnlyList<ClusterEntry> Entries, FormingLock? Forming, long Generation)
{
    /// <summary>What keeps a cluster from being formed where nobody is, a sentence for the operator; null: nothing that is known.</summary>
    public string? InTheWay { get; init; }

    /// <summary>What the operator is to be told of the registry's keys, whole sentences; each comes once.</summary>
    public IReadOnlyList<string> News { get; init; } = [];
}
