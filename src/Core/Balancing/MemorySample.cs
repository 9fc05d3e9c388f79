namespace AkkaLb.Core.Balancing;

/// <summary>The part of a memory report that decisions rest on.</summary>
/// <param name="Worker">The worker that reports.</param>
/// <param name="Sequence">Rises with each report of one incarnation.</param>
/// <param name="Heartbeat">Its interval: the report is fresh for <see cref="Policies.Candidate.FreshHeartbeats"/> of these after it came.</param>
/// <param name="ResidentBytes">What the operating system says the process has in memory.</param>
public readonly record struct MemorySample(WorkerKey Worker, long Sequence, TimeSpan Heartbeat, long ResidentBytes);

/// <summary>What became of a memory report.</summary>
public enum ReportOutcome
{
    /// <summary>It counts from now on.</summary>
    Applied,

    /// <summary>Its incarnation is not registered (yet): kept for a while, in case the registry's event is only behind.</summary>
    Held,

    /// <summary>A newer one of the same incarnation had come before it, and still counts.</summary>
    Outdated,

    /// <summary>As <see cref="Held"/>, but too many are kept already.</summary>
    Dropped,
}
