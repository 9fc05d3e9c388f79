namespace AkkaLb.Core.Policies;

/// <summary>What an operator chooses: who gets the next job. Prompt, flag, errors and the table of docs/policies.md come from these rows.</summary>
/// <param name="Name">In <c>--policy</c>, HOCON and answers.</param>
/// <param name="Meaning">One line for somebody who chooses.</param>
/// <param name="State">What it remembers from one pick to the next.</param>
/// <param name="Cost">Of a pick, by the number of workers.</param>
/// <param name="NeedsReports">Whether only workers with a fresh memory report can be picked.</param>
/// <param name="NewChooser">Makes what picks; the source of randomness is its own.</param>
public sealed record Policy(string Name, string Meaning, string State, string Cost, bool NeedsReports, Func<Random, IChooser> NewChooser)
{
    /// <summary>Whether workers get shares by their <see cref="Candidate.Rate"/>. Around the others a worker with less than its full weight passes a
    /// part of its picks on.</summary>
    public bool SharesByRate { get; init; }

    public const string RoundRobin = "round-robin";
    public const string PickFirst = "pick-first";
    public const string LeastLoad = "least-load";
    public const string Random = "random";
    public const string WeightedRoundRobin = "weighted-round-robin";
    public const string LeastRequests = "least-requests";
    public const string PowerOfTwo = "power-of-two";
    public const string ShortestDelay = "shortest-delay";
    public const string FirstFree = "first-free";
    public const string PeakEwma = "peak-ewma";
    public const string Prequal = "prequal";
    public const string WaterFilling = "water-filling";
    public const string ResourceScore = "resource-score";
    public const string Rendezvous = "rendezvous";
    public const string Maglev = "maglev";

    /// <summary>Every policy, in the order in which the prompt shows them.</summary>
    public static IReadOnlyList<Policy> All { get; } =
    [
        new(RoundRobin, "each worker in turn, in the order of registration", "registration order of the last pick", "constant",
            NeedsReports: false, _ => new InTurn()),
        new(PickFirst, "the worker that registered first; when it is gone, the next one", "none", "constant",
            NeedsReports: false, _ => new First()),
        new(LeastLoad, "the worker that uses the least memory by its last report", "a tournament of the workers that have reported", "logarithmic",
            NeedsReports: true, _ => new Least<ResidentMemory>()),
        new(Random, "any worker, each with the same chance", "none", "constant",
            NeedsReports: false, random => new AtRandom(random)),
        new(WeightedRoundRobin, "each worker in turn, as often as its share of the capacity says", "a count of places",
            "largest capacity divided by the mean",
            NeedsReports: false, _ => new InStride()) { SharesByRate = true },
        new(LeastRequests, "the worker with the fewest jobs in flight", "a tournament of the workers", "logarithmic",
            NeedsReports: false, _ => new Least<Requests>()),
        new(PowerOfTwo, "of two workers drawn at random the one with fewer jobs in flight for its capacity", "none", "constant",
            NeedsReports: false, random => new BestOfTwo<Delay>(random)) { SharesByRate = true },
        new(ShortestDelay, "the worker with the fewest jobs in flight for its capacity", "a tournament of the workers", "logarithmic",
            NeedsReports: false, _ => new Least<Delay>()) { SharesByRate = true },
        new(FirstFree, "the fastest worker with a free place; while there is none the request waits", "a tournament of the workers, and who waits",
            "logarithmic",
            NeedsReports: false, _ => new FirstFree()),
        new(PeakEwma, "of two workers drawn at random the one that answers sooner, as its answers and its jobs in flight tell",
            "an answer time for each worker", "constant",
            NeedsReports: false, random => new PeakEwma(random)),
        new(Prequal, "of a few that have just answered the fastest with few jobs in flight; when all have many, the one with the fewest",
            "16 samples, and five answers for each worker", "constant",
            NeedsReports: false, random => new Prequal(random)),
        new(WaterFilling, "a worker drawn with the probabilities that bring all to one level, by jobs in flight, jobs expected and capacity",
            "sums of probabilities", "logarithmic",
            NeedsReports: false, random => new WaterFilling(random)) { SharesByRate = true },
        new(ResourceScore, "of some drawn at random the one with the most memory and places to spare", "an order of the workers",
            "square root, as of 10,000 at most",
            NeedsReports: false, random => new ResourceScore(random)),
        new(Rendezvous, "by the key of the job the worker that ranks first for it and has not more than its share of the load",
            "the jobs of all workers, and the rankings of up to 65,536 keys", "constant for a key that came lately, else linear",
            NeedsReports: false, random => new ByKey(new RendezvousOrder(), random)) { SharesByRate = true },
        new(Maglev, "by the key of the job the worker in a table of hashes, unless that has more than its share of the load",
            "the jobs of all workers, and a table of 65,537 places", "constant",
            NeedsReports: false, random => new ByKey(new MaglevOrder(), random)) { SharesByRate = true },
    ];

    /// <summary>The names, as an error or a flag lists them.</summary>
    public static string Names => string.Join(", ", All.Select(p => p.Name));

    /// <summary>The policy of this name.</summary>
    /// <exception cref="ArgumentException">No policy has that name.</exception>
    public static Policy Of(string name) => All.FirstOrDefault(p => p.Name == name)
        ?? throw new ArgumentException($"unknown policy \"{name}\"; choose one of {Names}", nameof(name));
}
