namespace AkkaLb.Core.Balancing;

/// <summary>Reports that ran ahead of their registry event: one per worker id, bounded in number and age.</summary>
/// <param name="hold">How long one is kept: one lease TTL, after which its worker would be gone again anyway.</param>
/// <param name="countMax">How many are kept at most.</param>
internal sealed class EarlyReports(TimeSpan hold, int countMax)
{
    private readonly Dictionary<string, Early> _byId = new(StringComparer.Ordinal);

    public int Count => _byId.Count;

    /// <summary>Keeps the report; false when there is no room.</summary>
    public bool TryHold(in MemorySample sample, TimeSpan now)
    {
        if (_byId.TryGetValue(sample.Worker.Id, out var held))
        {
            // Of one incarnation the newest counts; of two, the one that spoke last.
            if (held.Sample.Worker != sample.Worker || held.Sample.Sequence < sample.Sequence)
            {
                _byId[sample.Worker.Id] = new Early(sample, now);
            }

            return true;
        }

        if (_byId.Count >= countMax)
        {
            Expire(now);
        }

        return _byId.Count < countMax && _byId.TryAdd(sample.Worker.Id, new Early(sample, now));
    }

    /// <summary>Hands out, and forgets, the report of a worker that has now appeared.</summary>
    public bool TryTake(WorkerKey worker, TimeSpan now, out MemorySample sample, out TimeSpan receivedAt)
    {
        if (_byId.TryGetValue(worker.Id, out var held) && held.Sample.Worker == worker)
        {
            _byId.Remove(worker.Id);
            (sample, receivedAt) = (held.Sample, held.ReceivedAt);
            return now - receivedAt < hold;
        }

        (sample, receivedAt) = (default, default);
        return false;
    }

    private void Expire(TimeSpan now)
    {
        foreach (var (id, held) in _byId)
        {
            if (now - held.ReceivedAt >= hold)
            {
                _byId.Remove(id);
            }
        }
    }

    private readonly record struct Early(MemorySample Sample, TimeSpan ReceivedAt);
}
