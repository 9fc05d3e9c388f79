using AkkaLb.Core;

namespace AkkaLb.Worker;

/// <summary>Counts the jobs that a gate finishes, and passes them on to the ledger if there is one.</summary>
/// <remarks>Written by the gate, read by anybody, on any thread.</remarks>
internal sealed class JobTally(IJobLedger? ledger) : IJobLedger
{
    private long _finished;

    /// <summary>Jobs done and failed; those that were rejected were not started.</summary>
    public long Finished => Interlocked.Read(ref _finished);

    void IJobLedger.Finished(JobId id, int attempt, string outcome)
    {
        Interlocked.Increment(ref _finished);
        ledger?.Finished(id, attempt, outcome);
    }
}
