using AkkaLb.Core;

namespace AkkaLb.WorkerNode;

/// <summary>How many jobs a gate has accepted, and not yet answered: set by the gate, read by anybody, on any thread.</summary>
/// <remarks>A published number and not a question to the gate: a memory report must not wait behind jobs in a mailbox.</remarks>
public sealed class JobGauge
{
    private readonly Lock _lock = new();
    private JobCounts _jobs;

    public JobCounts Jobs
    {
        get
        {
            lock (_lock)
            {
                return _jobs;
            }
        }
    }

    internal void Publish(JobCounts jobs)
    {
        lock (_lock)
        {
            _jobs = jobs;
        }
    }
}
