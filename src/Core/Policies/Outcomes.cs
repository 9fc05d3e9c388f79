using System.Numerics;

namespace AkkaLb.Core.Policies;

/// <summary>How a worker's jobs have ended lately, and for which clients.</summary>
/// <remarks>A struct that lies within its candidate. Clients are told apart by six bits of their numbers, so of two of them in 64 are seen as
/// one.</remarks>
internal struct Outcomes
{
    private int _done;
    private int _failed;
    private ulong _doneFor;
    private ulong _failedFor;
    private ulong _doneForBefore;
    private ulong _failedForBefore;

    /// <summary>Jobs that ended.</summary>
    public readonly int Count => _done + _failed;

    /// <summary>Part of the jobs that failed, or of which nobody knows what became of them, 0 to 1; 0 without any.</summary>
    public readonly double FailureShare => Count == 0 ? 0 : (double)_failed / Count;

    /// <summary>Whether more clients have seen failures than have seen only jobs that were done. Else the trouble is with a client, or with its way
    /// to the worker.</summary>
    public readonly bool FailsForMost =>
        BitOperations.PopCount(FailedFor) > BitOperations.PopCount((_doneFor | _doneForBefore) & ~FailedFor);

    private readonly ulong FailedFor => _failedFor | _failedForBefore;

    /// <param name="client">Whose job it was.</param>
    /// <param name="how">A job that was rejected or cancelled, or that was never sent, says nothing.</param>
    public void Add(long client, PickEnd how)
    {
        var bit = 1UL << KeyHash.Place(KeyHash.Next((ulong)client), 64);
        switch (how)
        {
            case PickEnd.Done:
                _done++;
                _doneFor |= bit;
                break;
            case PickEnd.Failed or PickEnd.Unknown:
                _failed++;
                _failedFor |= bit;
                break;
            default:
                break;
        }
    }

    /// <summary>Half of it is forgotten, and who the clients were before the last time.</summary>
    public void Fade() =>
        this = new Outcomes { _done = _done / 2, _failed = _failed / 2, _doneForBefore = _doneFor, _failedForBefore = _failedFor };
}
