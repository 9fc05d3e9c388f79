namespace AkkaLb.Core.Balancing;

/// <summary>How a watch of the registry is doing: what its events say of the registry, not of the members.</summary>
/// <remarks><c>now</c> is the balancer's monotonic clock throughout. Not thread-safe: the owning actor serializes calls.</remarks>
/// <param name="isInProcess">The registry lives and dies with this process: from the first snapshot on it counts as proved at every moment.</param>
public sealed class WatchHealth(bool isInProcess)
{
    private TimeSpan? _provedAt;
    private bool _hasSnapshot;
    private bool _isOut;

    /// <summary>Whether the watch is open. Not before the first snapshot.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Snapshots after the first.</summary>
    public long Resyncs { get; private set; }

    /// <summary>Outages so far, the present one included; one that was there from the start counts too.</summary>
    public long Disconnects { get; private set; }

    /// <summary>What the last outage said; empty when there was none.</summary>
    public string LastProblem { get; private set; } = "";

    /// <summary>Since the registry last proved that it is there; null when it never has.</summary>
    public TimeSpan? ProofAge(TimeSpan now) => isInProcess && IsConnected ? TimeSpan.Zero : now - _provedAt;

    /// <summary>Everything was read.</summary>
    public void Snapshot(TimeSpan now)
    {
        Resyncs += _hasSnapshot ? 1 : 0;
        _hasSnapshot = true;
        Connected(now);
    }

    /// <summary>The registry spoke: a change, or the answer to a liveness read.</summary>
    public void Proved(TimeSpan now) => _provedAt = now;

    /// <summary>The watch is open again.</summary>
    public void Connected(TimeSpan now)
    {
        (IsConnected, _isOut) = (true, false);
        Proved(now);
    }

    /// <summary>The registry cannot be reached, or the watch ended. Said again before it is back, it is the same outage.</summary>
    public void Disconnected(string problem)
    {
        Disconnects += _isOut ? 0 : 1;
        (IsConnected, _isOut, LastProblem) = (false, true, problem);
    }
}
