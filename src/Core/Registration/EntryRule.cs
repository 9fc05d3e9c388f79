using System.Diagnostics;

namespace AkkaLb.Core.Registration;

/// <summary>What a registered worker does about what the registry holds under its id.</summary>
public abstract record EntryStep
{
    private EntryStep() { }

    /// <summary>It is as it should be.</summary>
    public sealed record Keep : EntryStep;

    /// <summary>Put it again, if nobody has changed it since.</summary>
    /// <param name="Revision">Of what is to be replaced; zero: only if there is still nothing.</param>
    public sealed record PutBack(long Revision) : EntryStep;

    /// <summary>Another process has the id.</summary>
    /// <param name="Incarnation">Zero when that cannot be read.</param>
    public sealed record Taken(long Incarnation) : EntryStep;
}

/// <summary>Decides whose entry it is.</summary>
/// <remarks>Ours is what is under our lease, and what names our incarnation. Nobody's is what is missing, and what is under no lease: every
/// process registers under one. Everything else is another process's, and is never written over.</remarks>
public static class EntryRule
{
    /// <param name="sight">What the registry holds.</param>
    /// <param name="leaseId">Our lease.</param>
    /// <param name="worker">What should stand there.</param>
    public static EntryStep Decide(EntrySight sight, long leaseId, WorkerRecord worker) => sight switch
    {
        EntrySight.Missing => new EntryStep.PutBack(0),
        EntrySight.Found f when f.LeaseId == leaseId && f.Worker == worker => new EntryStep.Keep(),
        EntrySight.Found f when f.LeaseId == leaseId || f.Worker.Incarnation == worker.Incarnation => new EntryStep.PutBack(f.Revision),
        EntrySight.Found { LeaseId: 0 } f => new EntryStep.PutBack(f.Revision),
        EntrySight.Found f => new EntryStep.Taken(f.Worker.Incarnation),
        EntrySight.Unreadable u when u.LeaseId == leaseId || u.LeaseId == 0 => new EntryStep.PutBack(u.Revision),
        EntrySight.Unreadable => new EntryStep.Taken(0),
        _ => throw new UnreachableException(),
    };
}
