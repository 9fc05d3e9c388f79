namespace AkkaLb.Core.Policies;

/// <summary>The worker with the fewest resident bytes among those with a fresh report; ties go to the fewest picks since its report, then to registration order.</summary>
/// <remarks>
/// A binary min-heap over the workers that have reported (Williams, "Algorithm 232: Heapsort", CACM 7(6), 1964), each knowing its place in
/// it: a report or a pick moves one worker, and a pick reads the root. Reports grow stale without an event, so staleness is looked at when a
/// worker comes to the root; it then leaves the heap until its next report.
/// </remarks>
public sealed class LeastLoad : IPickPolicy
{
    private Candidate[] _heap = [];
    private int _count;

    public string Name => PolicyNames.LeastLoad;

    public bool DecidesOnMemory => true;

    public void Rebuild(Candidate[] eligible)
    {
        for (var i = 0; i < _count; i++)
        {
            _heap[i].HeapIndex = -1;
        }

        _heap = new Candidate[eligible.Length];
        _count = 0;
        foreach (var candidate in eligible)
        {
            if (candidate.HasReport)
            {
                Set(_count++, candidate);
            }
        }

        for (var i = (_count / 2) - 1; i >= 0; i--)
        {
            SiftDown(i);
        }
    }

    public void Reported(Candidate candidate)
    {
        if (candidate.HeapIndex < 0)
        {
            Set(_count++, candidate);
        }

        SiftUp(candidate.HeapIndex);
        SiftDown(candidate.HeapIndex);
    }

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        while (_count > 0 && !_heap[0].IsFresh(now))
        {
            RemoveRoot();
        }

        if (_count == 0)
        {
            return null;
        }

        var best = leftOut.IsEmpty ? _heap[0] : BestBelow(0, leftOut, now);
        if (best is not null)
        {
            best.PicksSinceReport++;
            SiftDown(best.HeapIndex);
        }

        return best;
    }

    /// <summary>The least worker at or below a place that may be picked. Descends only past those that may not: at most all left-out and stale ones.</summary>
    private Candidate? BestBelow(int place, ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        if (place >= _count)
        {
            return null;
        }

        var candidate = _heap[place];
        if (candidate.IsFresh(now) && !LeftOut.Contains(leftOut, candidate))
        {
            return candidate;
        }

        var left = BestBelow((2 * place) + 1, leftOut, now);
        var right = BestBelow((2 * place) + 2, leftOut, now);
        return left is null || (right is not null && Less(right, left)) ? right : left;
    }

    private static bool Less(Candidate a, Candidate b)
    {
        if (a.ResidentBytes != b.ResidentBytes)
        {
            return a.ResidentBytes < b.ResidentBytes;
        }

        return a.PicksSinceReport != b.PicksSinceReport ? a.PicksSinceReport < b.PicksSinceReport : a.Order < b.Order;
    }

    private void RemoveRoot()
    {
        _heap[0].HeapIndex = -1;
        var last = _heap[--_count];
        _heap[_count] = null!;
        if (_count > 0)
        {
            Set(0, last);
            SiftDown(0);
        }
    }

    private void SiftUp(int place)
    {
        var candidate = _heap[place];
        while (place > 0)
        {
            var parent = (place - 1) / 2;
            if (!Less(candidate, _heap[parent]))
            {
                break;
            }

            Set(place, _heap[parent]);
            place = parent;
        }

        Set(place, candidate);
    }

    private void SiftDown(int place)
    {
        var candidate = _heap[place];
        while (true)
        {
            var child = (2 * place) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && Less(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!Less(_heap[child], candidate))
            {
                break;
            }

            Set(place, _heap[child]);
            place = child;
        }

        Set(place, candidate);
    }

    private void Set(int place, Candidate candidate)
    {
        _heap[place] = candidate;
        candidate.HeapIndex = place;
    }
}
