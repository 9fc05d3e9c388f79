namespace AkkaLb.Core.Registration;

/// <summary>What a registry holds under a worker's id, at one moment.</summary>
public abstract record EntrySight
{
    private EntrySight() { }

    /// <summary>Nothing.</summary>
    public sealed record Missing : EntrySight;

    /// <summary>A worker's record.</summary>
    /// <param name="LeaseId">The lease it is under; zero: none, so that nobody alive holds it.</param>
    /// <param name="Revision">Of its last change; names this very entry in a condition. Above zero in etcd.</param>
    /// <param name="Worker">What it says.</param>
    public sealed record Found(long LeaseId, long Revision, WorkerRecord Worker) : EntrySight;

    /// <summary>Something that is no worker's record.</summary>
    /// <param name="LeaseId">As in <see cref="Found"/>.</param>
    /// <param name="Revision">As in <see cref="Found"/>.</param>
    public sealed record Unreadable(long LeaseId, long Revision) : EntrySight;
}
