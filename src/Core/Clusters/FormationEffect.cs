namespace AkkaLb.Core.Clusters;

/// <summary>What the formation of a cluster asks its shell to do.</summary>
public abstract record FormationEffect
{
    private FormationEffect() { }

    /// <summary>Read the registry; answer with <see cref="FormationInput.Saw"/> or <see cref="FormationInput.LookFailed"/>.</summary>
    public sealed record Look : FormationEffect;

    /// <summary>Take the lock if there is neither a member nor a lock; answer with <see cref="FormationInput.Begun"/>,
    /// <see cref="FormationInput.NotBegun"/> or <see cref="FormationInput.BeginFailed"/>.</summary>
    public sealed record Begin : FormationEffect;

    /// <summary>Take the lock for the cluster we are in, if nobody holds it and the generation is still the one that was seen; answered like
    /// <see cref="Begin"/>.</summary>
    /// <param name="Seen">0: none.</param>
    public sealed record Renew(long Seen) : FormationEffect;

    /// <summary>Be the first member.</summary>
    public sealed record JoinSelf : FormationEffect;

    /// <summary>Join through whichever of these answers.</summary>
    public sealed record Join(IReadOnlyList<string> Addresses) : FormationEffect;

    /// <summary>Put our entry; answer with <see cref="FormationInput.Announced"/>, <see cref="FormationInput.AnnounceRefused"/> or
    /// <see cref="FormationInput.AnnounceFailed"/>.</summary>
    /// <param name="EndsForming">Only if the lock is still ours, and give it up in the same step.</param>
    public sealed record Announce(long Generation, bool EndsForming) : FormationEffect;

    /// <summary>This node is a member and can be found.</summary>
    public sealed record Ready(long Generation) : FormationEffect;

    /// <summary>Ask the other members whether they reach the registry; the first that does is told with
    /// <see cref="FormationInput.OthersReach"/>.</summary>
    public sealed record AskOthers : FormationEffect;

    /// <summary>Something to tell the operator; <paramref name="IsTrouble"/> as a warning.</summary>
    public sealed record Note(string Text, bool IsTrouble) : FormationEffect;

    /// <summary>There is no way on: end, with this sentence.</summary>
    public sealed record End(string Sentence) : FormationEffect;
}
