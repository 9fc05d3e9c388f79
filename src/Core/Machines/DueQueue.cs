using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace AkkaLb.Core.Machines;

/// <summary>What becomes due at a time, the earliest first: each key at most once, moved and removed in place.</summary>
/// <remarks>An indexed binary heap, so its size is that of what is in it. Of two that are due at the same time <paramref name="ties"/> says which
/// comes first; without it the one that was set earlier. Not thread-safe.</remarks>
/// <param name="ties">Null: in the order in which they were set.</param>
public sealed class DueQueue<TKey>(IComparer<TKey>? ties = null)
    where TKey : notnull
{
    private readonly Dictionary<TKey, int> _places = [];
    private readonly List<Entry> _heap = [];
    private long _lastOrder;

    public int Count => _heap.Count;

    /// <summary>When the first is due; null: there is none.</summary>
    public TimeSpan? NextDue => _heap.Count == 0 ? null : _heap[0].At;

    /// <summary>It is due then, and at no other time.</summary>
    public void Set(TKey key, TimeSpan at)
    {
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, key, out var isThere);
        if (!isThere)
        {
            place = _heap.Count;
            _heap.Add(new Entry(key, at, ++_lastOrder));
            Up(place);
            return;
        }

        var from = place;
        if (_heap[from].At == at)
        {
            return;
        }

        _heap[from] = new Entry(key, at, ++_lastOrder);
        Down(Up(from));
    }

    /// <summary>Whether it was there.</summary>
    public bool Remove(TKey key)
    {
        if (!_places.Remove(key, out var place))
        {
            return false;
        }

        TakeOut(place);
        return true;
    }

    /// <summary>When it is due; null: it is not there.</summary>
    public TimeSpan? DueOf(TKey key) => _places.TryGetValue(key, out var place) ? _heap[place].At : null;

    /// <summary>Takes out the first, if it is due.</summary>
    public bool TryTakeDue(TimeSpan now, [MaybeNullWhen(false)] out TKey key)
    {
        if (_heap.Count == 0 || _heap[0].At > now)
        {
            key = default;
            return false;
        }

        key = _heap[0].Key;
        _places.Remove(key);
        TakeOut(0);
        return true;
    }

    public void Clear()
    {
        _places.Clear();
        _heap.Clear();
    }

    private void TakeOut(int place)
    {
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (place < _heap.Count)
        {
            Put(place, last);
            Down(Up(place));
        }
    }

    private int Up(int place)
    {
        var entry = _heap[place];
        while (place > 0 && IsBefore(entry, _heap[(place - 1) / 2]))
        {
            Put(place, _heap[(place - 1) / 2]);
            place = (place - 1) / 2;
        }

        Put(place, entry);
        return place;
    }

    private void Down(int place)
    {
        var entry = _heap[place];
        while (true)
        {
            var child = (2 * place) + 1;
            if (child >= _heap.Count)
            {
                break;
            }

            if (child + 1 < _heap.Count && IsBefore(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!IsBefore(_heap[child], entry))
            {
                break;
            }

            Put(place, _heap[child]);
            place = child;
        }

        Put(place, entry);
    }

    private void Put(int place, Entry entry)
    {
        _heap[place] = entry;
        _places[entry.Key] = place;
    }

    private bool IsBefore(Entry a, Entry b)
    {
        if (a.At != b.At)
        {
            return a.At < b.At;
        }

        var order = ties?.Compare(a.Key, b.Key) ?? 0;
        return order != 0 ? order < 0 : a.Order < b.Order;
    }

    private readonly record struct Entry(TKey Key, TimeSpan At, long Order);
}
