using AkkaLb.Core.Gate;

namespace AkkaLb.Core.Tests.Gate;

/// <summary>A worker with an adaptive limit: jobs that compute share its processors, jobs that wait do not. Time passes only here.</summary>
/// <param name="seconds">Draws how long a job takes alone.</param>
internal sealed class LimitWorld(int max, int first, Func<Random, double> seconds, int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>By the work at which they end, which rises with the work that each of them has got.</summary>
    private readonly PriorityQueue<Job, double> _computing = new();

    /// <summary>By the time at which they end.</summary>
    private readonly PriorityQueue<Job, double> _waiting = new();
    private double _now;
    private double _work;
    private double _nextArrival;
    private int _queued;

    public AdaptiveLimit Limit { get; } = new(max, first);

    public double Processors { get; set; } = double.PositiveInfinity;

    /// <summary>Part of the jobs that wait instead of computing; null: by their length.</summary>
    public Func<Random, double, bool> Waits { get; init; } = (_, _) => false;

    /// <summary>Jobs in the world at most.</summary>
    public int Callers { get; set; } = int.MaxValue;

    /// <summary>Jobs that come in a second, by chance; null: there is always another one.</summary>
    public double? Arrivals { get; init; }

    private int Running => _computing.Count + _waiting.Count;

    private double Speed => _computing.Count > Processors ? Processors / _computing.Count : 1;

    /// <summary>Lets time pass.</summary>
    public Passed Run(double duration)
    {
        var end = _now + duration;
        var (used, running, least, most) = (0.0, 0.0, Limit.Found, Limit.Found);
        while (_now < end)
        {
            while (Running < Math.Min(Limit.Current, Callers) && (Arrivals is null || _queued > 0))
            {
                Begin(seconds(_random));
            }

            var next = Math.Min(end, Math.Min(
                _computing.TryPeek(out _, out var at) ? _now + ((at - _work) / Speed) : double.PositiveInfinity,
                Math.Min(_waiting.TryPeek(out _, out var time) ? time : double.PositiveInfinity, Arrivals is null ? end : _nextArrival)));
            var step = Math.Max(0, next - _now);
            used += step * ((_computing.Count * Speed) + _waiting.Count);
            running += step * Running;
            _work += step * Speed;
            _now = next;
            if (_waiting.TryPeek(out _, out time) && time <= _now)
            {
                End(_waiting.Dequeue());
            }
            else if (_computing.TryPeek(out _, out at) && at <= _work + 1e-9)
            {
                End(_computing.Dequeue());
            }
            else if (Arrivals is { } rate && _nextArrival <= _now)
            {
                _queued = Math.Min(_queued + 1, 1000);
                _nextArrival = _now - (Math.Log(1 - _random.NextDouble()) / rate);
            }

            (least, most) = (Math.Min(least, Limit.Found), Math.Max(most, Limit.Found));
        }

        return new Passed(used / duration, running / used, least, most);
    }

    private void Begin(double length)
    {
        _queued--;
        var waits = Waits(_random, length);
        var started = Limit.Started(Running + 1, Clock());
        if (waits)
        {
            _waiting.Enqueue(new Job(Clock(), started), _now + length);
        }
        else
        {
            _computing.Enqueue(new Job(Clock(), started), _work + length);
        }
    }

    private void End(Job job) => Limit.Ended(job.Start, Clock() - job.Since, Running + 1, Clock());

    private TimeSpan Clock() => TimeSpan.FromSeconds(_now);

    /// <summary>What has passed.</summary>
    /// <param name="Throughput">Jobs' own time done in a second: at most the processors.</param>
    /// <param name="Slowdown">How many times as long jobs took as alone.</param>
    public readonly record struct Passed(double Throughput, double Slowdown, int Least, int Most);

    private readonly record struct Job(TimeSpan Since, AdaptiveLimit.Start Start);
}
