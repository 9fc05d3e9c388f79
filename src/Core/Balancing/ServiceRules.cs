using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Balancing;

/// <summary>How a service is balanced: fixed as long as the balancer lives.</summary>
/// <param name="Policy">Who is next.</param>
/// <param name="Limits">Bounds of its tables.</param>
public sealed record ServiceRule(Policy Policy, BalancerLimits Limits);

/// <summary>How each service is balanced.</summary>
/// <param name="Default">The default service, and each that has no rule of its own.</param>
public sealed record ServiceRules(ServiceRule Default)
{
    /// <summary>A balancer serves this many services at most, each of which costs it a little with every message.</summary>
    public const int CountMax = BalancerState.ServicesMax;

    /// <summary>Services with rules of their own, in the order of their names; fewer than <see cref="CountMax"/>, and none of them is the default
    /// one.</summary>
    public IReadOnlyList<KeyValuePair<string, ServiceRule>> Named { get; init; } = [];

    /// <summary>The same for every service.</summary>
    public static ServiceRules All(Policy policy, BalancerLimits limits) => new(new ServiceRule(policy, limits));

    /// <summary>The policies in one text: <c>round-robin</c>, or <c>round-robin,pdf=first-free</c>.</summary>
    public string Policies => string.Join(',', [Default.Policy.Name, .. Named.Select(named => $"{named.Key}={named.Value.Policy.Name}")]);

    /// <summary>The flags of a balancer that has these <see cref="Policies"/>.</summary>
    public static string FlagsFor(string policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        var parts = policies.Split(',', 2);
        return parts.Length == 1 ? $"--policy {parts[0]}" : $"--policy {parts[0]} --service {parts[1]}";
    }

    /// <summary>The rule for one service.</summary>
    public ServiceRule Of(string service) => Named.FirstOrDefault(named => named.Key == service).Value ?? Default;
}
