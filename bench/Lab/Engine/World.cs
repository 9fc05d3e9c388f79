using AkkaLb.Bench.Lab.Work;

namespace AkkaLb.Bench.Lab.Engine;

/// <summary>Workers, the jobs of one run, and the time in which they meet.</summary>
/// <remarks>The first <see cref="WarmUpShare"/> of the jobs do not count. Time averages are taken from the first job that counts to the last that is
/// submitted, so that what is left at the end to run out does not show in them.</remarks>
internal sealed class World
{
    /// <summary>The share of the jobs, the first ones, that is not counted.</summary>
    public const double WarmUpShare = 0.1;

    /// <summary>So much may happen without that a job ends. Beyond that the rules that are tried never end.</summary>
    private const long IdleEventsMax = 20_000_000;

    private const int EventsBetweenLooks = 1 << 14;

    private readonly Workload _work;
    private readonly IDispatcher _dispatcher;
    private readonly Station[] _stations;
    private readonly Meter _meter;
    private readonly int _firstCounted;
    private int _submitted;
    private int _given;

    public World(Workload work, IReadOnlyList<double> speeds, int slots, Discipline discipline, IDispatcher dispatcher)
    {
        (_work, _dispatcher) = (work, dispatcher);
        _stations = [.. speeds.Select(speed => new Station(speed, slots, discipline))];
        _firstCounted = (int)(WarmUpShare * work.Count);
        _meter = new Meter(work.Count, _firstCounted, _stations.Length, speeds.Sum() * slots);
        FreeStations = _stations.Length;
    }

    public Agenda Agenda { get; } = new();

    public IReadOnlyList<Station> Stations => _stations;

    public Workload Work => _work;

    public double Now => Agenda.Now;

    /// <summary>How many workers have a free slot.</summary>
    public int FreeStations { get; private set; }

    /// <summary>Whether each job is at a worker, or was.</summary>
    public bool IsEverythingGiven => _given == _work.Count;

    /// <summary>Whether the last job has been submitted.</summary>
    public bool IsEverythingSubmitted => _submitted == _work.Count;

    /// <summary>Called when the first job that counts is submitted.</summary>
    public Action WarmedUp { get; set; } = () => { };

    /// <summary>A balancer said no.</summary>
    public void AssignRejected() => _meter.AssignsRejected++;

    /// <summary>A worker said no.</summary>
    public void JobRejected() => _meter.JobsRejected++;

    /// <summary>Lets it run until every job has ended.</summary>
    /// <param name="serviceTime">The mean service time in seconds.</param>
    /// <exception cref="InvalidOperationException">Jobs are left that nobody brings to an end.</exception>
    public Result Run(double serviceTime, CancellationToken stop = default)
    {
        _dispatcher.Begin(this);
        Agenda.At(_work.Arrivals[0], Submit);
        var (finished, events, progress) = (0, 0L, 0L);
        while (_meter.Finished < _work.Count)
        {
            if (events++ % EventsBetweenLooks == 0)
            {
                stop.ThrowIfCancellationRequested();
            }

            if (!Agenda.Step() || events - progress > IdleEventsMax)
            {
                throw new InvalidOperationException($"{_work.Count - _meter.Finished} jobs never end");
            }

            if (_meter.Finished > finished)
            {
                (finished, progress) = (_meter.Finished, events);
            }
        }

        return _meter.Read(serviceTime);
    }

    /// <summary>A job comes to a worker, now.</summary>
    public void Give(int job, int worker)
    {
        var station = _stations[worker];
        var (hadFreeSlot, version) = (station.HasFreeSlot, station.Version);
        if (!hadFreeSlot && FreeStations > 0)
        {
            _meter.Hot(job);
        }

        station.Add(job, _work.Durations[job], Now);
        station.JobBytes += _work.Bytes[job];
        _given++;
        Changed(worker, hadFreeSlot, version);
    }

    /// <summary>A worker works at another speed from now on.</summary>
    public void ChangeSpeed(int worker, double speed)
    {
        var station = _stations[worker];
        var (hadFreeSlot, version) = (station.HasFreeSlot, station.Version);
        station.ChangeSpeed(speed, Now);
        Changed(worker, hadFreeSlot, version);
    }

    /// <summary>A worker that is up is gone, now.</summary>
    public void Kill(int worker)
    {
        var station = _stations[worker];
        var (hadFreeSlot, version) = (station.HasFreeSlot, station.Version);
        var lost = station.Kill();
        _given -= lost.Count;
        _meter.UpChanged(-1, Now);
        Changed(worker, hadFreeSlot, version);
        _dispatcher.Lost(lost, worker);
    }

    /// <summary>A worker that was killed is there again.</summary>
    public void Return(int worker)
    {
        _stations[worker].Return();
        FreeStations++;
        _meter.UpChanged(1, Now);
        _dispatcher.Returned(worker);
    }

    private void Submit()
    {
        var job = _submitted++;
        if (job == _firstCounted)
        {
            _meter.BeginTime(Now);
            WarmedUp();
        }

        if (_submitted < _work.Count)
        {
            Agenda.At(_work.Arrivals[_submitted], Submit);
        }
        else
        {
            _meter.EndTime(Now);
        }

        _dispatcher.Submitted(job);
    }

    private void End(int worker)
    {
        var station = _stations[worker];
        var (hadFreeSlot, version) = (station.HasFreeSlot, station.Version);
        var job = station.TakeEnded(Now);
        station.JobBytes -= _work.Bytes[job];
        Changed(worker, hadFreeSlot, version);
        _meter.Done(_work.Durations[job]);
        _meter.Answered(job, Now + _dispatcher.AnswerDelay - _work.Arrivals[job]);
        _dispatcher.Ended(job, worker);
    }

    private void Changed(int worker, bool hadFreeSlot, long version)
    {
        var station = _stations[worker];
        FreeStations += (station.HasFreeSlot ? 1 : 0) - (hadFreeSlot ? 1 : 0);
        _meter.LoadChanged(worker, station.Load, Now);
        if (station.Version != version && station.NextEnd is { } end)
        {
            var expected = station.Version;
            Agenda.At(end, () =>
            {
                if (station.Version == expected)
                {
                    End(worker);
                }
            });
        }
    }
}
