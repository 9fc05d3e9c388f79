namespace AkkaLb.Core;

/// <summary>Exponential back-off: a bound that doubles with each try, and a wait that is that bound or, with full jitter, uniform between zero and
/// it.</summary>
/// <remarks>Brooker, "Exponential Backoff And Jitter", 2015: of the variants compared there full jitter spreads competing clients best.</remarks>
/// <param name="First">Bound before the first retry.</param>
/// <param name="Max">The bound stops growing here.</param>
public readonly record struct BackOff(TimeSpan First, TimeSpan Max)
{
    /// <summary>The longest wait before retry number <paramref name="retry"/>, counted from 0.</summary>
    public TimeSpan Bound(int retry) =>
        TimeSpan.FromMilliseconds(Math.Min(Max.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(2, Math.Min(retry, 30))));

    /// <summary>How long to wait before retry number <paramref name="retry"/>, counted from 0.</summary>
    public TimeSpan Delay(int retry, Random random) => Bound(retry) * random.NextDouble();
}
