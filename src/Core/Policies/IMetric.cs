namespace AkkaLb.Core.Policies;

/// <summary>What a worker is judged by. A struct, so that a chooser over it is compiled for it.</summary>
public interface IMetric
{
    /// <summary>Whether it rests on the worker's own report, so that only a worker with a fresh one can be picked.</summary>
    static abstract bool NeedsReport { get; }

    /// <summary>The lower, the better.</summary>
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

    /// <summary>Whether it wins against the other; false where both are the same.</summary>
    public bool IsLess(Load than) => Value < than.Value || (Value == than.Value && Tie < than.Tie);

    /// <summary>Of a value of zero or more, which need not be whole: such numbers are in the order of their bits.</summary>
    public static Load Of(double value, long tie) => new(BitConverter.DoubleToInt64Bits(value), tie);
}

/// <summary>Resident bytes by the last report; ties go to the fewest picks since it.</summary>
public readonly struct ResidentMemory : IMetric
{
    public static bool NeedsReport => true;

    public static Load Of(Candidate candidate) => new(candidate.ResidentBytes, candidate.PicksSinceReport);
}

/// <summary>Jobs in flight; ties go to the one that was picked longest ago.</summary>
public readonly struct Requests : IMetric
{
    public static bool NeedsReport => false;

    public static Load Of(Candidate candidate) => Load.Of(candidate.InFlight, candidate.LastPick);
}

/// <summary>Of those with a free place the fastest; among equally fast ones the least busy, then the one that was picked longest ago.</summary>
public readonly struct FreePlace : IMetric
{
    /// <summary>So little does it count how busy a worker is.</summary>
    private const double BusyShare = 1e-6;

    public static bool NeedsReport => false;

    public static Load Of(Candidate candidate) => candidate.HasFreePlace
        ? Load.Of((1 + (candidate.InFlight / candidate.Places * BusyShare)) / candidate.Member.Worker.Speed, candidate.LastPick)
        : Load.Absent;
}

/// <summary>How long a further job would take, as far as declared places and speeds tell: (jobs in flight + 1) / rate. Ties go to the one that was
/// picked longest ago.</summary>
public readonly struct Delay : IMetric
{
    public static bool NeedsReport => false;

    public static Load Of(Candidate candidate) => Load.Of((candidate.InFlight + 1) / candidate.Rate, candidate.LastPick);
}
