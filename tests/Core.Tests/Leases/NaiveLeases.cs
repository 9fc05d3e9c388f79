namespace AkkaLb.Core.Tests.Leases;

/// <summary>The rules of the lease table over a plain list, with no bound remembered and nothing indexed.</summary>
internal sealed class NaiveLeases
{
    private readonly List<Held> _held = [];
    private long _order;

    public IEnumerable<(WorkerRecord Worker, long Order)> Registered => _held.OrderBy(h => h.Order).Select(h => (h.Worker, h.Order));

    public TimeSpan? NextExpiry => _held.Count == 0 ? null : _held.Min(h => h.ExpiresAt);

    public void Expire(TimeSpan now) => _held.RemoveAll(h => h.ExpiresAt <= now);

    /// <summary>Incarnation of the holder when refused, else null.</summary>
    /// <param name="asked">The id that the lease was to have.</param>
    /// <param name="leaseId">The one that it has got.</param>
    public long? Register(WorkerRecord worker, long asked, long leaseId, TimeSpan ttl, TimeSpan now)
    {
        Expire(now);
        var current = _held.Find(h => h.Worker.Id == worker.Id);
        if (current is not null && (current.Worker.Incarnation != worker.Incarnation || current.LeaseId != asked))
        {
            return current.Worker.Incarnation;
        }

        _held.RemoveAll(h => h == current);
        _held.Add(new Held(leaseId, worker, current?.Order ?? ++_order, ttl, now + ttl));
        return null;
    }

    public TimeSpan KeepAlive(long leaseId, TimeSpan now)
    {
        Expire(now);
        var place = _held.FindIndex(h => h.LeaseId == leaseId);
        if (place < 0)
        {
            return TimeSpan.Zero;
        }

        _held[place] = _held[place] with { ExpiresAt = now + _held[place].Ttl };
        return _held[place].Ttl;
    }

    public bool Update(long leaseId, WorkerRecord worker, TimeSpan now)
    {
        Expire(now);
        var place = _held.FindIndex(h => h.LeaseId == leaseId && h.Worker.Id == worker.Id && h.Worker.Incarnation == worker.Incarnation);
        if (place >= 0)
        {
            _held[place] = _held[place] with { Worker = worker };
        }

        return place >= 0;
    }

    public void Deregister(long leaseId, TimeSpan now)
    {
        Expire(now);
        _held.RemoveAll(h => h.LeaseId == leaseId);
    }

    private sealed record Held(long LeaseId, WorkerRecord Worker, long Order, TimeSpan Ttl, TimeSpan ExpiresAt);
}
