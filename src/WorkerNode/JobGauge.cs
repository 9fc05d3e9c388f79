namespace AkkaLb.WorkerNode;

/// <summary>How many jobs a gate has accepted and not yet answered, 0 to capacity plus queue: set by the gate, read by anybody, on any
/// thread.</summary>
/// <remarks>A published number and not a question to the gate: a memory report must not wait behind jobs in a mailbox.</remarks>
public sealed class JobGauge
{
    private volatile int _inFlight;

    public int InFlight => _inFlight;

    internal void Publish(int inFlight) => _inFlight = inFlight;
}
