namespace AkkaLb.Core;

/// <summary>How a registration ended.</summary>
public abstract record RegisterOutcome
{
    private RegisterOutcome() { }

    /// <summary>The worker is in the registry.</summary>
    /// <param name="LeaseId">Names the lease in later calls.</param>
    /// <param name="Ttl">The granted time to live, not the asked-for one.</param>
    public sealed record Registered(long LeaseId, TimeSpan Ttl) : RegisterOutcome;

    /// <summary>Another incarnation holds the id. Nothing was written, and no lease is left behind.</summary>
    /// <param name="HolderIncarnation">Zero when the entry cannot be read.</param>
    /// <param name="Ttl">What the registry would have granted: so long lives the lease of a dead holder that asked for the same.</param>
    public sealed record IdInUse(long HolderIncarnation, TimeSpan Ttl) : RegisterOutcome;
}

/// <summary>How a renewal ended.</summary>
public abstract record KeepAliveOutcome
{
    private KeepAliveOutcome() { }

    /// <summary>The lease lives for another <paramref name="Ttl"/>.</summary>
    public sealed record Kept(TimeSpan Ttl) : KeepAliveOutcome;

    /// <summary>The registry no longer knows the lease: register again.</summary>
    public sealed record LeaseLost : KeepAliveOutcome;
}
