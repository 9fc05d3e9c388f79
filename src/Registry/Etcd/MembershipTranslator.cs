using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Etcd;
using Mvccpb;

namespace AkkaLb.Registry.Etcd;

/// <summary>Turns etcd's keys and events into what the registry's contract says: members, changes, unreadable values.</summary>
/// <remarks>It remembers what it has told: a removal is told once and only for somebody who was there, an unreadable value once. Not
/// thread-safe.</remarks>
internal sealed class MembershipTranslator(EtcdKeyRange keys)
{
    private readonly LeftOutValues _leftOut = new();
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

    /// <summary>A snapshot event, then what there is to say of values that were left out.</summary>
    /// <param name="revision">At which the keys were read.</param>
    /// <param name="kvs">All keys of the range, in any order.</param>
    /// <param name="because">Why everything was read again; null for the first snapshot.</param>
    public IReadOnlyList<RegistryEvent> Snapshot(long revision, IEnumerable<KeyValue> kvs, string? because = null)
    {
        var members = new List<Member>();
        var unreadable = new List<RegistryEvent>();
        var leftOut = new HashSet<string>();
        // Keys put by one transaction share their create revision; the key breaks the tie the same way every time.
        foreach (var kv in kvs.OrderBy(kv => kv.CreateRevision).ThenBy(kv => kv.Key.ToStringUtf8(), StringComparer.Ordinal))
        {
            var id = keys.IdOf(kv.Key);
            if (TryRead(id, kv, out var worker, out var problem))
            {
                members.Add(new Member(worker, kv.CreateRevision));
            }
            else
            {
                leftOut.Add(id);
                LeaveOut(id, kv, problem, unreadable);
            }
        }

        _leftOut.ForgetAllBut(leftOut);
        _members = [.. members.Select(m => m.Worker.Id)];
        return [new RegistryEvent.Snapshot(revision, members) { Because = because }, .. SummedUp(unreadable)];
    }

    /// <summary>The events of one revision: at most one change event, then what there is to say of values that were left out.</summary>
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
                if (TryRead(id, e.Kv, out var worker, out var problem))
                {
                    _leftOut.Forget(id);
                    _members.Add(id);
                    changes.Add(new MemberChange.Put(new Member(worker, e.Kv.CreateRevision)));
                    continue;
                }

                LeaveOut(id, e.Kv, problem, unreadable);
            }
            else
            {
                _leftOut.Forget(id);
            }

            // Deleted, or replaced by something nobody can read or nobody holds: a member that was told no longer is one.
            if (_members.Remove(id))
            {
                changes.Add(new MemberChange.Removed(id));
            }
        }

        unreadable = SummedUp(unreadable);
        return changes.Count == 0 ? unreadable : [new RegistryEvent.Changed(revision, changes), .. unreadable];
    }

    private static bool TryRead(string id, KeyValue kv, [NotNullWhen(true)] out WorkerRecord? worker, [NotNullWhen(false)] out string? problem)
    {
        if (RegistryValue.TryParse(id, kv.Value.Memory, out worker, out problem) && LeasedKey.Problem(kv) is { } unleased)
        {
            (worker, problem) = (null, unleased);
        }

        return worker is not null;
    }

    private void LeaveOut(string id, KeyValue kv, string problem, List<RegistryEvent> unreadable)
    {
        if (_leftOut.IsNews(id, problem))
        {
            unreadable.Add(new RegistryEvent.Unreadable(LogText.Of(kv.Key.ToStringUtf8()), problem));
        }
    }

    private List<RegistryEvent> SummedUp(List<RegistryEvent> unreadable)
    {
        if (_leftOut.Sum() is > 0 and var more)
        {
            unreadable.Add(new RegistryEvent.MoreUnreadable(more));
        }

        return unreadable;
    }
}
