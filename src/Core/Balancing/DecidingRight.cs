namespace AkkaLb.Core.Balancing;

/// <summary>A balancer's right to decide, asked before every answer.</summary>
/// <remarks>Both functions are asked on the balancer's own thread, answer at once, and are right also after a pause of the process.</remarks>
/// <param name="term">The number of the right that is held now, larger than that of any earlier holder; 0 when none is.</param>
/// <param name="isHeld">Whether it is held at this moment.</param>
public sealed class DecidingRight(Func<long> term, Func<bool> isHeld)
{
    /// <summary>What a balancer says that has lost the right and not yet ended.</summary>
    public const string NotHeld = "this balancer does not hold the deciding lease at the moment";

    /// <summary>Of a balancer that decides beside others.</summary>
    public static DecidingRight Always { get; } = new(() => 0, () => true);

    /// <summary>When to ask again somebody who lost it: another one takes over soon.</summary>
    public static TimeSpan RetryAfter { get; } = TimeSpan.FromMilliseconds(250);

    public long Term => term();

    public bool IsHeld => isHeld();
}
