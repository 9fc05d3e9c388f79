namespace AkkaLb.Discovery.Etcd;

/// <summary>The holder of an instance's key, as read from etcd.</summary>
/// <param name="LeaseId">Zero: none, so that nobody alive holds it.</param>
internal sealed record KeyHolder(long LeaseId, long ModRevision);

/// <summary>What to do about the key.</summary>
internal abstract record ClaimStep
{
    private ClaimStep() { }

    /// <summary>Put, if there is still no such key.</summary>
    public sealed record Create : ClaimStep;

    /// <summary>Put, if the key is still at this revision.</summary>
    public sealed record Take(long ModRevision) : ClaimStep;

    /// <summary>Ours, under the lease at hand: nothing to do unless the value differs.</summary>
    public sealed record Keep(long ModRevision) : ClaimStep;

    /// <summary>Somebody else's: look again later.</summary>
    public sealed record Wait : ClaimStep;

    /// <summary>Somebody else's, for good.</summary>
    public sealed record GiveUp(string Sentence) : ClaimStep;
}

/// <summary>Decides whose key it is. A key under any lease that this registration ever had is its own, so that a write whose outcome
/// is unknown is no rival; a key without a lease is nobody's.</summary>
/// <param name="name">What it is, for people.</param>
/// <param name="ttl">Asked-for time to live of the leases.</param>
internal sealed class InstanceClaim(string name, ConflictRule rule, TimeSpan ttl)
{
    /// <summary>Leases remembered: a key cannot be under one that ran out long ago.</summary>
    private const int LeasesMax = 8;

    private readonly Queue<long> _leases = new();
    private TimeSpan _ttl = ttl;
    private bool _wasRegistered;
    private TimeSpan? _inUseSince;

    /// <summary>A lease of ours from now on.</summary>
    /// <param name="granted">Its time to live. etcd gives more than it was asked for when its election timeout is long, and gave a dead holder no
    /// less.</param>
    public void Granted(long leaseId, TimeSpan granted)
    {
        _ttl = granted > _ttl ? granted : _ttl;
        _leases.Enqueue(leaseId);
        if (_leases.Count > LeasesMax)
        {
            _leases.Dequeue();
        }
    }

    /// <summary>The key is ours.</summary>
    public void Registered() => (_wasRegistered, _inUseSince) = (true, null);

    /// <summary>etcd was away: it may have given a dead holder's lease its whole time again.</summary>
    public void Interrupted() => _inUseSince = null;

    /// <param name="holder">Null: there is no such key.</param>
    /// <param name="leaseId">The lease at hand.</param>
    /// <param name="now">Any steady clock.</param>
    public ClaimStep Next(KeyHolder? holder, long leaseId, TimeSpan now)
    {
        if (holder is null)
        {
            _inUseSince = null;
            return new ClaimStep.Create();
        }

        if (holder.LeaseId == leaseId)
        {
            return new ClaimStep.Keep(holder.ModRevision);
        }

        if (holder.LeaseId == 0 || _leases.Contains(holder.LeaseId))
        {
            _inUseSince = null;
            return new ClaimStep.Take(holder.ModRevision);
        }

        if (rule == ConflictRule.Replace && !_wasRegistered)
        {
            return new ClaimStep.Take(holder.ModRevision);
        }

        // The holder may be dead: crashed, or, in an etcd that was restored from a backup, a process of long ago. Its lease then ends within one TTL.
        _inUseSince ??= now;
        return now - _inUseSince >= _ttl + RegistrationOptions.ExpirySlack ? new ClaimStep.GiveUp(Sentence()) : new ClaimStep.Wait();
    }

    private string Sentence() => _wasRegistered ? $"{name} was taken by another process" : $"{name} is in use by another process";
}
