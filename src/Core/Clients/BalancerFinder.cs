namespace AkkaLb.Core.Clients;

/// <summary>Finds a balancer among several addresses and stays with it until it is lost. For clients and for workers.</summary>
/// <remarks>While it seeks, it asks one address after another, a probe interval apart; the first that answers is kept. Addresses are texts of any
/// spelling, as long as it is one.</remarks>
/// <param name="probeInterval">Time between two probes.</param>
/// <param name="spread">Where to begin, at first and after a loss, so that many clients spread over the balancers; null: in the order given.</param>
public sealed class BalancerFinder(TimeSpan probeInterval, Random? spread = null)
{
    /// <summary>So many requests in a row without an answer count as a lost balancer.</summary>
    public const int TimeoutsMax = 2;

    /// <summary>Those that are left alone for a while.</summary>
    private readonly Dictionary<string, TimeSpan> _restsUntil = new(StringComparer.Ordinal);

    private string[] _addresses = [];
    private int _next;
    private int _timeouts;
    private TimeSpan _probeAt;
    private long _lastProbe;
    private long _lastStaleProbe;

    /// <summary>The balancer that is used; null while seeking.</summary>
    public string? Linked { get; private set; }

    /// <summary>When <see cref="Tick"/> wants to be called next; null while linked.</summary>
    public TimeSpan? NextDue => Linked is null && _addresses.Length > 0 ? _probeAt : null;

    /// <summary>Other addresses from now on; the link stays if its address is among them.</summary>
    /// <returns>Whether the link is lost by it.</returns>
    public bool Use(IReadOnlyList<string> addresses, TimeSpan now)
    {
        if (addresses.SequenceEqual(_addresses))
        {
            return false;
        }

        _addresses = [.. addresses];
        _restsUntil.Clear();
        _next = Anywhere(_addresses.Length);
        Seek(now);
        if (Linked is null || _addresses.Contains(Linked))
        {
            return false;
        }

        Linked = null;
        return true;
    }

    /// <summary>A probe to send now, or null when it is not time.</summary>
    public BalancerProbe? Tick(TimeSpan now)
    {
        if (NextDue is not { } due || now < due)
        {
            return null;
        }

        var earliest = TimeSpan.MaxValue;
        for (var tried = 0; tried < _addresses.Length; tried++)
        {
            var address = _addresses[_next];
            _next = (_next + 1) % _addresses.Length;
            if (!_restsUntil.TryGetValue(address, out var until) || until <= now)
            {
                _restsUntil.Remove(address);
                _probeAt = now + probeInterval;
                return new BalancerProbe(++_lastProbe, address);
            }

            earliest = until < earliest ? until : earliest;
        }

        _probeAt = earliest;
        return null;
    }

    /// <summary>A probe was answered.</summary>
    /// <param name="address">Who answered.</param>
    /// <returns>False when a link stands already, or the probe belongs to an earlier search.</returns>
    public bool Found(long probe, string address)
    {
        if (Linked is not null || probe <= _lastStaleProbe || probe > _lastProbe)
        {
            return false;
        }

        (Linked, _timeouts) = (address, 0);
        return true;
    }

    /// <summary>It is known already that no balancer is at the address that was probed last: the next is probed at once, and the first of another
    /// round after a pause.</summary>
    public void Absent(TimeSpan roundPause, TimeSpan now) => _probeAt = _next == 0 ? now + roundPause : now;

    /// <summary>The linked balancer spoke.</summary>
    public void Heard() => _timeouts = 0;

    /// <summary>A request went unanswered; true when that loses the link.</summary>
    public bool TimedOut(TimeSpan now) => Linked is not null && ++_timeouts >= TimeoutsMax && Lost(now);

    /// <summary>The connection is gone, or the balancer is stopping; true if there was a link. The next address, or any other, is tried
    /// first.</summary>
    /// <param name="rest">How long it is left alone: one that says that it stops would say so again at once.</param>
    public bool Lost(TimeSpan now, TimeSpan rest = default)
    {
        if (Linked is not { } lost)
        {
            return false;
        }

        Linked = null;
        Seek(now);
        if (rest > TimeSpan.Zero)
        {
            _restsUntil[lost] = now + rest;
        }

        // A step of 1 to count - 1 around the ring: any other address, and the lost one only when there is none.
        var step = 1 + Anywhere(_addresses.Length - 1);
        _next = _addresses.Length == 0 ? 0 : (Array.IndexOf(_addresses, lost) + step) % _addresses.Length;
        return true;
    }

    /// <summary>Answers to probes of before say nothing any more.</summary>
    private void Seek(TimeSpan now) => (_probeAt, _lastStaleProbe) = (now, _lastProbe);

    private int Anywhere(int count) => spread is null || count <= 0 ? 0 : spread.Next(count);
}

/// <summary>A question to an address whether a balancer is there.</summary>
/// <param name="Number">Names it in the answer; never used again.</param>
public readonly record struct BalancerProbe(long Number, string Address);
