namespace AkkaLb.Registry.Etcd;

/// <summary>What a balancer says of itself in the registry.</summary>
/// <param name="Id">The operator's name for it; the same rule as for workers.</param>
/// <param name="Path">The balancer actor's absolute path with host and port; a <c>#uid</c> is allowed, not needed.</param>
/// <param name="Version">Version of the program, for people to read; at most 128 characters.</param>
public sealed record BalancerRecord(string Id, string Path, string Version);

/// <summary>The balancers in etcd at one revision.</summary>
/// <param name="Balancers">In registration order.</param>
/// <param name="Unreadable">Values that were left out.</param>
public sealed record BalancerListing(IReadOnlyList<BalancerRecord> Balancers, IReadOnlyList<RegistryEvent.Unreadable> Unreadable);
