using System.Diagnostics;

namespace AkkaLb.Core.Balancing;

/// <summary>The members as of a registry revision: turns snapshots and changes into what is really new.</summary>
/// <remarks>Anything at or below the applied revision is ignored, except a snapshot: it is the truth, also when the registry went back in time.</remarks>
public sealed class MembershipView
{
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);

    public long Revision { get; private set; }

    public bool HasSnapshot { get; private set; }

    public IReadOnlyCollection<Member> Members => _members.Values;

    /// <summary>Takes a fresh snapshot and says what differs from what was known, removals first.</summary>
    public IReadOnlyList<MemberChange> Reset(long revision, IReadOnlyList<Member> members)
    {
        var there = members.Select(m => m.Worker.Id).ToHashSet(StringComparer.Ordinal);
        var changes = new List<MemberChange>();
        foreach (var id in _members.Keys.Where(id => !there.Contains(id)).Order(StringComparer.Ordinal).ToList())
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

    private void AddIfNew(Member member, List<MemberChange> changes)
    {
        if (!_members.TryGetValue(member.Worker.Id, out var known) || known != member)
        {
            _members[member.Worker.Id] = member;
            changes.Add(new MemberChange.Put(member));
        }
    }
}
