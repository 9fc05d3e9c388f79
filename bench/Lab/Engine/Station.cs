namespace AkkaLb.Bench.Lab.Engine;

/// <summary>One worker's jobs.</summary>
/// <remarks>
/// All jobs that run progress at the same rate, whatever the discipline. So one number, the work that a job has had done which ran from the
/// beginning, stands for the progress of all of them: a job that starts when it is a ends when it is a + its work, and a heap of these sums says who
/// ends next. An arrival or an end costs O(log n). (The "virtual time" of Kleinrock's processor sharing, and of fair queueing.) Times are in
/// seconds, work in seconds at speed 1.
/// </remarks>
/// <param name="speed">Work done in a second by one slot, at first; above 0.</param>
/// <param name="slots">How many jobs run at full speed at once; at least 1.</param>
internal sealed class Station(double speed, int slots, Discipline discipline)
{
    private readonly PriorityQueue<int, double> _running = new();
    private readonly Queue<(int Job, double Work)> _waiting = new();
    private double _done;
    private double _at;

    /// <summary>Whether it is there at all.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>Jobs that run or wait.</summary>
    public int InSystem => _running.Count + _waiting.Count;

    /// <summary>Whether one more job would run at once and at full speed.</summary>
    public bool HasFreeSlot => IsUp && InSystem < slots;

    public int Slots => slots;

    /// <summary>What a slot does in truth.</summary>
    public double Speed { get; private set; } = speed;

    /// <summary>What it did at first, and what is known of it.</summary>
    public double NominalSpeed { get; } = speed;

    /// <summary>Jobs for what it can do: 1 when as many are there as run at full speed on a worker of speed 1 with one slot.</summary>
    public double Load => InSystem / (Speed * slots);

    /// <summary>Jobs that have come since it is up.</summary>
    public long Accepted { get; private set; }

    /// <summary>Bytes held by the jobs that are there.</summary>
    public long JobBytes { get; set; }

    /// <summary>Changes whenever <see cref="NextEnd"/> may have changed.</summary>
    public long Version { get; private set; }

    /// <summary>When the next job ends if nothing comes before; null: none runs.</summary>
    public double? NextEnd => _running.TryPeek(out _, out var end) ? _at + Math.Max(0, (end - _done) / Rate) : null;

    private double Rate => discipline == Discipline.Fifo ? Speed : Speed * Math.Min(1, (double)slots / _running.Count);

    public void Add(int job, double work, double now)
    {
        Accepted++;
        if (discipline == Discipline.Fifo && _running.Count == slots)
        {
            _waiting.Enqueue((job, work));
            return;
        }

        Advance(now);
        Start(job, work);
    }

    /// <summary>Takes out the job that ends now, which is when <see cref="NextEnd"/> said.</summary>
    public int TakeEnded(double now)
    {
        // Exactly, so that no error of rounding adds up.
        _running.TryDequeue(out var job, out _done);
        _at = now;
        Version++;
        if (_waiting.TryDequeue(out var next))
        {
            Start(next.Job, next.Work);
        }

        return job;
    }

    /// <summary>From now on it works at another speed.</summary>
    public void ChangeSpeed(double changed, double now)
    {
        Advance(now);
        Speed = changed;
        Version++;
    }

    /// <summary>It is gone, and all it held with it.</summary>
    /// <returns>The jobs that are lost.</returns>
    public List<int> Kill()
    {
        List<int> lost = [.. _running.UnorderedItems.Select(item => item.Element).Order(), .. _waiting.Select(item => item.Job)];
        _running.Clear();
        _waiting.Clear();
        (IsUp, JobBytes, Accepted) = (false, 0, 0);
        Version++;
        return lost;
    }

    /// <summary>It is there again, without jobs.</summary>
    public void Return() => IsUp = true;

    private void Start(int job, double work)
    {
        _running.Enqueue(job, _done + work);
        Version++;
    }

    private void Advance(double now)
    {
        if (_running.Count > 0)
        {
            _done += (now - _at) * Rate;
        }

        _at = now;
    }
}
