using AkkaLb.Endpoints;
using AkkaLb.Watching;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Etcd;

/// <summary>The keys of a range as a watch has told them, with what was read out of them. What is new, and what is left out, comes from
/// here.</summary>
/// <remarks>A removal is told once and only of what was there. A change costs what changed. Not thread-safe.</remarks>
/// <param name="keys">Every key comes out of this range.</param>
/// <param name="read">What a key says.</param>
/// <param name="namedMax">So many that are left out are told one by one; see <see cref="LeftOutValues"/>.</param>
/// <param name="unusable">What stands for a key that cannot be used, by its id; null: nothing, it is left out. Either way the problem is
/// told.</param>
public sealed class KeyTable<T>(EtcdKeyRange keys, ReadKey<T> read, int namedMax = LeftOutValues.NamedMax, Func<string, T>? unusable = null)
    where T : class
{
    private readonly Dictionary<ByteString, Entry> _entries = [];
    private readonly ItemsInOrder<T> _items = new();
    private readonly LeftOutValues _leftOut = new(namedMax);
    private bool _wasReset;

    internal EtcdKeyRange Keys => keys;

    /// <summary>All keys there are, in any order, in place of what was known.</summary>
    /// <param name="because">Why everything was read again.</param>
    /// <returns><see cref="Watched{T}.Known"/>, then what is left out.</returns>
    public IReadOnlyList<Watched<T>> Reset(IReadOnlyCollection<KeyValue> kvs, long revision, string? because = null)
    {
        ArgumentNullException.ThrowIfNull(kvs);
        var (changes, skipped) = (new List<KeyChange<T>>(), new List<Watched<T>>());
        var present = kvs.Select(kv => kv.Key).ToHashSet();
        foreach (var gone in _entries.Keys.Where(k => !present.Contains(k)).ToList())
        {
            Remove(gone, changes);
        }

        foreach (var kv in kvs)
        {
            Put(kv, changes, skipped);
        }

        var isNews = !_wasReset || changes.Count > 0;
        _wasReset = true;
        return [new Watched<T>.Known(revision, _items.All) { Because = because, IsNews = isNews }, .. SummedUp(skipped)];
    }

    /// <summary>The events of one revision.</summary>
    /// <returns>At most one <see cref="Watched{T}.Known"/>, then what is left out.</returns>
    public IReadOnlyList<Watched<T>> Apply(IEnumerable<Event> events, long revision)
    {
        ArgumentNullException.ThrowIfNull(events);
        var (changes, skipped) = (new List<KeyChange<T>>(), new List<Watched<T>>());
        foreach (var e in events)
        {
            if (e.Type == Event.Types.EventType.Put)
            {
                Put(e.Kv, changes, skipped);
            }
            else
            {
                Remove(e.Kv.Key, changes);
            }
        }

        SummedUp(skipped);
        return changes.Count == 0 ? skipped : [new Watched<T>.Known(revision, _items.All, changes), .. skipped];
    }

    /// <summary>Whether as many keys, the newest of them changed at this revision, are something else than what was told.</summary>
    /// <param name="newest">0 when there are no keys.</param>
    internal bool IsDifferent(long count, long newest) =>
        count != _entries.Count || newest != _entries.Values.Select(e => e.Kv.ModRevision).DefaultIfEmpty(0).Max();

    /// <summary>Whether these keys, read whole, say something else than what was told.</summary>
    internal bool IsDifferent(IReadOnlyCollection<KeyValue> kvs) => kvs.Count != _entries.Count
        || kvs.Any(kv => !_entries.TryGetValue(kv.Key, out var known) || known.Kv.ModRevision != kv.ModRevision);

    private void Put(KeyValue kv, List<KeyChange<T>> changes, List<Watched<T>> skipped)
    {
        // A store that was emptied counts its revisions from 1 again: only the whole tells whether it is the same.
        var known = _entries.GetValueOrDefault(kv.Key);
        if (known is not null && known.Kv.Equals(kv))
        {
            return;
        }

        var id = keys.IdOf(kv.Key);
        var problem = read(id, kv, out var item);
        item = problem is null ? item : unusable?.Invoke(id);
        _entries[kv.Key] = new Entry(kv, item);
        if (known?.Item is not null)
        {
            _items.Remove(known.Kv.CreateRevision, id);
        }

        if (item is not null)
        {
            _items.Set(kv.CreateRevision, id, item);
        }

        if (item is not null || known?.Item is not null)
        {
            changes.Add(new KeyChange<T>(id, item));
        }

        if (problem is null)
        {
            _leftOut.Forget(id);
        }
        else if (_leftOut.IsNews(id, problem))
        {
            skipped.Add(new Watched<T>.Skipped(LogText.Of(kv.Key.ToStringUtf8()), problem));
        }
    }

    private void Remove(ByteString key, List<KeyChange<T>> changes)
    {
        if (!_entries.Remove(key, out var gone))
        {
            return;
        }

        var id = keys.IdOf(key);
        _leftOut.Forget(id);
        if (gone.Item is not null)
        {
            _items.Remove(gone.Kv.CreateRevision, id);
            changes.Add(new KeyChange<T>(id, Item: null));
        }
    }

    private List<Watched<T>> SummedUp(List<Watched<T>> skipped)
    {
        if (_leftOut.Sum() is > 0 and var more)
        {
            skipped.Add(new Watched<T>.MoreSkipped(more));
        }

        return skipped;
    }

    /// <param name="Item">Null: it cannot be used and is left out, which was told.</param>
    private sealed record Entry(KeyValue Kv, T? Item);
}

/// <summary>Reads what a key says.</summary>
/// <param name="id">What follows the range's common start; any text.</param>
/// <param name="kv">The key as etcd holds it; any value.</param>
/// <param name="item">What it says, when nothing is wrong.</param>
/// <returns>What is wrong, in words for an operator and fit for a log; null: nothing. Never throws.</returns>
public delegate string? ReadKey<T>(string id, KeyValue kv, out T? item)
    where T : class;
