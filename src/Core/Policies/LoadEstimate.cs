namespace AkkaLb.Core.Policies;

/// <summary>How many jobs a worker has in flight, as a balancer knows it between the worker's own reports.</summary>
/// <remarks>
/// <para>Two parts. <see cref="Own"/>: picks of this balancer's whose clients tell when they end. They are counted when they are given and when they
/// have ended, so they are exact but for messages on their way. Others: what the worker has beside them, by its last word: jobs of other balancers
/// and of clients that do not tell. Never the worker's number plus our own picks, which would count each job twice.</para>
/// <para>Between two words the others age. Each of them is expected to end within the mean time that jobs take at this worker, and new ones are
/// expected as often as they have come lately: dU/dt = arrivals - U / time, whose solution goes exponentially to arrivals * time (Little's law). Both
/// rates come from the worker's cumulative counts. This is the rule "load interpretation" of Dahlin ("Interpreting Stale Load Information", 2000),
/// used for what cannot be counted.</para>
/// <para>Own picks may be lost on the way, or be those of a client that has died. When a report tells of fewer jobs than there are own picks, as many
/// of the picks that are not new count no more, until the worker has them or they are given up.</para>
/// <para>A struct, that lies within its candidate: many are read in a row. <c>now</c> is the balancer's clock.</para>
/// </remarks>
public struct LoadEstimate
{
    /// <summary>How long a job is expected to take where nobody knows.</summary>
    private static readonly TimeSpan TimeUnknown = TimeSpan.FromSeconds(1);

    /// <summary>Two reports that are nearer to each other say nothing of rates.</summary>
    private static readonly TimeSpan ReportsApart = TimeSpan.FromMilliseconds(1);

    /// <summary>Picks that were given before the last window of this length, and that the worker has not got, are taken for lost. Raised: a dead
    /// client's picks keep places for longer. Lowered: picks that are on their way are counted out. A little less than the usual
    /// heartbeat.</summary>
    private static readonly TimeSpan WindowTime = TimeSpan.FromSeconds(0.9);

    /// <summary>What a worker does at most between a report and an answer that overtakes it, counted twice: begun and ended.</summary>
    private const long AheadMax = 10_000;

    /// <summary>Of the others. More are not believed: sums of them must stay exact.</summary>
    private const double OthersMax = 1e9;

    private int _ownPicks;
    private double _others;
    private TimeSpan _agedAt;
    private double _timeSeconds;
    private double _arrivalsPerSecond;
    private JobCounts _reported;
    private TimeSpan _reportedAt;
    private long _given;
    private long _givenAtReport;
    private long _order;
    private int _missing;
    private int _inWindow;
    private int _inLastWindow;
    private TimeSpan _windowAt;

    /// <summary>Accepted minus given that was below zero at the last report: given, and still on its way to the worker.</summary>
    private long _onTheWay;

    /// <summary>Load of the picks whose end will be told, in ordinary jobs.</summary>
    public long Own { get; private set; }

    /// <summary>The estimate: jobs in flight, 0 or more.</summary>
    public readonly double Estimate => (_missing == 0 ? Own : Own * (1 - ((double)_missing / _ownPicks))) + _others;

    /// <summary>Estimated minus told, at the worker's last word: how far counting has drifted from the truth, in jobs.</summary>
    public double Drift { get; private set; }

    /// <summary>Jobs that may still be there, counted and not estimated: by its last report, and by the picks whose end has not been told.</summary>
    public readonly int Left => Math.Max(_ownPicks, _reported.InFlight);

    /// <summary>Tells picks apart that were given before and after a report: it rises every now and then.</summary>
    public int Window { get; private set; }

    /// <summary>Own picks of before the last window.</summary>
    private readonly int OldPicks => _ownPicks - _inWindow - _inLastWindow;

    /// <summary>The others age; without any the estimate stands still.</summary>
    public readonly bool Ages => _others > 0 || _arrivalsPerSecond > 0;

    /// <summary>How many jobs it gets in a second beside this balancer's picks, by its last two reports.</summary>
    public readonly double OthersPerSecond => _arrivalsPerSecond;

    /// <summary>How long a job is expected to take there.</summary>
    public readonly double SecondsPerJob => _timeSeconds > 0 ? _timeSeconds : TimeUnknown.TotalSeconds;

