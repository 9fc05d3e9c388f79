namespace AkkaLb.Core.Gate;

internal enum DueKind
{
    JobDeadline,
    Rebuild,
    DrainTimeout,
}

/// <summary>Something that happens by itself at a time. Ordered by time; kind and key make it unique.</summary>
/// <param name="Key">The job's token, or the instance; zero for the drain.</param>
internal readonly record struct Due(TimeSpan At, DueKind Kind, long Key) : IComparable<Due>
{
    public int CompareTo(Due other) => (At, Kind, Key).CompareTo((other.At, other.Kind, other.Key));
}
