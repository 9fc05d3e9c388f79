namespace AkkaLb.Core.Policies;

/// <summary>Draws a worker with the probabilities that would level all of them if the jobs that are expected next were given by them.</summary>
/// <remarks>
/// <para>"Load interpretation" (Dahlin, "Interpreting Stale Load Information", IEEE TPDS 11(10), 2000), and for several deciders "tidal water
/// filling" and its stochastic coordination for workers of different rates (Goren, Vargaftik, Moses, DISC 2020 and PODC 2021). With q jobs in flight
/// and the rate r at each worker, and K jobs expected, the level L solves sum of max(0, L r - q) = K; a worker is drawn with the probability
/// max(0, L r - q) / K. Deciders who see the same old numbers and all draw so fill the workers to one level together, where each taking the least
/// would bring all of them to one worker.</para>
/// <para>K is what this balancer gives until probabilities are computed again, by its picks per second, and what others have given that we have not
/// heard of: the arrivals that the workers' own counts show beside our picks (<see cref="LoadEstimate.OthersPerSecond"/>), times a heartbeat, or the
/// time that a job takes when that is less, as older ones have ended. So the number of deciders need not be known. A decider that is alone has a
/// small K, and is close to the shortest delay of all.</para>
/// <para>Probabilities are computed again when <see cref="Pause"/> has passed, or K picks were made, and then with twice the K: so a burst is spread
/// the wider the longer it is. That looks at every worker, a few times; a pick between two of these searches the sums of the probabilities, in
/// logarithmic time. A draw that meets a worker that is left out or has left is made again, a few times; then the better of two drawn at random
/// is taken.</para>
/// <para>Weak where rates are declared wrongly, and for few deciders: the least of all is better while most jobs are our own. Others' arrivals are
/// known only after two reports.</para>
/// </remarks>
public sealed class WaterFilling(Random random) : IChooser
{
    /// <summary>The time constant of the picks per second. Raised: steadier, and later to see that a burst began or ended.</summary>
    private static readonly TimeSpan RateTau = TimeSpan.FromSeconds(1);

    /// <summary>K is at least one in so many workers: so a pick costs as much as looking at a few hundred workers at most.</summary>
    private const int WorkersPerPick = 100;

    /// <summary>Of K: with a million expected jobs all workers are level.</summary>
    private const double ExpectedMax = 1e6;

    private const int DrawsMax = 8;

    /// <summary>Each pass leaves out those above the level; the level is exact when a pass leaves nobody out. Four or five passes do normally. After
    /// so many the level is a little too high, and the probabilities are a little too even.</summary>
    private const int PassesMax = 32;

    private readonly BestOfTwo<Delay> _otherwise = new(random);
    private Candidate[] _eligible = [];

    /// <summary>Jobs in flight and rates by place, copied so that the passes read them in a row.</summary>
    private double[] _inFlight = [];
    private double[] _rates = [];

    /// <summary>Sums of the probabilities up to and with each place, times K.</summary>
    private double[] _sums = [];
    private double _picksPerSecond;
    private double _expected;
    private int _picks;
    private int _picksSinceRate;
    private TimeSpan? _computedAt;
    private TimeSpan _rateAt;
    private bool _isStale = true;

    public bool MindsLoad => true;

    /// <summary>Between two computations: 1 ms, and 1 ms for each 1,000 workers, of which one takes a few percent.</summary>
    private TimeSpan Pause => TimeSpan.FromMicroseconds(1000 + _eligible.Length);

    public void Rebuild(Candidate[] eligible)
    {
        _eligible = eligible;
        _otherwise.Rebuild(eligible);
        if (_sums.Length != eligible.Length)
        {
            (_inFlight, _rates, _sums) = (new double[eligible.Length], new double[eligible.Length], new double[eligible.Length]);
        }

        _isStale = true;
    }

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        if (_eligible.Length == 0)
        {
            return null;
        }

        _picksSinceRate++;
        if (_isStale || now >= _computedAt + Pause)
        {
            Compute(Expected(now), now);
        }
        else if (++_picks > _expected)
        {
            Compute(Math.Min(2 * _expected, ExpectedMax), now);
        }

        for (var draw = 0; draw < DrawsMax; draw++)
        {
            var candidate = Draw();
            if (candidate.IsEligible && !LeftOut.Contains(leftOut, candidate))
            {
                return candidate;
            }
        }

        return _otherwise.Pick(leftOut, now);
    }

    private Candidate Draw()
    {
        var place = Array.BinarySearch(_sums, random.NextDouble() * _sums[^1]);

        // A sum that is met exactly belongs to the place behind it. One with the probability 0 has the same sum as the place before it.
        place = place < 0 ? ~place : place + 1;
        return _eligible[Math.Min(place, _eligible.Length - 1)];
    }

    /// <summary>K, until the next computation.</summary>
    private double Expected(TimeSpan now)
    {
        var passed = now - _rateAt;
        if (passed > TimeSpan.Zero)
        {
            var kept = Math.Exp(-passed / RateTau);
            _picksPerSecond = (_picksPerSecond * kept) + (_picksSinceRate / passed.TotalSeconds * (1 - kept));
            (_rateAt, _picksSinceRate) = (now, 0);
        }

        var others = 0.0;
        foreach (var candidate in _eligible)
        {
            var unseen = Math.Min(candidate.Jobs.SecondsPerJob, candidate.Member.Worker.HeartbeatMs / 1000.0);
            others += candidate.Jobs.OthersPerSecond * unseen;
        }

        var expected = (_picksPerSecond * Pause.TotalSeconds) + others;
        return Math.Clamp(expected, Math.Max(1, (double)_eligible.Length / WorkersPerPick), ExpectedMax);
    }

    private void Compute(double expected, TimeSpan now)
    {
        (_isStale, _picks, _expected, _computedAt) = (false, 1, expected, now);
        for (var place = 0; place < _eligible.Length; place++)
        {
            (_inFlight[place], _rates[place]) = (_eligible[place].InFlight, _eligible[place].Rate);
        }

        var level = Level(_inFlight, _rates, expected);
        var sum = 0.0;
        for (var place = 0; place < _sums.Length; place++)
        {
            sum += Math.Max(0, (level * _rates[place]) - _inFlight[place]);
            _sums[place] = sum;
        }
    }

    /// <summary>How high the water stands when so much is poured over the jobs in flight, in jobs for each unit of rate.</summary>
    internal static double Level(ReadOnlySpan<double> inFlight, ReadOnlySpan<double> rates, double expected)
    {
        var level = double.PositiveInfinity;
        for (var pass = 0; pass < PassesMax; pass++)
        {
            var (jobs, rate) = (expected, 0.0);
            for (var place = 0; place < rates.Length; place++)
            {
                if (inFlight[place] < level * rates[place])
                {
                    jobs += inFlight[place];
                    rate += rates[place];
                }
            }

            var next = jobs / rate;
            if (next >= level)
            {
                break;
            }

            level = next;
        }

        return level;
    }
}
