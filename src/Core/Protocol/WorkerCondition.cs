namespace AkkaLb.Core;

/// <summary>Why a worker gets jobs, or does not. The first that holds counts.</summary>
public enum WorkerCondition
{
    /// <summary>It takes jobs.</summary>
    Up,

    /// <summary>It takes no jobs, and says why.</summary>
    Unable,

    /// <summary>It finishes its jobs, and leaves.</summary>
    Draining,

    /// <summary>Its jobs failed far more often than those of the others: it is kept from jobs for a while.</summary>
    Ejected,

    /// <summary>It uses more memory than it should, while others use less.</summary>
    AboveMemory,

    /// <summary>It is up, and the policy picks nobody without a fresh report.</summary>
    NoReport,

    /// <summary>It is up, and has no free place.</summary>
    Full,

    /// <summary>It is up, and has joined so recently that it gets a part of its share.</summary>
    SlowStart,

    /// <summary>An operator has put it into maintenance: it gets no jobs, and may be away.</summary>
    Maintenance,
}

/// <summary>How the conditions are written, for people and in JSON.</summary>
public static class WorkerConditions
{
    /// <summary>Such as <c>slow start</c>.</summary>
    public static string NameOf(WorkerCondition condition) => condition switch
    {
        WorkerCondition.Up => "up",
        WorkerCondition.Unable => "unable",
        WorkerCondition.Draining => "draining",
        WorkerCondition.Ejected => "ejected",
        WorkerCondition.AboveMemory => "above memory",
        WorkerCondition.NoReport => "no report",
        WorkerCondition.Full => "full",
        WorkerCondition.SlowStart => "slow start",
        WorkerCondition.Maintenance => "maintenance",
    };
}
