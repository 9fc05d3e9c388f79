namespace AkkaLb.Core.Balancing;

/// <summary>From the watcher: all members, replacing what was known.</summary>
/// <param name="Revision">As of which registry revision.</param>
public sealed record WorkersSnapshot(IReadOnlyList<Member> Members, long Revision = 0);

/// <summary>To the watcher: say <see cref="WorkersSnapshot"/> once more.</summary>
public sealed record GetWorkersSnapshot
{
    public static GetWorkersSnapshot Instance { get; } = new();
}

/// <summary>From the watcher: what changed, in order.</summary>
/// <param name="Revision">As of which registry revision.</param>
public sealed record WorkersChanged(IReadOnlyList<MemberChange> Changes, long Revision = 0);
