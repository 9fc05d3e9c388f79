namespace AkkaLb.Core.Gate;

/// <summary>Finds by service times how many jobs a worker should run at once, so that a place is one that runs at full speed.</summary>
/// <remarks>
/// <para>Source: the gradient limits of Envoy and of Netflix's concurrency-limits, limit = gradient x limit with the gradient = service time without
/// load / service time now. They take a minimum or a long mean for the time without load, which jobs of different lengths spoil: the minimum is that
/// of the shortest kind, and a long mean follows the load. Here both times come from a comparison (a switchback experiment): in a test, phases of a
/// low and of a high limit take turns, each job belongs to the phase in which it began, and so both see the same mix of jobs.</para>
/// <para>With the mean service times Tl and Th at Nl and Nh running jobs, the limit becomes Nh x Tl / Th. Where the high limit slows nobody down,
/// that is Nh; where the low one is used up already, it is Nl; with k processors between the two it is k. With jobs that wait and compute it rests
/// where twice the jobs would take 1.4 times as long.</para>
/// <para>Means are those of the square roots of times. So a few very long jobs do not drown the rest, and where short jobs wait and long ones
/// compute the long ones still count.</para>
/// <para>Only jobs count that begin when the limit is used up. Phases last long enough for most of their work to end within them, and the jobs of a
/// phase count when the next one is over: else the latest phase would lack its long jobs. A test that leaves the limit where it is is followed by a
/// rest. A change of the service times ends either early: processors were taken or given back, or other jobs come.</para>
/// <para>Pure: time is passed in, and there is no randomness. Not thread-safe.</para>
/// </remarks>
public sealed class AdaptiveLimit
{
    /// <summary>The standard error of the limit that a test aims at, as a part of it: 0.08, and 0.16 for a limit of 1. Range 0.02 to 0.3. Lower: it
    /// stands closer to the best, and a test needs more jobs, with the square.</summary>
    private const double ErrorMax = 0.08;

    /// <summary>The limit moves before a test is as exact as that when the difference is so many standard errors: 3. Range 2 to 5. Lower: it moves
    /// sooner, and in the wrong direction more often.</summary>
    private const double ErrorsToMove = 3;

    /// <summary>Less than so many times the standard error that is aimed at is no move: 1.25. Range 1 to 3. Lower: tests follow one another where the
    /// limit is right.</summary>
    private const double ErrorsToStay = 1.25;

    /// <summary>A rest lasts so many times its test, times the part of the limit that the low one lacks, but 4 times its test at least: 20, with
    /// which tests lose one in 40 of the throughput. Range 5 to 100. More: they lose less, and what service times do not tell is found
    /// later.</summary>
    private const double RestPerLoss = 20, RestMin = 4;

    /// <summary>A rest ends, and a test begins again, when service times differ by this factor from what they were: 1.5. Range 1.3 to 2. Lower: mere
    /// chance does that.</summary>
    private const double ChangeMin = 1.5;

    /// <summary>The standard error of each service time that is compared with an earlier one: 0.1. Range 0.05 to 0.2. Lower: later, fewer false
    /// alarms.</summary>
    private const double ChangeErrorMax = 0.1;

    /// <summary>A phase is at least so many times as long as the jobs that do most of the work: 5. Range 2 to 10. Longer: long jobs belong to one
    /// phase more clearly, and tests take longer.</summary>
    private const double PhaseLength = 5;

    /// <summary>Jobs of a phase for each place: 2 at least, and at most 32, whatever their times. One job of an hour must not make phases of
    /// two.</summary>
    private const int PhaseJobsMin = 2, PhaseJobsMax = 32;

    /// <summary>Jobs of a phase at least: 8. Of each side of a comparison: 24. Fewer say nothing of their own spread.</summary>
    private const int PhaseJobs = 8, JobsMin = 24;

    /// <summary>Of both sides together: 8192. A test that knows nothing by then is given up.</summary>
    private const int JobsMax = 8192;

    /// <summary>Weight of the newest in the mean of times and of their squares: one in 128.</summary>
    private const int TimeWeight = 128;

    private readonly int _max;

    /// <summary>Of the low and of the high limit; in a rest the first one alone.</summary>
    private readonly Times[] _sides = new Times[2];

    /// <summary>What has come since it was compared with <see cref="_sides"/>.</summary>
    private readonly Times[] _recent = new Times[2];

    /// <summary>Of the phase that runs.</summary>
    private Times _latest;
    private double _exact;
    private int _low;
    private int _high;
    private bool _rests;
    private long _stage;
    private int _phase;
    private int _jobs;
    private TimeSpan _stageTime;
    private TimeSpan _phaseAt;
    private TimeSpan _restEnd;
    private int _running;
    private double _runningSeconds;
    private TimeSpan _runningAt;
    private double _meanTime;
    private double _meanSquare;

