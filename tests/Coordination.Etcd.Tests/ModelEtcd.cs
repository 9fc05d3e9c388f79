namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>What etcd does to one key, on its own clock: leases end exactly when their time is over, the worst moment for whoever believes
/// longer.</summary>
internal sealed class ModelEtcd(TimeSpan ttl)
{
    private readonly Dictionary<long, TimeSpan> _leases = [];
    private (string Instance, long LeaseId, long CreateRevision)? _key;
    private long _lastLease;
    private long _revision = 1;

    /// <summary>Every lease gets its whole time again.</summary>
    public void ChangeLeader(TimeSpan now)
    {
        Expire(now);
        foreach (var lease in _leases.Keys.ToList())
        {
            _leases[lease] = now + ttl;
        }
    }

    public LeaseEvent Look(long number, TimeSpan now)
    {
        Expire(now);
        return new LeaseEvent.Looked(number, Holder);
    }

    public LeaseEvent Grant(long number, TimeSpan now, TimeSpan sentAt)
    {
        _leases[++_lastLease] = now + ttl;
        return new LeaseEvent.Granted(number, _lastLease, ttl, sentAt);
    }

    public LeaseEvent Claim(long number, long leaseId, string instance, TimeSpan now)
    {
        Expire(now);
        if (!_leases.ContainsKey(leaseId))
        {
            return new LeaseEvent.Gone(number, "no such lease");
        }

        if (_key is { } taken)
        {
            return new LeaseEvent.Occupied(number, Holder!, taken.CreateRevision);
        }

        _key = (instance, leaseId, ++_revision);
        return new LeaseEvent.Claimed(number, _revision);
    }

    public LeaseEvent Renew(LeaseEffect.Renew renew, TimeSpan now, TimeSpan sentAt)
    {
        Expire(now);
        if (_key?.LeaseId != renew.LeaseId || _key?.CreateRevision != renew.CreateRevision)
        {
            return new LeaseEvent.Gone(renew.Number, "no such key");
        }

        _leases[renew.LeaseId] = now + ttl;
        return new LeaseEvent.Renewed(renew.Number, ttl, sentAt);
    }

    public LeaseEvent Revoke(long number, long leaseId, TimeSpan now)
    {
        Expire(now);
        End(leaseId);
        return new LeaseEvent.Revoked(number);
    }

    private LeaseHolder? Holder => _key is { } key ? new LeaseHolder(key.Instance, key.LeaseId, key.Instance) : null;

    private void Expire(TimeSpan now)
    {
        foreach (var (lease, _) in _leases.Where(l => l.Value <= now).ToList())
        {
            End(lease);
        }
    }

    private void End(long leaseId)
    {
        _leases.Remove(leaseId);
        if (_key?.LeaseId == leaseId)
        {
            _key = null;
            _revision++;
        }
    }
}
