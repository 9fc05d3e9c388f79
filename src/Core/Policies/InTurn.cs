namespace AkkaLb.Core.Policies;

/// <summary>Each worker in turn, in registration order.</summary>
/// <remarks>
/// The place in the ring is remembered by the registration order of the last pick and not by an index, so joins and leaves move nobody's
/// turn: the next pick is the one after the last picked. A left-out worker is passed over and the ring continues behind the one that was
/// picked instead, so its neighbour does not get its turns on top of its own.
/// </remarks>
public sealed class InTurn : IChooser
{
    private Candidate[] _ring = [];
    private int _next;
    private long _lastOrder = long.MinValue;

    public void Rebuild(Candidate[] eligible)
    {
        _ring = eligible;
        _next = FirstAfter(eligible, _lastOrder);
    }

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        var ring = _ring;
        for (var passed = 0; passed < ring.Length; passed++)
        {
            if (_next >= ring.Length)
            {
                _next = 0;
            }

            var candidate = ring[_next++];
            if (candidate.IsEligible && !LeftOut.Contains(leftOut, candidate))
            {
                _lastOrder = candidate.Order;
                return candidate;
            }
        }

        return null;
    }

    private static int FirstAfter(Candidate[] ring, long order)
    {
        var (low, high) = (0, ring.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (ring[middle].Order <= order)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
