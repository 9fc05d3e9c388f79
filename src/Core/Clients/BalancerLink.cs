namespace AkkaLb.Core.Clients;

/// <summary>Finds a balancer among several addresses and stays with it until it is lost.</summary>
/// <remarks>While it seeks, it asks one address after another, a probe interval apart; the first that answers is kept.</remarks>
/// <param name="probeInterval">Time between two probes.</param>
/// <param name="count">Number of addresses.</param>
/// <param name="spread">Where to begin, at first and after a loss, so that many clients spread over the balancers; null: in the order given.</param>
public sealed class BalancerLink(TimeSpan probeInterval, int count, Random? spread = null)
{
    /// <summary>So many requests in a row without an answer count as a lost balancer.</summary>
    public const int TimeoutsMax = 2;

    private int _next = Anywhere(count, spread);
    private int _timeouts;
    private TimeSpan _probeAt;

    /// <summary>Index of the balancer that is used; null while seeking.</summary>
    public int? Linked { get; private set; }

    /// <summary>When <see cref="Tick"/> wants to be called next; null while linked.</summary>
    public TimeSpan? NextDue => Linked is null && count > 0 ? _probeAt : null;

    /// <summary>The set of addresses has changed; the link stays if its place is given.</summary>
    public void Replace(int newCount, int? linked, TimeSpan now)
    {
        count = newCount;
        Linked = linked;
        _next = Anywhere(newCount, spread);
        _probeAt = now;
    }

    /// <summary>The index of an address to probe now, or null when it is not time.</summary>
    public int? Tick(TimeSpan now)
    {
        if (Linked is not null || count == 0 || now < _probeAt)
        {
            return null;
        }

        _probeAt = now + probeInterval;
        _next = (_next + 1) % count;
        return (_next + count - 1) % count;
    }

    /// <summary>A probe was answered; false when a link stands already.</summary>
    public bool Found(int index)
    {
        if (Linked is not null)
        {
            return false;
        }

        (Linked, _timeouts) = (index, 0);
        return true;
    }

    /// <summary>The linked balancer spoke.</summary>
    public void Heard() => _timeouts = 0;

    /// <summary>A request went unanswered; true when that loses the link.</summary>
    public bool TimedOut(TimeSpan now) => Linked is not null && ++_timeouts >= TimeoutsMax && Lost(now);

    /// <summary>The connection is gone, or the balancer is stopping; true if there was a link. The next address, or any other, is tried
    /// first.</summary>
    public bool Lost(TimeSpan now)
    {
        if (Linked is not { } lost)
        {
            return false;
        }

        (Linked, _timeouts) = (null, 0);
        // A step of 1 to count - 1 around the ring: any other address, and the lost one only when there is none.
        var step = 1 + Anywhere(count - 1, spread);
        _next = count == 0 ? 0 : (lost + step) % count;
        _probeAt = now;
        return true;
    }

    private static int Anywhere(int count, Random? random) => random is null || count <= 0 ? 0 : random.Next(count);
}
