namespace AkkaLb.Coordination.Etcd;

/// <summary>The holder of the key.</summary>
/// <param name="Instance">The holder's random name; empty when the value cannot be read: it is somebody's all the same.</param>
/// <param name="LeaseId">The etcd lease the key is under; 0 when it is under none: nobody alive holds it then.</param>
/// <param name="Owner">The holder's owner name, for people.</param>
/// <param name="Revision">Of the key's last change.</param>
internal sealed record LeaseHolder(string Instance, long LeaseId, string Owner, long Revision = 0);

/// <summary>What <see cref="LeaseMachine"/> is told. Answers carry the number of the request they answer; one that nobody waits for any more is
/// dropped.</summary>
internal abstract record LeaseEvent
{
    /// <summary>Somebody wants the lease; answered exactly once by <see cref="LeaseEffect.AnswerAcquire"/>.</summary>
    public sealed record AcquireRequested(long Id) : LeaseEvent;

    /// <summary>Somebody gives the lease up; answered exactly once by <see cref="LeaseEffect.AnswerRelease"/>.</summary>
    public sealed record ReleaseRequested(long Id) : LeaseEvent;

    /// <summary>The time that <see cref="LeaseMachine.NextWake"/> named has come. Too early or without need does no harm.</summary>
    public sealed record Woken : LeaseEvent;

    /// <summary>A linearizable read of the key; <see cref="Holder"/> is null when there is no such key.</summary>
    public sealed record Looked(long Request, LeaseHolder? Holder) : LeaseEvent;

    /// <param name="Ttl">As etcd answered it, which may be more than was asked for.</param>
    /// <param name="SentAt">When the request was sent: etcd's own time starts later, never earlier.</param>
    public sealed record Granted(long Request, long LeaseId, TimeSpan Ttl, TimeSpan SentAt) : LeaseEvent;

    /// <summary>The key was created under our lease.</summary>
    public sealed record Claimed(long Request, long CreateRevision) : LeaseEvent;

    /// <summary>The key exists already. That may be our own doing: an earlier try whose answer was lost.</summary>
    public sealed record Occupied(long Request, LeaseHolder Holder, long CreateRevision) : LeaseEvent;

    /// <summary>The etcd lease was renewed and then the key was seen under it.</summary>
    public sealed record Renewed(long Request, TimeSpan Ttl, TimeSpan SentAt) : LeaseEvent;

    /// <summary>etcd does not know the lease any more, or the key is not under it any more.</summary>
    public sealed record Gone(long Request, string Reason) : LeaseEvent;

    /// <summary>The lease is revoked, or was gone before.</summary>
    public sealed record Revoked(long Request) : LeaseEvent;

    /// <summary>No answer, or not the one hoped for; a write may have been done all the same.</summary>
    /// <param name="IsFinal">Trying again will not help: etcd refuses us.</param>
    public sealed record Failed(long Request, string Reason, bool IsFinal) : LeaseEvent;
}
