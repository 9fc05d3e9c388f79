using System.Diagnostics;
using AkkaLb.Core;
using AkkaLb.Etcd;
using Mvccpb;

namespace AkkaLb.Registry.Etcd;

/// <summary>Turns etcd's keys and events into what the registry's contract says: members, changes, unreadable values.</summary>
/// <remarks>It remembers the members it has told, so that a removal is told once and only for somebody who was there. Not thread-safe.</remarks>
internal sealed class MembershipTranslator(EtcdKeyRange keys)
{
    private HashSet<string> _members = [];

    /// <summary>What an event of the watch says about members.</summary>
    public IReadOnlyList<RegistryEvent> Translate(EtcdWatchEvent e) => e switch
    {
        EtcdWatchEvent.Snapshot snapshot => Snapshot(snapshot.Revision, snapshot.Keys, snapshot.Because),
        EtcdWatchEvent.Changed changed => Apply(changed.Revision, changed.Events),
        EtcdWatchEvent.Alive alive => [new RegistryEvent.Alive(alive.Revision)],
        EtcdWatchEvent.Disconnected disconnected => [new RegistryEvent.Disconnected(disconnected.Reason)],
        EtcdWatchEvent.Connected => [new RegistryEvent.Connected()],
        _ => throw new UnreachableException(),
    };

    /// <summary>A snapshot event, then one event for each value that was left out.</summary>
    /// <param name="revision">At which the keys were read.</param>
    /// <param name="kvs">All keys of the range, in any order.</param>
    /// <param name="because">Why everything was read anew; null for the first snapshot.</param>
    public IReadOnlyList<RegistryEvent> Snapshot(long revision, IEnumerable<KeyValue> kvs, string? because = null)
    {
        var (members, unreadable) = Read(kvs);
        _members = [.. members.Select(m => m.Worker.Id)];
        return [new RegistryEvent.Snapshot(revision, members) { Because = because }, .. unreadable];
    }

    /// <summary>The events of one revision: at most one change event, then one event for each value that was left out.</summary>
    public IReadOnlyList<RegistryEvent> Apply(long revision, IEnumerable<Event> events)
    {
        var changes = new List<MemberChange>();
        var unreadable = new List<RegistryEvent>();
        foreach (var e in events)
        {
            // A delete carries only the key.
            var id = keys.IdOf(e.Kv.Key);
            if (e.Type == Event.Types.EventType.Put)
            {
                if (RegistryValue.TryParse(id, e.Kv.Value.Memory, out var worker, out var problem))
                {
                    _members.Add(id);
                    changes.Add(new MemberChange.Put(new Member(worker, e.Kv.CreateRevision)));
                    continue;
                }

                unreadable.Add(new RegistryEvent.Unreadable(e.Kv.Key.ToStringUtf8(), problem));
            }

            // Deleted, or replaced by something nobody can read: a member that was told is one no more.
            if (_members.Remove(id))
            {
                changes.Add(new MemberChange.Removed(id));
            }
        }

        return changes.Count == 0 ? unreadable : [new RegistryEvent.Changed(revision, changes), .. unreadable];
    }

    private (List<Member> Members, List<RegistryEvent> Unreadable) Read(IEnumerable<KeyValue> kvs)
    {
        var members = new List<Member>();
        var unreadable = new List<RegistryEvent>();
        // Keys put by one transaction share their create revision; the key breaks the tie the same way every time.
        foreach (var kv in kvs.OrderBy(kv => kv.CreateRevision).ThenBy(kv => kv.Key.ToStringUtf8(), StringComparer.Ordinal))
        {
            if (RegistryValue.TryParse(keys.IdOf(kv.Key), kv.Value.Memory, out var worker, out var problem))
            {
                members.Add(new Member(worker, kv.CreateRevision));
            }
            else
            {
                unreadable.Add(new RegistryEvent.Unreadable(kv.Key.ToStringUtf8(), problem));
            }
        }

        return (members, unreadable);
    }
}
