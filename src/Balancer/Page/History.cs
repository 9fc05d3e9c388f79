namespace AkkaLb.Balancer.Page;

/// <summary>A balancer at a moment, over all of its services.</summary>
/// <param name="AssignmentsPerSecond">Since the sample before it.</param>
/// <param name="Waiting">Requests that wait for a free place.</param>
/// <param name="InFlight">Jobs in flight, estimated.</param>
/// <param name="Up">Workers that get jobs.</param>
internal readonly record struct Sample(DateTimeOffset At, double AssignmentsPerSecond, int Waiting, double InFlight, int Up);

/// <summary>The newest samples, in order. Not thread-safe.</summary>
/// <param name="samplesMax">How many are kept.</param>
internal sealed class History(int samplesMax)
{
    private readonly Queue<Sample> _samples = new();

    /// <summary>Keeps a sample, and forgets the oldest one when it keeps too many.</summary>
    public void Add(Sample sample)
    {
        if (_samples.Count == samplesMax)
        {
            _samples.Dequeue();
        }

        _samples.Enqueue(sample);
    }

    /// <summary>Those that came later than this.</summary>
    public IReadOnlyList<Sample> Since(DateTimeOffset time) => [.. _samples.SkipWhile(s => s.At <= time)];
}
