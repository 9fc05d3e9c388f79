namespace AkkaLb.Bench.Lab.Deciding;

/// <summary>How a pick ended.</summary>
internal enum PickEnding
{
    /// <summary>No job went there.</summary>
    Unused,

    /// <summary>The job is done.</summary>
    Done,

    /// <summary>The worker had no room for it.</summary>
    Rejected,

    /// <summary>The worker was lost.</summary>
    Lost,
}

/// <summary>What a client knows when a pick of its has ended: all that it can tell its balancer.</summary>
/// <param name="Client">Counted from 0.</param>
/// <param name="Request">In which it was picked; no two picks of the lab have the same.</param>
/// <param name="Worker">Counted from 0.</param>
/// <param name="Took">From the sending of the job to the client's hearing of its end, in seconds; 0 where none was sent.</param>
/// <param name="Accepted">How many jobs the worker had accepted in its life when it answered; 0 where it did not.</param>
/// <param name="InFlight">How many of them it had not answered yet, this one left out.</param>
internal readonly record struct PickEnded(int Client, long Request, int Worker, PickEnding How, double Took, long Accepted, int InFlight);
