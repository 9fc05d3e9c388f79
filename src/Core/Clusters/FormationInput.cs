namespace AkkaLb.Core.Clusters;

/// <summary>What happens to the formation of a cluster.</summary>
public abstract record FormationInput
{
    private FormationInput() { }

    /// <summary>The first of all.</summary>
    public sealed record Start : FormationInput;

    /// <summary>The registry was read.</summary>
    /// <param name="Members">The nodes that are in our cluster at this moment; empty while we are in none.</param>
    public sealed record Saw(ClusterSight Sight, IReadOnlySet<NodeLife> Members) : FormationInput;

    /// <summary>It could not be read.</summary>
    public sealed record LookFailed(string Problem) : FormationInput;

    /// <summary>Another member reaches the registry at this moment. Where only this node does not, it would keep the others from
    /// deciding.</summary>
    public sealed record OthersReach(string Who) : FormationInput;

    /// <summary>The lock is ours; its revision is the generation.</summary>
    public sealed record Begun(long Generation) : FormationInput;

    /// <summary>There is a member or a lock by now.</summary>
    public sealed record NotBegun : FormationInput;

    /// <summary>It is not known whether the lock is ours: the next look tells.</summary>
    public sealed record BeginFailed(string Problem) : FormationInput;

    /// <summary>This node is a full member of a cluster.</summary>
    public sealed record CameUp : FormationInput;

    /// <summary>Our entry stands.</summary>
    public sealed record Announced : FormationInput;

    /// <summary>The entry could not be put: the lock was not ours any more, or the generation is another by now.</summary>
    public sealed record AnnounceRefused : FormationInput;

    /// <summary>It is not known whether the entry stands.</summary>
    public sealed record AnnounceFailed(string Problem) : FormationInput;

    /// <summary>Our lease is gone, and our entry with it.</summary>
    public sealed record LeaseLost(string Why) : FormationInput;
}
