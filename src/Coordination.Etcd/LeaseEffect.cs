namespace AkkaLb.Coordination.Etcd;

/// <summary>What came of an <c>Acquire</c>.</summary>
internal abstract record AcquireOutcome
{
    public sealed record Acquired(long Token) : AcquireOutcome;

    /// <summary>Certainly not ours.</summary>
    public sealed record Refused(string Reason) : AcquireOutcome;

    /// <summary>Not ours as far as this process goes; whether etcd keeps a key of ours for a while is not known.</summary>
    public sealed record Undecided(string Reason, bool IsTimeout) : AcquireOutcome;
}

/// <summary>What <see cref="LeaseMachine"/> wants done.</summary>
internal abstract record LeaseEffect
{
    /// <summary>Something to ask etcd; answered by exactly one <see cref="LeaseEvent"/> with this number.</summary>
    public abstract record Request(long Number) : LeaseEffect;

    /// <summary>Read the key, linearizable. Answers: Looked, Failed.</summary>
    public sealed record Look(long Number) : Request(Number);

    /// <summary>Answers: Granted, Failed.</summary>
    public sealed record Grant(long Number) : Request(Number);

    /// <summary>Create the key under this lease if there is none, else read it, in one transaction. Answers: Claimed, Occupied, Gone,
    /// Failed.</summary>
    /// <param name="Number">See there.</param>
    /// <param name="LeaseId">The lease to put it under.</param>
    /// <param name="Unleased">Revision of a key without a lease, which is deleted before, if that is still what stands there; 0: none. Deleted
    /// and not written over, so that the create revision, which is the token, grows.</param>
    public sealed record Claim(long Number, long LeaseId, long Unleased) : Request(Number);

    /// <summary>Renew the lease, then see that the key of this create revision is still under it. Answers: Renewed, Gone, Failed.</summary>
    public sealed record Renew(long Number, long LeaseId, long CreateRevision) : Request(Number);

    /// <summary>Answers: Revoked, Failed.</summary>
    public sealed record Revoke(long Number, long LeaseId) : Request(Number);

    /// <summary>Revoke without an answer: should it fail, the lease runs out.</summary>
    public sealed record Abandon(long LeaseId) : LeaseEffect;

    public sealed record AnswerAcquire(IReadOnlyList<long> Ids, AcquireOutcome Outcome) : LeaseEffect;

    public sealed record AnswerRelease(IReadOnlyList<long> Ids, bool IsReleased) : LeaseEffect;

    /// <summary>A key without a lease stands where the lease's key belongs; it is taken over. Told once for each such key.</summary>
    public sealed record TellUnleased : LeaseEffect;

    /// <summary>etcd grants longer leases than it is asked for: after a crash nobody else gets the lease for so long. Told once.</summary>
    public sealed record TellLonger(TimeSpan Asked, TimeSpan Granted) : LeaseEffect;

    /// <summary>The ownership that was won last is lost, not given up. Once per ownership.</summary>
    public sealed record TellLost(string Reason) : LeaseEffect;
}
