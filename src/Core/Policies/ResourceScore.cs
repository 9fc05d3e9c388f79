namespace AkkaLb.Core.Policies;

/// <summary>Of as many workers as the square root of all, drawn at random, the one with the most memory and places to spare.</summary>
/// <remarks>
/// <para>After the resource optimised placement of Orleans: a weighted sum of shares in use, the lowest of ceil(sqrt(n)) that are drawn without
/// replacement. Our two shares stand for its five: memory (<see cref="MemoryWeight"/>) is the resident memory of the last report divided by its
/// limit, and jobs (the rest) are jobs in flight divided by places, for processor time and activations.</para>
/// <para>What differs: jobs may count more than a whole, so that among workers that are all full the one with the shorter queue is better. Numbers
/// are not filtered over time: memory is the worker's own, jobs are counted. Orleans adds a jitter of 0.00001; here equal ones stand in the order of
/// the draw, and the first of them is taken. Who is overloaded is not for a policy to say.</para>
/// <para>A worker whose memory is not known (no report, an old one, or one without a limit) counts as half full.</para>
/// <para>Weak where memory moves much slower than jobs come: then jobs alone decide, and a worker that is not far from its limit gets jobs all the
/// same while it is idle. It looks at places and not at their speed. The more workers are drawn, the more it herds where several decide.</para>
/// </remarks>
public sealed class ResourceScore(Random random) : IChooser
{
    /// <summary>The share of memory in the score, 0 to 1. Orleans gives memory 0.20 + 0.20 + 0.05, and processor time and activations 0.40 + 0.15.
    /// Raised: memory is more even and queues are longer. With 0 it is jobs for each place alone.</summary>
    internal const double MemoryWeight = 0.45;

    /// <summary>How full a worker of unknown memory is taken to be.</summary>
    internal const double MemoryUnknown = 0.5;

    /// <summary>How many are drawn at most. Raised: better picks among more than 10,000 workers, which take longer.</summary>
    internal const int DrawnMax = 100;

    /// <summary>Draws that meet workers who cannot be picked are made again, so often for each that is wanted; when one has been found by then, it
    /// is enough.</summary>
    private const int DrawsEach = 4;

    private Candidate[] _eligible = [];

    /// <summary>Places in some order. A draw changes the order, so the next one begins from any order.</summary>
    private int[] _order = [];

    public bool MindsLoad => true;

    public void Rebuild(Candidate[] eligible)
    {
        if (_order.Length != eligible.Length)
        {
            _order = [.. Enumerable.Range(0, eligible.Length)];
        }

        _eligible = eligible;
    }

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        var (eligible, order) = (_eligible, _order);
        var wanted = Drawn(eligible.Length);
        Candidate? best = null;
        var (bestScore, found) = (double.PositiveInfinity, 0);
        for (var draw = 0; draw < order.Length && found < wanted && (best is null || draw < wanted * DrawsEach); draw++)
        {
            // Of those behind the ones that were drawn: nobody comes twice.
            var place = random.Next(draw, order.Length);
            (order[draw], order[place]) = (order[place], order[draw]);
            var candidate = eligible[order[draw]];
            if (!candidate.IsEligible || LeftOut.Contains(leftOut, candidate))
            {
                continue;
            }

            found++;
            if (Score(candidate, now) is var score && score < bestScore)
            {
                (best, bestScore) = (candidate, score);
            }
        }

        return best;
    }

    /// <summary>How many of so many are drawn.</summary>
    internal static int Drawn(int workers) => Math.Min((int)Math.Ceiling(Math.Sqrt(workers)), DrawnMax);

    /// <summary>The lower, the better.</summary>
    internal static double Score(Candidate candidate, TimeSpan now)
    {
        var memory = candidate.LimitBytes > 0 && candidate.IsFresh(now)
            ? Math.Min(1, (double)candidate.ResidentBytes / candidate.LimitBytes)
            : MemoryUnknown;
        return (MemoryWeight * memory) + ((1 - MemoryWeight) * candidate.InFlight / candidate.Places);
    }
}
