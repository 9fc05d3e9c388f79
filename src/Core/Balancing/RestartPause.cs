namespace AkkaLb.Core.Balancing;

/// <summary>How long whatever has crashed waits before it begins again: what made it crash may be there still, and must not make it a loop.</summary>
/// <remarks>It outlives the one that crashes. <c>now</c> is a monotonic clock. Not thread-safe.</remarks>
/// <param name="first">After a crash that is no sequel of another.</param>
/// <param name="max">The pause doubles up to this. A crash that comes more than twice as long after the last one is no sequel.</param>
public sealed class RestartPause(TimeSpan first, TimeSpan max)
{
    private TimeSpan? _lastAt;
    private TimeSpan _pause;

    /// <summary>It has crashed now; the answer is its pause.</summary>
    public TimeSpan Crashed(TimeSpan now)
    {
        var isSequel = now - _lastAt <= max * 2;
        _pause = !isSequel ? first : _pause * 2 < max ? _pause * 2 : max;
        _lastAt = now;
        return _pause;
    }
}
