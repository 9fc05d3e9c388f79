namespace AkkaLb.Core.Policies;

/// <summary>Of two workers drawn at random the one with less of a metric.</summary>
/// <remarks>The power of two choices (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001): the largest queue grows with
/// log log n instead of log n, and where what is known is old, a fleet does not run to the one worker that looked best. The two are different ones:
/// drawn with replacement they would now and then be the same, and the choice none. A worker that cannot be picked is drawn again, as
/// <see cref="AtRandom"/> does.</remarks>
public sealed class BestOfTwo<TMetric>(Random random) : IChooser
    where TMetric : struct, IMetric
{
    private readonly AtRandom _draw = new(random);

    public bool MindsLoad => true;

    public void Rebuild(Candidate[] eligible) => _draw.Rebuild(eligible);

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        if (_draw.Pick(leftOut, now) is not { } one)
        {
            return null;
        }

        return _draw.PickOther(one, leftOut) is { } other && TMetric.Of(other).IsLess(TMetric.Of(one)) ? other : one;
    }
}
