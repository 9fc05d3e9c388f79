namespace AkkaLb.Core.Clusters;

/// <summary>What happens to a balancer's front, beside <see cref="Assign"/>, <see cref="MemoryReport"/>, <see cref="WorkerUnreachable"/>,
/// <see cref="GetBalancerState"/>, and who is registered (<see cref="Watching.Watched{T}.Known"/>).</summary>
public abstract record FrontInput
{
    private FrontInput() { }

    /// <summary>The first of all.</summary>
    public sealed record Start : FrontInput;

    /// <summary>The balancer that decides has answered <see cref="FrontEffect.AskWho"/>.</summary>
    /// <param name="Where">That balancer, in words.</param>
    public sealed record Decided(long Term, string Where) : FrontInput;

    /// <summary>The balancer of this very process decides from now on.</summary>
    public sealed record LocalDecides : FrontInput;

    /// <summary>The balancer of this very process has ended.</summary>
    public sealed record LocalEnded : FrontInput;

    /// <summary>From now on every request is rejected.</summary>
    public sealed record Stop : FrontInput;
}
