using System.Diagnostics;

namespace AkkaLb.Core.Balancing;

/// <summary>The members as of a registry revision: turns snapshots and changes into what is really new.</summary>
/// <remarks>Anything at or below the applied revision is ignored, except a snapshot: it is the truth, also when the registry went back in time.
/// One exception: a snapshot that lacks every member. A registry that came back empty has lost them, not they their lives, and each registers again
/// with its next renewal. So they are kept until then, see <see cref="KeptUntil"/>. Not thread-safe.</remarks>
public sealed class MembershipView
{
    /// <summary>Longest time that members are kept, whatever heartbeat they announce.</summary>
    private static readonly TimeSpan KeepMax = TimeSpan.FromSeconds(10);

    /// <summary>Beyond the heartbeat, for the request and the watch.</summary>
    private static readonly TimeSpan KeepSlack = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);

    public long Revision { get; private set; }

    public bool HasSnapshot { get; private set; }

    public IReadOnlyCollection<Member> Members => _members.Values;

    /// <summary>When <see cref="EndKeeping"/> wants to be called; null: nobody is kept.</summary>
    public TimeSpan? KeptUntil { get; private set; }

    /// <summary>Takes a fresh snapshot and says what differs from what was known, removals first.</summary>
    /// <param name="revision">Of the registry.</param>
    /// <param name="members">Everybody who is registered.</param>
    /// <param name="now">Monotonic.</param>
    public IReadOnlyList<MemberChange> Reset(long revision, IReadOnlyList<Member> members, TimeSpan now)
    {
        var there = members.Select(m => m.Worker.Id).ToHashSet(StringComparer.Ordinal);
        var changes = new List<MemberChange>();
        var gone = _members.Keys.Where(id => !there.Contains(id)).Order(StringComparer.Ordinal).ToList();
        if (gone.Count > 0 && gone.Count == _members.Count)
        {
            Keep(gone, now);
        }

        foreach (var id in gone.Where(id => !_kept.Contains(id)))
        {
            _members.Remove(id);
            changes.Add(new MemberChange.Removed(id));
        }

        foreach (var member in members)
        {
            AddIfNew(member, changes);
        }

        (Revision, HasSnapshot) = (revision, true);
        return changes;
    }

    /// <summary>Applies one revision's changes and says which of them are new.</summary>
    public IReadOnlyList<MemberChange> Apply(long revision, IReadOnlyList<MemberChange> told)
    {
        if (!HasSnapshot || revision <= Revision)
        {
            return [];
        }

        Revision = revision;
        var changes = new List<MemberChange>(told.Count);
        foreach (var change in told)
        {
            switch (change)
            {
                case MemberChange.Put put:
                    AddIfNew(put.Member, changes);
                    break;
                case MemberChange.Removed removed:
                    if (_members.Remove(removed.WorkerId))
                    {
                        changes.Add(removed);
                    }

                    break;
                default:
                    throw new UnreachableException();
            }
        }

        return changes;
    }

    /// <summary>Lets go of the members that have been kept and did not register again; to be called at <see cref="KeptUntil"/>.</summary>
    public IReadOnlyList<MemberChange> EndKeeping(TimeSpan now)
    {
        if (KeptUntil is not { } until || now < until)
        {
            return [];
        }

        var changes = _kept.Order(StringComparer.Ordinal).Where(_members.Remove).Select(id => new MemberChange.Removed(id)).ToList();
        _kept.Clear();
        KeptUntil = null;
        return changes;
    }

    /// <summary>Until each has had time for its next renewal, and no longer if they are missing in another snapshot.</summary>
    private void Keep(List<string> gone, TimeSpan now)
    {
        _kept.UnionWith(gone);
        var heartbeat = TimeSpan.FromMilliseconds(gone.Max(id => _members[id].Worker.HeartbeatMs));
        KeptUntil ??= now + (heartbeat < KeepMax ? heartbeat : KeepMax) + KeepSlack;
    }

    private void AddIfNew(Member member, List<MemberChange> changes)
    {
        _kept.Remove(member.Worker.Id);
        if (!_members.TryGetValue(member.Worker.Id, out var known) || known != member)
        {
            _members[member.Worker.Id] = member;
            changes.Add(new MemberChange.Put(member));
        }
    }
}
