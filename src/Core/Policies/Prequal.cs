namespace AkkaLb.Core.Policies;

/// <summary>Of a few workers that have just answered, and one drawn at random: the fastest of those with few jobs in flight; when all have many, the
/// one with the fewest.</summary>
/// <remarks>
/// <para>The rule of Prequal (Wydrowski and others, "Load is not what you should balance: Introducing Prequal", NSDI 2024, arXiv 2312.10172): a pool
/// of samples, each a worker's jobs in flight and its latency at so many; a threshold that is a quantile of the jobs in flight that were seen; a
/// worker at or below it is cold, else hot. Among cold ones the latency decides, among hot ones the jobs in flight. A sample that is used counts
/// one more job from then on, is used a bounded number of times, and ages. When the pool is full the oldest and the worst sample make room in turn.
/// </para>
/// <para>What differs: there are no probes. Samples ride on answers, by clients that tell how their picks ended. So a worker without jobs would send
/// none. Therefore one worker is drawn at random with each pick and is compared with the pool by what the balancer knows of it: its estimate of the
/// jobs in flight, its last latency, or none at all when its answers are older than <see cref="LatestAnswers.CountFor"/>, and then it counts as
/// fast until it is hot. A worker has one sample, its newest. The threshold is that of workers that answer, so busy ones weigh more in it. Jobs in
/// flight are noted when a job ends, in Prequal when it comes.</para>
/// <para>A failed, rejected or lost job counts as a slow answer, as for <see cref="PeakEwma"/>. Latencies are medians, so it takes two of three;
/// after that a worker that fails at once is not taken for a fast one.</para>
/// <para>Weak where few clients tell: then it is the better of two drawn at random. Also where jobs differ much in length, as a latency then says
/// little of a worker, and where workers differ in places, as what is few for one is many for another.</para>
/// </remarks>
public sealed class Prequal(Random random) : IChooser
{
    /// <summary>How old a sample may get. Raised: more to choose from where jobs are rare, and more herding by old samples.</summary>
    internal static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(1);

    /// <summary>How many samples there are at most. Raised: a better best, and more of a herd on it.</summary>
    internal const int SamplesMax = 16;

    /// <summary>With fewer samples two workers drawn at random are compared by their jobs in flight.</summary>
    internal const int SamplesMin = 2;

    /// <summary>How often a sample is used. Prequal's b = (1 + delta) / ((1 - m/n) probes - removed), with delta = 1, many workers n, one sample for
    /// each pick, and none removed but for want of room. Raised: the pool lasts longer and is less true.</summary>
    internal const int UsesMax = 2;

    /// <summary>Q: so large a share of the jobs in flight that were seen is cold, 2^(-1/4). Raised to 1: latency alone decides. Lowered to 0: jobs in
    /// flight alone decide.</summary>
    internal const double ColdShare = 0.84;

    /// <summary>The quantile is that of so many. Raised: steadier, and slower to follow the load.</summary>
    internal const int SeenMax = 64;

    private readonly AtRandom _draw = new(random);
    private readonly LatestQuantile _cold = new(SeenMax, ColdShare);
    private readonly Sample[] _pool = new Sample[SamplesMax];
    private int _count;
    private bool _isWorstNext;

    public bool MindsLoad => true;

    public void Rebuild(Candidate[] eligible)
    {
        _draw.Rebuild(eligible);
        for (var i = _count - 1; i >= 0; i--)
        {
            if (!_pool[i].Worker.IsEligible)
            {
                Remove(i);
            }
        }
    }

    public void Ended(Candidate candidate, in EndedPick ended, TimeSpan now)
    {
        if (!ended.IsOfTheWorker)
        {
            return;
        }

        ref var latest = ref candidate.Latest;
        var inFlight = ended.Counts.Accepted > 0 ? ended.Counts.InFlight : candidate.InFlight;
        latest.Add(AnswerTime.SecondsOf(ended, latest.IsKnown(now) ? latest.Seconds : 0), inFlight, now);
        _cold.Add(inFlight);
        if (candidate.IsEligible)
        {
            _pool[PlaceFor(candidate)] = new Sample(candidate, inFlight, latest.Seconds, now);
        }
    }

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        if (_draw.Pick(leftOut, now) is not { } drawn)
        {
            return null;
        }

        RemoveOld(now);
        while (true)
        {
            var (usable, best, hasDrawn) = (0, -1, false);
            for (var i = 0; i < _count; i++)
            {
                if (LeftOut.Contains(leftOut, _pool[i].Worker))
                {
                    continue;
                }

                usable++;
                hasDrawn |= _pool[i].Worker == drawn;
                if (best < 0 || IsBetter(_pool[i], _pool[best]))
                {
                    best = i;
                }
            }

            if (usable < SamplesMin)
            {
                return _draw.PickOther(drawn, leftOut) is { } other && Requests.Of(other).IsLess(Requests.Of(drawn)) ? other : drawn;
            }

            if (!hasDrawn && IsBetter(SampleOf(drawn, now), _pool[best]))
            {
                return drawn;
            }

            // Who has left since the last rebuild is found out only here: looking at sixteen workers each time would cost sixteen cache misses.
            var picked = _pool[best].Worker;
            if (picked.IsEligible)
            {
                Use(best);
                return picked;
            }

            Remove(best);
        }
    }

    /// <summary>What is known of a worker that has not just answered.</summary>
    private static Sample SampleOf(Candidate candidate, TimeSpan now) =>
        new(candidate, candidate.InFlight, candidate.Latest.IsKnown(now) ? candidate.Latest.Seconds : 0, now);

    private void Use(int place)
    {
        ref var sample = ref _pool[place];
        sample.InFlight++;
        if (++sample.Uses >= UsesMax)
        {
            Remove(place);
        }
    }

    private void RemoveOld(TimeSpan now)
    {
        for (var i = _count - 1; i >= 0; i--)
        {
            if (now - _pool[i].At > AgeMax)
            {
                Remove(i);
            }
        }
    }

    private void Remove(int place)
    {
        _pool[place] = _pool[--_count];
        _pool[_count] = default;
    }

    /// <summary>Where its sample is, or a free place, or that of a sample which makes room.</summary>
    private int PlaceFor(Candidate candidate)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_pool[i].Worker == candidate)
            {
                return i;
            }
        }

        if (_count < SamplesMax)
        {
            return _count++;
        }

        var place = 0;
        for (var i = 1; i < _count; i++)
        {
            if (_isWorstNext ? IsBetter(_pool[place], _pool[i]) : _pool[i].At < _pool[place].At)
            {
                place = i;
            }
        }

        _isWorstNext = !_isWorstNext;
        return place;
    }

    /// <summary>Cold before hot; the cold by latency, the hot by jobs in flight.</summary>
    private bool IsBetter(in Sample a, in Sample b)
    {
        var (isCold, isOtherCold) = (a.InFlight <= _cold.Value, b.InFlight <= _cold.Value);
        return isCold != isOtherCold ? isCold
            : isCold && a.Seconds != b.Seconds ? a.Seconds < b.Seconds
            : a.InFlight < b.InFlight;
    }

    private struct Sample(Candidate worker, double inFlight, double seconds, TimeSpan at)
    {
        public readonly Candidate Worker = worker;
        public readonly double Seconds = seconds;
        public readonly TimeSpan At = at;
        public double InFlight = inFlight;
        public int Uses;
    }
}
