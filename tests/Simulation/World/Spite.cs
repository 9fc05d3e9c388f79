namespace AkkaLb.Simulation.World;

/// <summary>Points at which a run may be as unhelpful as the rules allow. A quarter of the runs switch each of them on.</summary>
internal sealed class Spite(Random random, SpitePoints points)
{
    /// <summary>The wheel of Akka's scheduler.</summary>
    private static readonly TimeSpan Wheel = TimeSpan.FromMilliseconds(10);

    public bool Has(SpitePoints point) => (points & point) != 0;

    /// <summary>How long a timer takes that is to take so long.</summary>
    public TimeSpan Timer(TimeSpan wait)
    {
        if (Has(SpitePoints.EarlyTimer) && wait > TimeSpan.Zero && random.Chance(0.2))
        {
            return wait * random.NextDouble();
        }

        return wait + random.Upto(Has(SpitePoints.LateTimer) && random.Chance(0.1) ? Wheel * 50 : Wheel);
    }

    /// <summary>Whether a memory report is lost at its source.</summary>
    public bool DropsReport() => Has(SpitePoints.ReportDroppedAtTheSource) && random.Chance(0.3);

    /// <summary>How much later a renewal leaves.</summary>
    public TimeSpan RenewalDelay(TimeSpan ttl) =>
        Has(SpitePoints.RenewalJustBeforeTheEnd) && random.Chance(0.2) ? ttl * 0.6 : TimeSpan.Zero;

    /// <summary>Whether the registry is read again though nothing was missed.</summary>
    public bool Resyncs() => Has(SpitePoints.SpuriousResync) && random.Chance(0.2);

    /// <summary>How many jobs a gate holds beyond its capacity.</summary>
    public int Queue(int queue) => Has(SpitePoints.SmallestQueue) ? 0 : queue;
}

[Flags]
internal enum SpitePoints
{
    None = 0,
    EarlyTimer = 1,
    LateTimer = 2,
    SmallestQueue = 4,
    ReportDroppedAtTheSource = 8,
    RenewalJustBeforeTheEnd = 16,
    SpuriousResync = 32,
}
