namespace AkkaLb.Bench.Lab.Engine;

/// <summary>Measures one run.</summary>
/// <param name="jobs">How many there are.</param>
/// <param name="firstCounted">Jobs before this one warm the system up and do not count.</param>
/// <param name="stations">How many workers there are.</param>
/// <param name="capability">Work that all of them can do in a second.</param>
internal sealed class Meter(int jobs, int firstCounted, int stations, double capability)
{
    private readonly double[] _responses = new double[jobs - firstCounted];
    private readonly double[] _loads = new double[stations];
    private readonly MaxTree _largest = new(stations);
    private double _sum;
    private double _since;
    private double _imbalanceTime;
    private double _time;
    private double _begin;
    private double _end;
    private long _hot;
    private int _up = stations;
    private double _workDone;
    private bool _isMeasuring;

    /// <summary>Jobs that have ended, those of the warm-up included.</summary>
    public int Finished { get; private set; }

    /// <summary>Answers of a balancer that say no.</summary>
    public long AssignsRejected { get; set; }

    /// <summary>Answers of a worker that say no.</summary>
    public long JobsRejected { get; set; }

    /// <summary>Time averages begin.</summary>
    public void BeginTime(double now) => (_isMeasuring, _since, _begin) = (true, now, now);

    /// <summary>Time averages end.</summary>
    public void EndTime(double now)
    {
        Pass(now);
        (_isMeasuring, _end) = (false, now);
    }

    /// <summary>A worker went, or came.</summary>
    public void UpChanged(int change, double now)
    {
        Pass(now);
        _up += change;
    }

    /// <summary>A worker is done with a job.</summary>
    /// <param name="work">How long it runs at speed 1, in seconds.</param>
    public void Done(double work) => _workDone += _isMeasuring ? work : 0;

    public void LoadChanged(int station, double load, double now)
    {
        Pass(now);
        _sum += load - _loads[station];
        _loads[station] = load;
        _largest.Set(station, load);
    }

    /// <summary>A job came to a worker without a free slot, while another worker had one.</summary>
    public void Hot(int job) => _hot += job >= firstCounted ? 1 : 0;

    /// <summary>A job's caller has its answer.</summary>
    /// <param name="response">Since the caller submitted it, in seconds.</param>
    public void Answered(int job, double response)
    {
        Finished++;
        if (job >= firstCounted)
        {
            _responses[job - firstCounted] = response;
        }
    }

    /// <summary>What was measured. Sorts the response times: to be called once, at the end.</summary>
    /// <param name="serviceTime">Response times are told in multiples of it.</param>
    public Result Read(double serviceTime)
    {
        Array.Sort(_responses);
        return new Result(
            Quantile(0.5) / serviceTime, Quantile(0.99) / serviceTime, Quantile(0.999) / serviceTime, _responses.Average() / serviceTime,
            _time > 0 ? _imbalanceTime / _time : 1, (double)_hot / _responses.Length, (double)(AssignsRejected + JobsRejected) / Finished,
            (double)JobsRejected / Finished,
            _end > _begin ? _workDone / (capability * (_end - _begin)) : 0);
    }

    /// <summary>Nearest rank: the smallest response time that at least this share of the jobs did not exceed.</summary>
    private double Quantile(double share) => _responses[Math.Max(0, (int)Math.Ceiling(share * _responses.Length) - 1)];

    private void Pass(double now)
    {
        // Where nobody has anything to do, nothing is uneven. A little above 0, because the sum of many changes is not exactly 0 again.
        if (_isMeasuring && _largest.Max > 0 && _sum > 1e-9)
        {
            _imbalanceTime += (now - _since) * _largest.Max / (_sum / _up);
            _time += now - _since;
        }

        _since = now;
    }
}
