namespace AkkaLb.Core.Balancing;

/// <summary>A balancer at a moment, in numbers.</summary>
/// <param name="Decides">Whether it answers: always, but for one of a cluster that has lost the right to.</param>
public sealed record BalancerFigures(bool Decides, IReadOnlyList<ServiceFigures> Services);

/// <summary>One service of a balancer at a moment, in numbers.</summary>
/// <param name="Workers">How many there are in each condition; conditions in which nobody is are left out.</param>
/// <param name="Waiting">Requests that wait for a free place.</param>
/// <param name="OpenPicks">Picks that have been given to clients that tell when they end, and have not ended.</param>
/// <param name="OldestReport">Age of the oldest last report among workers that are up; null: none of them has reported.</param>
public sealed record ServiceFigures(
    string Service, IReadOnlyDictionary<WorkerCondition, int> Workers, int Waiting, int OpenPicks, TimeSpan? OldestReport);
