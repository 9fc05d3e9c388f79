using AkkaLb.Core;

namespace AkkaLb.Worker;

/// <summary>What a gate has to do, and how many jobs it can run at once: set by the gate, read by anybody, on any thread.</summary>
/// <remarks>Published numbers and not a question to the gate: a memory report must not wait behind jobs in a mailbox.</remarks>
internal sealed class JobGauge
{
    private readonly Lock _lock = new();
    private GateLoad _load;

    public GateLoad Load
    {
        get
        {
            lock (_lock)
            {
                return _load;
            }
        }
    }

    internal void Publish(GateLoad load)
    {
        lock (_lock)
        {
            _load = load;
        }
    }
}

/// <summary>A gate's jobs at a moment.</summary>
/// <param name="Jobs">Accepted, and not yet answered.</param>
/// <param name="Places">How many it can run at full speed, as it has found; 0: its capacity is fixed.</param>
internal readonly record struct GateLoad(JobCounts Jobs, int Places = 0);
