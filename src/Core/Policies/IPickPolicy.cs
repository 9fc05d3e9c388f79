namespace AkkaLb.Core.Policies;

/// <summary>Ranks eligible workers. It knows nothing of health, draining or the registry: eligibility is settled before it is asked.</summary>
/// <remarks>One instance per balancer; not thread-safe. <see cref="Pick"/> allocates nothing and takes at most logarithmic time when nobody is
/// left out.</remarks>
public interface IPickPolicy
{
    /// <summary>The name the operator uses; one of <see cref="PolicyNames"/>.</summary>
    string Name { get; }

    /// <summary>Whether only workers with a fresh memory report can be picked.</summary>
    bool DecidesOnMemory { get; }

    /// <summary>Membership changed. A worker that leaves or drains afterwards stays in the array until the next call, and must not be
    /// picked.</summary>
    /// <param name="eligible">Up and registered, in registration order. The policy keeps the array and does not change it.</param>
    void Rebuild(Candidate[] eligible);

    /// <summary>An eligible candidate's report was updated in place; it may be one that joined since the last <see cref="Rebuild"/>.</summary>
    void Reported(Candidate candidate);

    /// <summary>The next worker, or null when the policy can name nobody outside <paramref name="leftOut"/>.</summary>
    Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now);
}

/// <summary>Names and meanings of the policies, for flags, HOCON and the prompt.</summary>
public static class PolicyNames
{
    public const string RoundRobin = "round-robin";
    public const string PickFirst = "pick-first";
    public const string LeastLoad = "least-load";

    /// <summary>Every policy with one line of what it does, in the order in which the prompt shows them.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> All { get; } =
    [
        (RoundRobin, "each worker in turn, in the order of registration"),
        (PickFirst, "the worker that registered first; when it is gone, the next one"),
        (LeastLoad, "the worker that uses the least memory by its last report"),
    ];

    /// <summary>Makes a policy by its name.</summary>
    /// <exception cref="ArgumentException">No policy has that name.</exception>
    public static IPickPolicy Create(string name) => name switch
    {
        RoundRobin => new RoundRobin(),
        PickFirst => new PickFirst(),
        LeastLoad => new LeastLoad(),
        _ => throw new ArgumentException($"unknown policy \"{name}\"; choose one of {string.Join(", ", All.Select(p => p.Name))}", nameof(name)),
    };
}
