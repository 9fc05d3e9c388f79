namespace AkkaLb.Core.Policies;

/// <summary>Who may get a job of this weight: whom it does not bring above the bound.</summary>
/// <remarks>
/// <para>Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, arXiv 1608.01350): with this job there are L jobs in flight,
/// and a worker with the part p of all rates may have ceil(factor * L * p) of them.</para>
/// <para>Somebody always has room. For jobs of weight one: were all at their bounds, there would be more jobs than there are. A heavy job may be more
/// than is left under any bound; a worker that has no more than its part gets it all the same.</para>
/// </remarks>
public readonly ref struct Room
{
    /// <summary>Sums of fractions are not exact.</summary>
    private const double Tolerance = 1e-9;

    private readonly ReadOnlySpan<Candidate> _leftOut;
    private readonly double _jobsMin;
    private readonly double _shareOfRate;
    private readonly double _boundOfRate;
    private readonly int _weight;

    /// <param name="bound">Above a worker's part of the load.</param>
    /// <param name="load">Jobs in flight of all workers, without this one.</param>
    /// <param name="rate">The sum of all rates.</param>
    /// <param name="weight">Of this job.</param>
    public Room(ReadOnlySpan<Candidate> leftOut, KeyBound bound, double load, double rate, int weight)
    {
        _leftOut = leftOut;
        (_jobsMin, _weight) = (bound.JobsMin, weight);
        (_shareOfRate, _boundOfRate) = (load / rate, bound.Factor * (load + weight) / rate);
    }

    public bool Has(Candidate candidate)
    {
        if (!candidate.IsEligible || LeftOut.Contains(_leftOut, candidate))
        {
            return false;
        }

        // Loads need not be whole: one that is below the bound has room for one.
        var (inFlight, rate) = (candidate.InFlight, candidate.Rate);
        return inFlight + _weight - 1 < Math.Max(_jobsMin, Math.Ceiling((_boundOfRate * rate) - Tolerance))
            || inFlight <= (_shareOfRate * rate) + Tolerance;
    }
}