    /// <param name="max">The largest limit; at least 1.</param>
    /// <param name="first">The limit to begin with, 1 to <paramref name="max"/>. The number of processors is a good guess; what it is changes how
    /// soon the limit is found, and not where.</param>
    public AdaptiveLimit(int max, int first)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, max);
        (_max, _exact) = (max, first);
        Test(1, TimeSpan.Zero);
    }

    /// <summary>The limit that has been found; 1 to the largest.</summary>
    public int Found => Math.Clamp((int)Math.Round(_exact), 1, _max);

    /// <summary>How many jobs may run at this moment; 1 to the largest. In a test it is another one than <see cref="Found"/>.</summary>
    public int Current => SideOf(_phase) == 0 ? _low : _high;

    /// <summary>How many jobs it can use: in a test the higher limit, which must be used up to tell something.</summary>
    public int Places => _high;

    /// <summary>A job begins.</summary>
    /// <param name="running">With this one.</param>
    /// <returns>What <see cref="Ended"/> needs.</returns>
    public Start Started(int running, TimeSpan now)
    {
        Count(now);
        _running = running;

        // What exceeds the low limit tells something, also where there are not enough jobs for the high one.
        var used = _rests || SideOf(_phase) == 0 ? _low : Math.Max(Found, _low + 1);
        if (running < used)
        {
            return default;
        }

        _jobs++;
        return new Start(_stage, _phase, _runningSeconds);
    }

    /// <summary>A job that was started has ended, well or not.</summary>
    /// <param name="service">How long it ran.</param>
    /// <param name="running">With this one.</param>
    public void Ended(in Start start, TimeSpan service, int running, TimeSpan now)
    {
        Count(now);
        _running = running - 1;
        var seconds = service.TotalSeconds;
        if (seconds <= 0 || _max == 1)
        {
            return;
        }

        var weight = _meanTime > 0 ? 1.0 / TimeWeight : 1;
        _meanTime += (seconds - _meanTime) * weight;
        _meanSquare += ((seconds * seconds) - _meanSquare) * weight;
        if (start.Stage == _stage)
        {
            ref var times = ref start.Phase == _phase ? ref _latest : ref _recent[SideOf(start.Phase)];
            times.Add(seconds, (_runningSeconds - start.RunningSeconds) / seconds);
        }

        if (!IsPhaseOver(now))
        {
            return;
        }

        if (HasChanged() || (_rests && now >= _restEnd))
        {
            Test(0, now);
        }
        else if (_rests || !Judge(now))
        {
            _recent[SideOf(_phase)].Add(_latest);
            NextPhase(now);
        }
    }

    private bool IsPhaseOver(TimeSpan now)
    {
        return _jobs >= PhaseJobsNow && (now - _phaseAt >= PhaseTime || _jobs >= PhaseJobsMax * Current);
    }

    private double PhaseJobsNow => Math.Max(PhaseJobs, PhaseJobsMin * Current);

    /// <summary>How long a phase lasts at least. Weighted by length: the time that a running job takes.</summary>
    private TimeSpan PhaseTime => TimeSpan.FromSeconds(PhaseLength * _meanSquare / _meanTime);

    /// <summary>How long the phase has lasted, without the time in which there was hardly anything to do.</summary>
    private TimeSpan PhaseBusy(TimeSpan now)
    {
        var most = PhaseTime + TimeSpan.FromSeconds(2 * PhaseJobsNow * _meanTime / Current);
        return now - _phaseAt < most ? now - _phaseAt : most;
    }

    private int SideOf(int phase) => _rests ? 0 : phase & 1;

    private void Count(TimeSpan now)
    {
        _runningSeconds += _running * (now - _runningAt).TotalSeconds;
        _runningAt = now;
    }

    /// <param name="direction">Where the last test has moved to as far as it could: 1 upwards, -1 downwards; 0: neither.</param>
    private void Test(int direction, TimeSpan now)
    {
        var found = Found;
        var (low, high) = direction switch
        {
            > 0 => (found, 2L * found),
            < 0 => ((found + 1) / 2, found),
            _ => (Math.Min((int)Math.Round(found / Math.Sqrt(2)), found - 1), Math.Max((long)Math.Round(found * Math.Sqrt(2)), found + 1)),
        };
        _high = (int)Math.Min(_max, high);
        _low = Math.Clamp(low, 1, Math.Max(1, _high - 1));
        Begin(rests: false, now);
    }

    private void Rest(TimeSpan now)
    {
        var lacks = Math.Max(0, 1 - ((double)_low / Found));
        _restEnd = now + ((_stageTime + PhaseBusy(now)) * Math.Max(RestMin, RestPerLoss * lacks));
        _low = _high = Found;
        Begin(rests: true, now);
    }

    private void Begin(bool rests, TimeSpan now)
    {
        (_rests, _phase, _phaseAt) = (rests, -1, now);
        Array.Clear(_sides);
        Array.Clear(_recent);
        _stage++;
        NextPhase(now);
        _stageTime = TimeSpan.Zero;
    }

    private void NextPhase(TimeSpan now)
    {
        _stageTime += _meanTime > 0 ? PhaseBusy(now) : TimeSpan.Zero;
        (_phase, _phaseAt, _jobs, _latest) = (_phase + 1, now, 0, default);
    }

    /// <summary>Whether service times have changed since this test or rest began: then what it knows is worth nothing.</summary>
    private bool HasChanged()
    {
        var (change, sides) = (0.0, _rests ? 1 : 2);
        for (var side = 0; side < sides; side++)
        {
            if (!_recent[side].IsWithin(ChangeErrorMax))
            {
                return false;
            }

            change += _sides[side].Count > 0 ? Math.Log(_recent[side].Seconds / _sides[side].Seconds) / sides : 0;
        }

        if (Math.Abs(change) > Math.Log(ChangeMin))
        {
            return true;
        }

        for (var side = 0; side < sides; side++)
        {
            _sides[side].Add(_recent[side]);
            _recent[side] = default;
        }

        return false;
    }

    /// <returns>Whether the test has ended.</returns>
    private bool Judge(TimeSpan now)
    {
        var (low, high) = (_sides[0], _sides[1]);
        low.Add(_recent[0]);
        high.Add(_recent[1]);
        if (low.Count >= JobsMin && high.Count >= JobsMin && high.Running > low.Running)
        {
            // Long jobs see several phases, so that the jobs beside them, and the times, differ by less than the limits.
            var slower = Math.Log(high.Seconds / low.Seconds);
            var more = Math.Log(high.Running / low.Running);
            var error = Math.Sqrt(low.Variance + high.Variance) * Math.Max(1, Math.Log((double)_high / _low) / more);
            var limit = high.Running * Math.Exp(-slower);

            // Where nobody is slowed down the limit is not lowered because there were not more jobs.
            limit = Math.Clamp(slower < more / 2 ? Math.Max(_exact, limit) : limit, _low, _high);
            var move = Math.Log(limit / _exact);
            var errorMax = Math.Max(ErrorMax, 2 * ErrorMax / _exact);
            var isExact = error <= errorMax;
            if (Math.Abs(move) > ErrorsToStay * errorMax && (isExact || Math.Abs(move) > ErrorsToMove * error))
            {
                _exact = limit;
                Test(limit >= 0.9 * _high && Found < _max ? 1 : limit <= 1.1 * _low && Found > 1 ? -1 : 0, now);
                return true;
            }

            if (isExact)
            {
                if (limit <= 1.1 * _low && _low == Found && Found > 1)
                {
                    // More slowed everybody down in proportion, and so may what there is.
                    Test(0, now);
                    return true;
                }

                _exact *= Math.Exp(move / 2);
                Rest(now);
                return true;
            }
        }

        if (low.Count + high.Count <= JobsMax)
        {
            return false;
        }

        Rest(now);
        return true;
    }

    /// <summary>Where and when a job began; the default for one that does not count.</summary>
    /// <param name="Stage">Of tests and rests; 0: it does not count.</param>
    /// <param name="RunningSeconds">Running jobs, added up over time until then.</param>
    public readonly record struct Start(long Stage, int Phase, double RunningSeconds);

    /// <summary>Service times, and how many jobs ran beside.</summary>
    private struct Times
    {
        private double _roots;
        private double _squares;
        private double _running;

        public int Count { get; private set; }

        public readonly double Seconds => _roots / Count * (_roots / Count);

        /// <summary>Running jobs. The longer ones count more, as they do in the mean time.</summary>
        public readonly double Running => _running / _roots;

        /// <summary>Of the logarithm of <see cref="Seconds"/>.</summary>
        public readonly double Variance => 4 * Math.Max(0, (_squares * Count / (_roots * _roots)) - 1) / Count;

        public readonly bool IsWithin(double error) => Count >= JobsMin && Variance <= error * error;

        public void Add(double seconds, double running)
        {
            var root = Math.Sqrt(seconds);
            Count++;
            _roots += root;
            _squares += seconds;
            _running += root * running;
        }

        public void Add(in Times other)
        {
            Count += other.Count;
            _roots += other._roots;
            _squares += other._squares;
            _running += other._running;
        }
    }
}
