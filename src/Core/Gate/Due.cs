namespace AkkaLb.Core.Gate;

internal enum DueKind
{
    JobDeadline,
    Rebuild,
    DrainTimeout,

    /// <summary>An instance that was stopped has had its time to end.</summary>
    Overdue,

    /// <summary>Jobs have waited long enough for an instance to settle.</summary>
    Stuck,
}

/// <summary>Something that happens by itself at a time. Ordered by time; kind and key make it unique.</summary>
/// <param name="Key">The job's token, the instance, or an instance's birth; zero where there is only one of the kind.</param>
internal readonly record struct Due(TimeSpan At, DueKind Kind, long Key) : IComparable<Due>
{
    public int CompareTo(Due other) => (At, Kind, Key).CompareTo((other.At, other.Kind, other.Key));
}
