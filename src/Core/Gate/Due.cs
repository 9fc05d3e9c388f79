namespace AkkaLb.Core.Gate;

/// <summary>What happens by itself at a time. Of two at the same time the earlier kind comes first.</summary>
internal enum DueKind
{
    JobDeadline,
    Rebuild,
    DrainTimeout,

    /// <summary>An instance that was stopped has had its time to end.</summary>
    Overdue,

    /// <summary>Jobs have waited long enough for an instance to settle.</summary>
    Stuck,

    /// <summary>A job may tell again how far it is.</summary>
    Progress,

    /// <summary>A client has not said for long that it takes more of its reply.</summary>
    Untaken,

    /// <summary>What sends a reply that was given up has had its time to end.</summary>
    Lingering,
}

/// <summary>One thing that happens by itself.</summary>
/// <param name="Key">The job's token, the instance, or an instance's birth; zero where there is only one of the kind.</param>
internal readonly record struct Due(DueKind Kind, long Key) : IComparable<Due>
{
    public static Due Drain => new(DueKind.DrainTimeout, 0);

    public static Due Stuck => new(DueKind.Stuck, 0);

    public int CompareTo(Due other) => (Kind, Key).CompareTo((other.Kind, other.Key));
}
