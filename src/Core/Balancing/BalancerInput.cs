namespace AkkaLb.Core.Balancing;

/// <summary>What happens to a balancer, beside <see cref="Assign"/>, <see cref="Finished"/>, <see cref="MemoryReport"/>,
/// <see cref="GetBalancerState"/>, <see cref="WhoDecides"/>, who is registered and what operators want of them (both
/// <see cref="Watching.Watched{T}.Known"/>).</summary>
public abstract record BalancerInput
{
    private BalancerInput() { }

    /// <summary>A client says what it saw of a worker.</summary>
    /// <param name="From">Its address, as it, or a stranger, wrote it.</param>
    public sealed record Unreachable(string From, WorkerUnreachable Message) : BalancerInput;

    /// <summary>The connections to these clients have ended. What they wait for and what they hold is theirs no more: one that is there still asks
    /// again.</summary>
    public sealed record ConnectionLost(IReadOnlyList<long> Clients) : BalancerInput;

    /// <summary>Somebody wants its figures: answered with <see cref="BalancerEffect.Measured"/>.</summary>
    public sealed record Measure : BalancerInput;

    /// <summary>What operators want of these workers has changed; to each service.</summary>
    internal sealed record Overridden(IReadOnlyList<string> WorkerIds) : BalancerInput;

    /// <summary>From now on every request is rejected.</summary>
    public sealed record Stop : BalancerInput;
}
