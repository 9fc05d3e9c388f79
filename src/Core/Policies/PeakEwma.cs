namespace AkkaLb.Core.Policies;

/// <summary>Of two workers drawn at random the one with the smaller answer time x (jobs in flight + 1).</summary>
/// <remarks>
/// <para>The balancer "P2C + Peak EWMA" of Twitter's Finagle. The answer time is that of <see cref="AnswerTime"/>, with its parameters; the jobs in
/// flight are <see cref="Candidate.InFlight"/>. Answer times come from clients that tell how their picks ended, and hold the way there and back.
/// </para>
/// <para>A worker that has not answered yet counts as the mean of those that have. So a new one is picked like any other: were it the fastest until
/// its first answer, it would be flooded, and were it the slowest (Finagle's penalty), nobody would try it while others are idle. While nobody has
/// answered, jobs in flight alone decide. The mean is that of the logarithms, as times differ by factors: among ten workers with 0.1 s, one with
/// the penalty of 5 s makes it 0.15 s, where the plain mean would be 0.59 s.</para>
/// <para>A worker that has none of our picks any more goes to the mean, with the same time constant. So nobody is shunned for ever, and none need be
/// picked by force. With its next pick what was last learnt of it counts again, until that one has ended: one that was slow is tried with one job
/// and not with many.</para>
/// <para>Weak where the times of jobs differ by themselves: whoever had the long ones looks slow. It does not know how many places a worker has, and
/// learns nothing from clients that do not tell. Where all are slow a new worker counts as slow too.</para>
/// </remarks>
public sealed class PeakEwma(Random random) : IChooser
{
    private readonly AtRandom _draw = new(random);
    private double _logarithms;
    private int _known;

    /// <summary>Seconds; any number serves while nobody has answered.</summary>
    private double _mean = 1;

    public bool MindsLoad => true;

    public void Rebuild(Candidate[] eligible)
    {
        _draw.Rebuild(eligible);
        (_logarithms, _known) = (0, 0);
        foreach (var candidate in eligible)
        {
            if (candidate.Answers.IsKnown)
            {
                _logarithms += candidate.Answers.Logarithm;
                _known++;
            }
        }

        SetMean();
    }

    public void Ended(Candidate candidate, in EndedPick ended, TimeSpan now)
    {
        ref var answers = ref candidate.Answers;
        var (wasKnown, before) = (answers.IsKnown, answers.Logarithm);
        if (!answers.TryTake(ended, now) || !candidate.IsEligible)
        {
            return;
        }

        // One that came back a moment ago may not be in the sum yet. The rebuild that is due makes it right.
        _logarithms += answers.Logarithm - (wasKnown ? before : 0);
        _known += wasKnown ? 0 : 1;
        SetMean();
    }

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        if (_draw.Pick(leftOut, now) is not { } one)
        {
            return null;
        }

        if (_draw.PickOther(one, leftOut) is not { } other)
        {
            return one;
        }

        var (a, b) = (LoadOf(one, now), LoadOf(other, now));
        return b < a || (b == a && other.LastPick < one.LastPick) ? other : one;
    }

    private double LoadOf(Candidate candidate, TimeSpan now)
    {
        ref readonly var answers = ref candidate.Answers;
        var seconds = !answers.IsKnown ? _mean
            : candidate.Jobs.Own > 0 ? answers.Seconds
            : answers.FadedTo(_mean, now);
        return seconds * (candidate.InFlight + 1);
    }

    private void SetMean() => _mean = _known > 0 ? Math.Exp(_logarithms / _known) : 1;
}