    /// <summary>A pick was given.</summary>
    /// <param name="weight">Its load, in ordinary jobs.</param>
    /// <param name="isTold">Whether its end will be told.</param>
    public void Give(int weight, bool isTold, TimeSpan now)
    {
        _given++;
        if (isTold)
        {
            _ownPicks++;
            _inWindow++;
            Own += weight;
        }
        else
        {
            Age(now);
            _others += weight;
        }
    }

    /// <summary>A pick whose end was to be told has ended.</summary>
    /// <param name="weight">As when it was given.</param>
    /// <param name="wasAccepted">The worker has counted it among its jobs.</param>
    /// <param name="window">As it was when it was given; null: the oldest there is.</param>
    public void End(int weight, bool wasAccepted, int? window = null)
    {
        if (window == Window || (window is null && _inWindow == _ownPicks))
        {
            _inWindow--;
        }
        else if (window == Window - 1 || (window is null && OldPicks == 0))
        {
            _inLastWindow--;
        }

        _ownPicks--;
        _missing = Math.Min(_missing, OldPicks);
        Own -= weight;
        _given -= wasAccepted ? 0 : 1;
    }

    /// <summary>Nobody will tell when it ends; it may still be in flight.</summary>
    /// <param name="weight">As when it was given.</param>
    /// <param name="window">As it was when it was given; null: the oldest there is.</param>
    public void GiveUp(int weight, TimeSpan now, int? window = null)
    {
        End(weight, wasAccepted: true, window);
        Age(now);
        _others += weight;
    }

    /// <summary>A word of the worker's, in an answer of its: it may have been overtaken by a newer one, and then it changes nothing.</summary>
    public void Tell(JobCounts counts, TimeSpan now)
    {
        if (counts.Order > _order)
        {
            Take(counts, now);
        }
    }

    /// <summary>A report of the worker's, newer than those before. Beside its jobs it tells how fast they come and go.</summary>
    public void Report(JobCounts counts, TimeSpan now)
    {
        var apart = now - _reportedAt;
        if (_reported.Accepted > 0 && apart >= ReportsApart && counts.Finished >= _reported.Finished)
        {
            var finished = counts.Finished - _reported.Finished;
            var othersCame = counts.Accepted - _reported.Accepted - (_given - _givenAtReport) + _onTheWay;
            _onTheWay = Math.Clamp(othersCame, -_ownPicks, 0);
            _arrivalsPerSecond = Seen((_arrivalsPerSecond + (Math.Max(0, othersCame) / apart.TotalSeconds)) / 2);
            if (finished > 0)
            {
                var time = (counts.InFlight + _reported.InFlight) / 2.0 * apart.TotalSeconds / finished;
                _timeSeconds = _timeSeconds == 0 ? time : (_timeSeconds + time) / 2;
            }
        }

        // An answer may have come before an older report. But it cannot be far ahead: then it was wrong, or the worker counts from the start again,
        // as its gate does after a crash. Its own report is believed.
        if (_order - counts.Order > AheadMax || counts.Accepted < _reported.Accepted)
        {
            _order = counts.Order;
        }

        CountMissing(counts.InFlight, now);
        (_reported, _reportedAt, _givenAtReport) = (counts, now, _given);
        if (counts.Order >= _order)
        {
            Take(counts, now);
        }
    }

    /// <summary>Some picks are on their way at each moment. Old ones are not: by as many as the worker has fewer jobs than there are own picks, those
    /// are lost.</summary>
    private void CountMissing(int inFlight, TimeSpan now)
    {
        if (now - _windowAt >= WindowTime)
        {
            (_inLastWindow, _inWindow, _windowAt) = (_inWindow, 0, now);
            Window++;
        }

        _missing = Math.Max(0, Math.Min(OldPicks, _ownPicks - inFlight));
    }

    /// <summary>Brings the estimate up to this time.</summary>
    public void Age(TimeSpan now)
    {
        var passed = (now - _agedAt).TotalSeconds;
        _agedAt = now;
        if (passed > 0 && Ages)
        {
            var time = SecondsPerJob;
            var goal = _arrivalsPerSecond * time;
            _others = Seen(goal + ((_others - goal) * Math.Exp(-passed / time)));
        }
    }

    /// <summary>What is hardly there is not there: else it would age for ever. What is far too much is cut.</summary>
    private static double Seen(double number) => number < 1e-3 ? 0 : Math.Min(number, OthersMax);

    private void Take(JobCounts counts, TimeSpan now)
    {
        Age(now);
        _order = Math.Max(_order, counts.Order);
        Drift = _ownPicks + _others - counts.InFlight;
        _others = Math.Max(0, counts.InFlight - _ownPicks);
    }
}
