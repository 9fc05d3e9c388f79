namespace AkkaLb.Core;

/// <summary>Exponential back-off with full jitter: uniformly between zero and a bound that doubles with each try.</summary>
/// <remarks>Brooker, "Exponential Backoff And Jitter", 2015: of the variants compared there it spreads competing clients best.</remarks>
/// <param name="First">Bound before the first retry.</param>
/// <param name="Max">The bound stops growing here.</param>
public readonly record struct BackOff(TimeSpan First, TimeSpan Max)
{
    /// <summary>How long to wait before retry number <paramref name="retry"/>, counted from 0.</summary>
    public TimeSpan Delay(int retry, Random random)
    {
        var bound = Math.Min(Max.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(2, Math.Min(retry, 30)));
        return TimeSpan.FromMilliseconds(bound * random.NextDouble());
    }
}
