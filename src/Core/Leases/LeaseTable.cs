namespace AkkaLb.Core.Leases;

/// <summary>The embedded registry's rules, the same as the etcd one's: registrations live as long as their lease is renewed.</summary>
/// <remarks>
/// Pure: time and randomness are passed in. A worker that registers names its lease, so that nobody else can register in its name while it lives.
/// Not thread-safe. Changes that follow from a call are appended to the list given with it. A call's own change is one revision; what ran out by
/// then is told first, and is a revision before it.
/// </remarks>
/// <param name="drawLeaseId">Positive numbers that nobody can guess: who knows a lease's id can end it.</param>
/// <param name="leasesMax">How many there may be at once.</param>
public sealed class LeaseTable(Func<long> drawLeaseId, int leasesMax = LeaseTable.LeasesMax)
{
    /// <summary>So many leases there may be, unless told otherwise.</summary>
    public const int LeasesMax = 100_000;

    /// <summary>Shortest lease granted; shorter wishes get this.</summary>
    public static readonly TimeSpan TtlMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest lease granted; longer wishes get this.</summary>
    public static readonly TimeSpan TtlMax = TimeSpan.FromHours(1);

    private readonly Dictionary<long, Lease> _leases = [];
    private readonly Dictionary<string, Lease> _byWorker = new(StringComparer.Ordinal);
    private readonly SortedSet<Lease> _byExpiry = new(Comparer<Lease>.Create(
        (a, b) => a.ExpiresAt != b.ExpiresAt ? a.ExpiresAt.CompareTo(b.ExpiresAt) : a.Id.CompareTo(b.Id)));

    /// <summary>Rises with each call that changes anything.</summary>
    public long Revision { get; private set; }

    /// <summary>How many are registered.</summary>
    public int Count => _leases.Count;

    /// <summary>Everybody registered, in registration order.</summary>
    public IReadOnlyList<Member> Members => [.. _leases.Values.Select(l => l.Member).OrderBy(m => m.RegistrationOrder)];

    /// <summary>When the next lease runs out if nothing is renewed; null without leases.</summary>
    public TimeSpan? NextExpiry => _byExpiry.Min?.ExpiresAt;

    /// <summary>Registers under a lease. An id in use by another process is refused: by another incarnation, or by one whose lease has another
    /// id.</summary>
    /// <param name="leaseId">The id that the lease is to have; 0, or one that is in use, lets the table draw one.</param>
    /// <returns>Lease id and granted TTL; a lease id of 0 means refused, <paramref name="holder"/> says by whom, and 0 that there is no
    /// room.</returns>
    public (long LeaseId, TimeSpan Ttl) Register(
        WorkerRecord worker, long leaseId, TimeSpan ttl, TimeSpan now, List<MemberChange> changes, out long holder)
    {
        Expire(now, changes);
        holder = 0;
        var order = Revision + 1;
        if (_byWorker.TryGetValue(worker.Id, out var current))
        {
            if (current.Id != leaseId || current.Member.Worker.Incarnation != worker.Incarnation)
            {
                holder = current.Member.Worker.Incarnation;
                return (0, TimeSpan.Zero);
            }

            // The same process again, say after an answer that got lost: it keeps its place.
            order = current.Member.RegistrationOrder;
            _leases.Remove(current.Id);
            _byExpiry.Remove(current);
        }
        else if (_leases.Count >= leasesMax)
        {
            return (0, TimeSpan.Zero);
        }

        var granted = ttl < TtlMin ? TtlMin : ttl > TtlMax ? TtlMax : ttl;
        var lease = new Lease(
            leaseId > 0 && !_leases.ContainsKey(leaseId) ? leaseId : DrawLeaseId(), granted) { Member = new Member(worker, order),
            ExpiresAt = now + granted };
        _leases.Add(lease.Id, lease);
        _byWorker[worker.Id] = lease;
        _byExpiry.Add(lease);
        Revision++;
        changes.Add(new MemberChange.Put(lease.Member));
        return (lease.Id, granted);
    }

    /// <summary>Renews a lease; zero when it is gone.</summary>
    public TimeSpan KeepAlive(long leaseId, TimeSpan now, List<MemberChange> changes)
    {
        Expire(now, changes);
        if (!_leases.TryGetValue(leaseId, out var lease))
        {
            return TimeSpan.Zero;
        }

        _byExpiry.Remove(lease);
        lease.ExpiresAt = now + lease.Ttl;
        _byExpiry.Add(lease);
        return lease.Ttl;
    }

    /// <summary>Writes a changed record under its lease; false when the lease is gone or is another worker's.</summary>
    public bool Update(long leaseId, WorkerRecord worker, TimeSpan now, List<MemberChange> changes)
    {
        Expire(now, changes);
        if (!_leases.TryGetValue(leaseId, out var lease)
            || lease.Member.Worker.Id != worker.Id
            || lease.Member.Worker.Incarnation != worker.Incarnation)
        {
            return false;
        }

        lease.Member = lease.Member with { Worker = worker };
        Revision++;
        changes.Add(new MemberChange.Put(lease.Member));
        return true;
    }

    /// <summary>Gives a lease back; its registration goes with it. Unknown leases are fine.</summary>
    public void Deregister(long leaseId, TimeSpan now, List<MemberChange> changes)
    {
        Expire(now, changes);
        if (_leases.TryGetValue(leaseId, out var lease))
        {
            Remove(lease, changes);
            Revision++;
        }
    }

    /// <summary>Removes what ran out.</summary>
    public void Expire(TimeSpan now, List<MemberChange> changes)
    {
        if (_byExpiry.Min is not { } first || now < first.ExpiresAt)
        {
            return;
        }

        foreach (var lease in _byExpiry.TakeWhile(l => l.ExpiresAt <= now).OrderBy(l => l.Member.RegistrationOrder).ToList())
        {
            Remove(lease, changes);
        }

        Revision++;
    }

    private void Remove(Lease lease, List<MemberChange> changes)
    {
        _leases.Remove(lease.Id);
        _byExpiry.Remove(lease);
        _byWorker.Remove(lease.Member.Worker.Id);
        changes.Add(new MemberChange.Removed(lease.Member.Worker.Id));
    }

    private long DrawLeaseId()
    {
        long id;
        do
        {
            id = drawLeaseId();
        }
        while (_leases.ContainsKey(id));
        return id;
    }

    private sealed class Lease(long id, TimeSpan ttl)
    {
        public long Id { get; } = id;

        public TimeSpan Ttl { get; } = ttl;

        public required Member Member { get; set; }

        public required TimeSpan ExpiresAt { get; set; }
    }
}
