namespace AkkaLb.Core.Policies;

/// <summary>What a worker is judged by. A struct, so that a chooser over it is compiled for it.</summary>
public interface IMetric
{
    /// <summary>The lower, the better. Asked only of a worker that has reported.</summary>
    static abstract Load Of(Candidate candidate);
}

/// <summary>A worker's load as it is compared.</summary>
/// <param name="Value">The less, the better.</param>
/// <param name="Tie">Decides where values are equal; the less, the better.</param>
public readonly record struct Load(long Value, long Tie)
{
    /// <summary>Loses against every worker.</summary>
    public static readonly Load Absent = new(long.MaxValue, long.MaxValue);

    /// <summary>No worker is there.</summary>
    public bool IsAbsent => Tie == long.MaxValue;
}

/// <summary>Resident bytes by the last report; ties go to the fewest picks since it.</summary>
public readonly struct ResidentMemory : IMetric
{
    public static Load Of(Candidate candidate) => new(candidate.ResidentBytes, candidate.PicksSinceReport);
}
