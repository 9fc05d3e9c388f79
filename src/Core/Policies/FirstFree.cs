namespace AkkaLb.Core.Policies;

/// <summary>The fastest worker with a free place; nobody while waiting for a faster one is worth it.</summary>
/// <remarks>
/// <para>A choice made when a place is free needs no guess (late binding; Sparrow, SOSP 2013). Of those with a free place the fastest is taken. Where
/// only slow places are free, a request that waits a moment for a faster one may end sooner: the threshold rule of Lin and Kumar ("Optimal control
/// of a queueing system with two heterogeneous servers", 1984). With W requests waiting and faster workers of the rate R, the next faster place is
/// expected after W / R mean service times. A slow place is taken when that is more than <see cref="Patience"/> of what a job takes longer
/// there.</para>
/// <para>The rule counts on the faster workers getting on. A request that has waited for as long as the slow place would have cost it takes the slow
/// place, so whatever the faster ones do, it loses that time at most twice. Where nobody has told yet how long jobs take, nobody waits for a
/// faster place.</para>
/// </remarks>
public sealed class FirstFree : IChooser
{
    /// <summary>The part of the time lost at a slow place that a request may be expected to wait for a faster one. Larger: slow workers idle for
    /// longer while requests wait. 0: whichever place is free.</summary>
    public const double Patience = 0.05;

    /// <summary>Weight of the newest in the mean time that a job takes: one in 64.</summary>
    private const int TimeWeight = 64;

    /// <summary>A longer time counts as this: one client's word does not decide for all.</summary>
    private static readonly TimeSpan TookMax = TimeSpan.FromHours(1);

    private readonly Least<FreePlace> _fastest = new();

    /// <summary>From the fastest down; of each speed what all faster ones have together.</summary>
    private (int Speed, double FasterRate, double FasterPlaces)[] _classes = [];

    /// <summary>Of a job on an ordinary place; zero: not known.</summary>
    private TimeSpan _meanTime;
    private double _waiting;
    private TimeSpan _waited;

    /// <inheritdoc/>
    public bool MindsLoad => true;

    /// <inheritdoc/>
    public bool Waits => true;

    /// <inheritdoc/>
    public void Wait(double waiting, TimeSpan waited) => (_waiting, _waited) = (waiting, waited);

    /// <inheritdoc/>
    public void Rebuild(Candidate[] eligible)
    {
        _fastest.Rebuild(eligible);
        var (rate, places) = (0.0, 0.0);
        _classes = [.. eligible.GroupBy(c => c.Member.Worker.Speed).OrderByDescending(g => g.Key).Select(g =>
        {
            var faster = (g.Key, rate, places);
            (rate, places) = (rate + g.Sum(c => c.Rate), places + g.Sum(c => (double)c.Places));
            return faster;
        })];
    }

    /// <inheritdoc/>
    public void Changed(Candidate candidate) => _fastest.Changed(candidate);

    /// <inheritdoc/>
    public void Ended(Candidate candidate, in EndedPick ended, TimeSpan now)
    {
        if (ended.How == PickEnd.Done)
        {
            var took = ended.Took < TookMax ? ended.Took : TookMax;
            var time = took * candidate.Member.Worker.Speed / WorkerRecord.OrdinarySpeed;
            _meanTime = _meanTime == TimeSpan.Zero ? time : _meanTime + ((time - _meanTime) / TimeWeight);
        }
    }

    /// <inheritdoc/>
    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now) =>
        _fastest.Pick(leftOut, now) is { } fastest && IsWorthIt(fastest.Member.Worker.Speed, leftOut) ? fastest : null;

    private bool IsWorthIt(int speed, ReadOnlySpan<Candidate> leftOut)
    {
        var (rate, places) = (0.0, 0.0);
        foreach (var c in _classes)
        {
            if (c.Speed == speed)
            {
                (rate, places) = (c.FasterRate, c.FasterPlaces);
            }
        }

        foreach (var candidate in leftOut)
        {
            if (candidate.Member.Worker.Speed > speed && _fastest.Has(candidate))
            {
                (rate, places) = (rate - candidate.Rate, places - candidate.Places);
            }
        }

        // Sums of fractions are not exact.
        if (rate < 1e-6 || places < 1)
        {
            return true;
        }

        var lost = ((double)WorkerRecord.OrdinarySpeed / speed) - (places / rate);
        return _waiting / rate >= Patience * lost || _waited >= _meanTime * lost;
    }
}
