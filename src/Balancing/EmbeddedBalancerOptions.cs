using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Registry;

namespace AkkaLb.Balancing;

/// <summary>What an <see cref="EmbeddedBalancer"/> needs to know.</summary>
public sealed record EmbeddedBalancerOptions
{
    private const int VersionLengthMax = 128;

    /// <summary>Its name, in its state and in a registry that it shares with other balancers; see <see cref="WorkerIds.IsValid"/>. Default: host name
    /// and process id.</summary>
    public string Id { get; init; } = NodeIdentity.DefaultId();

    /// <summary>How each service is balanced, fixed as long as the balancer lives; see <see cref="With"/>.</summary>
    public required ServiceRules Rules { get; init; }

    /// <summary>Where workers register; null: in this balancer itself. One that keeps balancers, too, gets an entry of this one, so that clients and
    /// workers find it. It is not disposed.</summary>
    public IWorkerRegistry? Registry { get; init; }

    /// <summary>Of its own entry in the registry. Default 5 s.</summary>
    public TimeSpan LeaseTtl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one request to the registry in it may take. Default 2 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Of the application, for whoever looks into the registry; at most 128 characters.</summary>
    public string Version { get; init; } = "";

    /// <summary>What is of no use without its actors, in the sentence of <see cref="EmbeddedBalancer.Ended"/>.</summary>
    internal string Whose { get; init; } = "this balancer";

    /// <summary>Options with one policy for all services and the default bounds.</summary>
    /// <param name="policy">One of <see cref="Policy.Names"/>.</param>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public static EmbeddedBalancerOptions With(string policy) => new() { Rules = ServiceRules.All(Policy.Of(policy), BalancerLimits.Default) };

    /// <exception cref="ArgumentException">Something is unfit; all of it is named.</exception>
    internal void ThrowIfUnfit()
    {
        var problems = new List<string>();
        if (!WorkerIds.IsValid(Id))
        {
            problems.Add($"{nameof(Id)} \"{Id}\" is not 1 to {WorkerIds.LengthMax} letters, digits, dots, underscores and hyphens");
        }

        if (LeaseTtl < TimeSpan.FromSeconds(2) || RequestTimeout <= TimeSpan.Zero)
        {
            problems.Add($"{nameof(LeaseTtl)} is below 2 s, or {nameof(RequestTimeout)} is not above zero");
        }

        if (Version.Length > VersionLengthMax)
        {
            problems.Add($"{nameof(Version)} has more than {VersionLengthMax} characters");
        }

        if (Rules.Named.Count >= ServiceRules.CountMax)
        {
            problems.Add(
                $"{nameof(Rules)}: {Rules.Named.Count} services are too many, a balancer serves {ServiceRules.CountMax} with the default one");
        }

        if (Rules.Named.FirstOrDefault(named => named.Key == WorkerService.Default || !WorkerService.IsValid(named.Key)).Key is { } name)
        {
            problems.Add($"{nameof(Rules)}: the service \"{name}\" is the default one, or its name is not {WorkerService.Rule}");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", problems));
        }
    }
}
