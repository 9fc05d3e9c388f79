namespace AkkaLb.Core.Clients;

/// <summary>Workers that this client does not want to be given for a while: it has just lost them.</summary>
internal sealed class LeftOutWorkers(TimeSpan duration)
{
    /// <summary>Bound of the table: the one that would come back first makes room. Many times what one request can name.</summary>
    public const int CountMax = 1024;

    private readonly Dictionary<WorkerKey, TimeSpan> _until = [];

    /// <summary>Leaves a worker out from now on; true when it was not left out before.</summary>
    public bool Add(WorkerKey worker, TimeSpan now)
    {
        var isNew = !Contains(worker, now);
        _until[worker] = now + duration;
        if (_until.Count > CountMax)
        {
            _until.Remove(LatestFirst().Last());
        }

        return isNew;
    }

    /// <summary>It was heard from again.</summary>
    public void Remove(WorkerKey worker) => _until.Remove(worker);

    public bool Contains(WorkerKey worker, TimeSpan now) => _until.TryGetValue(worker, out var until) && now < until;

    /// <summary>The workers that are left out now; the list is bounded by <paramref name="countMax"/>, the latest first.</summary>
    public IReadOnlyList<WorkerKey> Current(IReadOnlyCollection<WorkerKey> besides, int countMax, TimeSpan now)
    {
        if (_until.Count == 0 && besides.Count == 0)
        {
            return [];
        }

        foreach (var (worker, until) in _until)
        {
            if (now >= until)
            {
                _until.Remove(worker);
            }
        }

        return [.. besides.Concat(LatestFirst()).Distinct().Take(countMax)];
    }

    /// <summary>Of those that were added at the same time in an order that does not hang on the table's.</summary>
    private IEnumerable<WorkerKey> LatestFirst() => _until.OrderByDescending(x => x.Value)
        .ThenBy(x => x.Key.Id, StringComparer.Ordinal).ThenBy(x => x.Key.Incarnation).Select(x => x.Key);
}
