using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace AkkaLb.Core.Machines;

/// <summary>What becomes due at a time, the earliest first: each key at most once, moved and removed in place.</summary>
/// <remarks>An indexed binary heap, so its size is that of what is in it. Of two that are due at the same time <paramref name="ties"/> says which
/// comes first; without it the one that was set earlier. A key is looked up once a call, and not for each place that it moves in the heap.
/// Not thread-safe.</remarks>
/// <param name="ties">Null: in the order in which they were set.</param>
public sealed class DueQueue<TKey>(IComparer<TKey>? ties = null)
    where TKey : notnull
{
    private readonly Dictionary<TKey, int> _slots = [];
    private readonly Stack<int> _freeSlots = [];
    private readonly List<Entry> _heap = [];

    /// <summary>Of each slot, where it is in the heap.</summary>
    private readonly List<int> _places = [];
    private long _lastOrder;

    public int Count => _heap.Count;

    /// <summary>When the first is due; null: there is none.</summary>
    public TimeSpan? NextDue => _heap.Count == 0 ? null : _heap[0].At;

    /// <summary>It is due then, and at no other time.</summary>
    public void Set(TKey key, TimeSpan at)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_slots, key, out var isThere);
        if (!isThere)
        {
            if (!_freeSlots.TryPop(out slot))
            {
                slot = _places.Count;
                _places.Add(0);
            }

            _heap.Add(new Entry(key, slot, at, ++_lastOrder));
            Up(_heap.Count - 1);
            return;
        }

        var from = _places[slot];
        if (_heap[from].At == at)
        {
            return;
        }

        _heap[from] = new Entry(key, slot, at, ++_lastOrder);
        Down(Up(from));
    }

    /// <summary>Whether it was there.</summary>
    public bool Remove(TKey key)
    {
        if (!_slots.Remove(key, out var slot))
        {
            return false;
        }

        TakeOut(_places[slot]);
        return true;
    }

    /// <summary>When it is due; null: it is not there.</summary>
    public TimeSpan? DueOf(TKey key) => _slots.TryGetValue(key, out var slot) ? _heap[_places[slot]].At : null;

    /// <summary>Takes out the first, if it is due.</summary>
    public bool TryTakeDue(TimeSpan now, [MaybeNullWhen(false)] out TKey key)
    {
        if (_heap.Count == 0 || _heap[0].At > now)
        {
            key = default;
            return false;
        }

        key = _heap[0].Key;
        _slots.Remove(key);
        TakeOut(0);
        return true;
    }

    public void Clear()
    {
        _slots.Clear();
        _freeSlots.Clear();
        _places.Clear();
        _heap.Clear();
    }

    private void TakeOut(int place)
    {
        _freeSlots.Push(_heap[place].Slot);
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (place < _heap.Count)
        {
            Put(CollectionsMarshal.AsSpan(_heap), place, last);
            Down(Up(place));
        }
    }

    private int Up(int place)
    {
        var heap = CollectionsMarshal.AsSpan(_heap);
        var entry = heap[place];
        while (place > 0 && IsBefore(entry, heap[(place - 1) / 2]))
        {
            Put(heap, place, heap[(place - 1) / 2]);
            place = (place - 1) / 2;
        }

        Put(heap, place, entry);
        return place;
    }

    private void Down(int place)
    {
        var heap = CollectionsMarshal.AsSpan(_heap);
        var entry = heap[place];
        while (true)
        {
            var child = (2 * place) + 1;
            if (child >= heap.Length)
            {
                break;
            }

            if (child + 1 < heap.Length && IsBefore(heap[child + 1], heap[child]))
            {
                child++;
            }

            if (!IsBefore(heap[child], entry))
            {
                break;
            }

            Put(heap, place, heap[child]);
            place = child;
        }

        Put(heap, place, entry);
    }

    private void Put(Span<Entry> heap, int place, in Entry entry)
    {
        heap[place] = entry;
        _places[entry.Slot] = place;
    }

    private bool IsBefore(in Entry a, in Entry b)
    {
        if (a.At != b.At)
        {
            return a.At < b.At;
        }

        var order = ties?.Compare(a.Key, b.Key) ?? 0;
        return order != 0 ? order < 0 : a.Order < b.Order;
    }

    private readonly record struct Entry(TKey Key, int Slot, TimeSpan At, long Order);
}
