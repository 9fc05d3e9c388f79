namespace AkkaLb.Core.Clients;

/// <summary>Jobs that found no free place, in their turn (<see cref="PendingJob.FirstInTurn"/>), and the workers that are known to be full.</summary>
/// <remarks>
/// The first goes when a job in flight ends, because that frees a place, and when the hint has passed that came with a refusal, because other
/// clients free places too and new workers come. A worker that refused has as many places for this client as it had jobs of it then: with so many
/// it counts as full, until that time.
/// </remarks>
internal sealed class WaitingJobs(Random random)
{
    /// <summary>When to come again if the worker gave no hint.</summary>
    public static readonly TimeSpan RetryAfterDefault = TimeSpan.FromMilliseconds(100);

    public static readonly TimeSpan RetryAfterMin = TimeSpan.FromMilliseconds(10);
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(1);

    /// <summary>Full workers that are remembered: as many as a request can leave out.</summary>
    private const int FullMax = 64;

    private readonly SortedSet<PendingJob> _jobs = new(PendingJob.FirstInTurn);
    private readonly Dictionary<GateSight, int> _places = [];
    private TimeSpan _retryAfter = RetryAfterDefault;
    private TimeSpan? _retryAt;

    public bool IsEmpty => _jobs.Count == 0;

    /// <summary>Workers that are not to be asked for.</summary>
    public IReadOnlyList<WorkerKey> Full => _places.Count == 0 ? [] : [.. _places.Keys.Where(IsFull).OrderBy(g => g.Number).Select(g => g.Worker)];

    /// <summary>When <see cref="TryRetry"/> wants to be called; null: nobody waits and nobody is full.</summary>
    public TimeSpan? NextDue => _jobs.Count > 0 || _places.Count > 0 ? _retryAt : null;

    public bool IsFull(GateSight gate) => _places.TryGetValue(gate, out var places) && gate.Jobs.Count >= places;

    public void Add(PendingJob job, TimeSpan now)
    {
        Arm(now);
        _jobs.Add(job);
    }

    public void Remove(PendingJob job) => _jobs.Remove(job);

    /// <param name="behind">Only of those whose turn comes after this one's; null: of all.</param>
    public PendingJob? TakeFirst(PendingJob? behind)
    {
        var first = behind is null ? _jobs.Min
            : _jobs.Max is { } last && PendingJob.FirstInTurn.Compare(behind, last) < 0
                ? _jobs.GetViewBetween(behind, last).First(j => j != behind)
            : null;
        if (first is not null)
        {
            _jobs.Remove(first);
        }

        return first;
    }

    /// <summary>A worker had no place; true when it is the first time since the last hint passed.</summary>
    /// <param name="gate">Without the job that it refused.</param>
    /// <param name="retryAfter">Its hint when to come again; zero: none.</param>
    public bool Refused(GateSight gate, TimeSpan retryAfter, TimeSpan now)
    {
        _retryAfter = retryAfter <= TimeSpan.Zero ? RetryAfterDefault
            : retryAfter < RetryAfterMin ? RetryAfterMin
            : retryAfter > RetryAfterMax ? RetryAfterMax
            : retryAfter;
        Arm(now);
        var isKnown = _places.ContainsKey(gate);
        if (isKnown || _places.Count < FullMax)
        {
            _places[gate] = gate.Jobs.Count;
        }

        return !isKnown;
    }

    /// <summary>The hint has passed: nobody counts as full from now on.</summary>
    public bool TryRetry(TimeSpan now)
    {
        if (NextDue is not { } due || now < due)
        {
            return false;
        }

        _places.Clear();
        _retryAt = null;
        if (_jobs.Count > 0)
        {
            Arm(now);
        }

        return true;
    }

    /// <summary>From the hint on, up to a quarter later, so that clients do not come back together.</summary>
    private void Arm(TimeSpan now)
    {
        if (NextDue is null || _retryAt is null)
        {
            _retryAt = now + _retryAfter + (_retryAfter / 4 * random.NextDouble());
        }
    }
}
