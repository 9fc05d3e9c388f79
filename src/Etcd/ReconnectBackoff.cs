namespace AkkaLb.Etcd;

/// <summary>How long to wait before the next try: doubling from a first to a longest delay, half of it random.</summary>
/// <remarks>Half, not all: a fully random delay may be next to nothing, and a cluster that is down would be asked in a loop. Not
/// thread-safe.</remarks>
public sealed class ReconnectBackoff(TimeSpan min, TimeSpan max, Random random)
{
    private readonly TimeSpan _min = min;
    private TimeSpan _ceiling = min;

    /// <summary>Between half the current ceiling and all of it; the ceiling doubles up to the longest delay.</summary>
    public TimeSpan Next()
    {
        var delay = _ceiling * (0.5 + (random.NextDouble() / 2));
        _ceiling = _ceiling * 2 < max ? _ceiling * 2 : max;
        return delay;
    }

    /// <summary>The other side spoke: the next delay is the first one again.</summary>
    public void Reset() => _ceiling = _min;
}
