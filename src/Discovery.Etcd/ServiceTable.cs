using System.Diagnostics;
using AkkaLb.Etcd;
using Mvccpb;

namespace AkkaLb.Discovery.Etcd;

/// <summary>Makes lists of instances out of what a watch of keys tells.</summary>
/// <remarks>Not thread-safe: one flow of control owns it.</remarks>
/// <param name="namedMax">So many unreadable values are told one by one; see <see cref="LeftOutValues"/>.</param>
internal sealed class ServiceTable(EtcdKeyRange keys, int namedMax = LeftOutValues.NamedMax)
{
    private readonly LeftOutValues _leftOut = new(namedMax);
    private readonly Dictionary<string, Entry> _entries = [];
    private bool _hasSnapshot;

    private bool _isChanged;

    /// <summary>What to tell on.</summary>
    public IReadOnlyList<ServiceEvent> Apply(EtcdWatchEvent told) => told switch
    {
        EtcdWatchEvent.Snapshot snapshot => Reset(snapshot.Keys, snapshot.Revision),
        EtcdWatchEvent.Changed changed => Apply(changed),
        EtcdWatchEvent.Disconnected disconnected => [new ServiceEvent.Disconnected(disconnected.Reason, IsRefused: false)],
        EtcdWatchEvent.Connected => [new ServiceEvent.Connected()],
        EtcdWatchEvent.Alive => [],
        _ => throw new UnreachableException(),
    };

    /// <summary>All that is there, replacing what was known; the list is told only when it is the first or differs.</summary>
    public IReadOnlyList<ServiceEvent> Reset(IReadOnlyList<KeyValue> all, long revision)
    {
        var told = new List<ServiceEvent>();
        _isChanged = !_hasSnapshot;
        _hasSnapshot = true;
        var present = all.Select(kv => keys.IdOf(kv.Key)).ToHashSet();
        foreach (var id in _entries.Keys.Where(id => !present.Contains(id)).ToList())
        {
            Remove(id);
        }

        foreach (var kv in all)
        {
            Put(kv, told);
        }

        return Told(told, revision);
    }

    private List<ServiceEvent> Apply(EtcdWatchEvent.Changed changed)
    {
        var told = new List<ServiceEvent>();
        _isChanged = false;
        foreach (var e in changed.Events)
        {
            if (e.Type == Event.Types.EventType.Delete)
            {
                Remove(keys.IdOf(e.Kv.Key));
            }
            else
            {
                Put(e.Kv, told);
            }
        }

        return Told(told, changed.Revision);
    }

    private List<ServiceEvent> Told(List<ServiceEvent> told, long revision)
    {
        if (_leftOut.Sum() is > 0 and var more)
        {
            told.Add(new ServiceEvent.MoreUnreadable(more));
        }

        if (_isChanged)
        {
            told.Add(new ServiceEvent.Instances(
                [.. _entries
                    .Where(e => e.Value.Instance is not null)
                    .OrderBy(e => e.Value.CreateRevision).ThenBy(e => e.Key, StringComparer.Ordinal)
                    .Select(e => e.Value.Instance!)],
                revision));
        }

        return told;
    }

    private void Put(KeyValue kv, List<ServiceEvent> told)
    {
        var id = keys.IdOf(kv.Key);
        var known = _entries.GetValueOrDefault(id);
        if (known is not null && (known.ModRevision, known.CreateRevision) == (kv.ModRevision, kv.CreateRevision))
        {
            return;
        }

        if (ServiceInstanceValue.TryParse(id, kv.Value.Memory, out var instance, out var problem) && LeasedKey.Problem(kv) is { } unleased)
        {
            (instance, problem) = (null, unleased);
        }

        if (problem is null)
        {
            _leftOut.Forget(id);
        }
        else if (_leftOut.IsNews(id, problem))
        {
            told.Add(new ServiceEvent.Unreadable(LogText.Of(kv.Key.ToStringUtf8()), problem));
        }

        _entries[id] = new Entry(instance, kv.CreateRevision, kv.ModRevision);
        _isChanged |= instance is not null || known?.Instance is not null;
    }

    private void Remove(string id)
    {
        if (_entries.Remove(id, out var gone))
        {
            _leftOut.Forget(id);
            _isChanged |= gone.Instance is not null;
        }
    }

    /// <param name="Instance">Null: it is left out, which was told.</param>
    private sealed record Entry(ServiceInstance? Instance, long CreateRevision, long ModRevision);
}
