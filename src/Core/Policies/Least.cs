using System.Numerics;

namespace AkkaLb.Core.Policies;

/// <summary>The worker with the least of a metric; ties go to registration order. Where the metric rests on reports, only workers with a fresh one
/// count.</summary>
/// <remarks>
/// A tournament (Knuth, "The Art of Computer Programming" 3, 5.4.1): the leaves are the workers in registration order, each inner node names the
/// winner of the two below it, the root names the pick. A report or a pick replays the games on one path. A heap needs as many comparisons, but
/// where it goes next depends on the last one, and each step lands on another object; here the path is known beforehand and the numbers that are
/// compared lie in one array, which measured three times as fast when all workers tie. Reports grow stale without an event, so staleness is
/// looked at when a worker has won, as is whether it is still there; it is then out of the tournament until its next report.
/// </remarks>
public sealed class Least<TMetric> : IChooser
    where TMetric : struct, IMetric
{
    private Candidate[] _eligible = [];

    /// <summary>Copies, so that the games of a path read few cache lines.</summary>
    private Load[] _loads = [Load.Absent, Load.Absent];

    /// <summary>Places by node: the root is 1, below node n are 2n and 2n + 1, and the leaf of place p is p + <see cref="Leaves"/>.</summary>
    private int[] _winners = [0, 0, 0, 1];

    /// <summary>A power of two, at least 2; places beyond the eligible workers are absent.</summary>
    private int Leaves => _loads.Length;

    public bool MindsLoad => !TMetric.NeedsReport;

    public void Rebuild(Candidate[] eligible)
    {
        foreach (var candidate in _eligible)
        {
            candidate.Place = -1;
        }

        _eligible = eligible;
        var leaves = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, eligible.Length));
        if (leaves != Leaves)
        {
            (_loads, _winners) = (new Load[leaves], new int[2 * leaves]);
        }

        Array.Fill(_loads, Load.Absent);
        for (var place = 0; place < eligible.Length; place++)
        {
            eligible[place].Place = place;
            if (!TMetric.NeedsReport || eligible[place].HasReport)
            {
                _loads[place] = TMetric.Of(eligible[place]);
            }
        }

        for (var place = 0; place < leaves; place++)
        {
            _winners[leaves + place] = place;
        }

        for (var node = leaves - 1; node > 0; node--)
        {
            _winners[node] = Winner(_loads, _winners[2 * node], _winners[(2 * node) + 1]);
        }
    }

    public void Changed(Candidate candidate)
    {
        if (candidate.Place >= 0 && (!TMetric.NeedsReport || candidate.HasReport))
        {
            Set(candidate.Place, TMetric.Of(candidate));
        }
    }

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now) => leftOut.IsEmpty ? Best(now) : BestBeside(leftOut, now);

    /// <summary>Whether it was there at the last rebuild: one of another zone has its place elsewhere.</summary>
    internal bool Has(Candidate candidate) =>
        candidate.Place >= 0 && candidate.Place < _eligible.Length && _eligible[candidate.Place] == candidate;

    private Candidate? Best(TimeSpan now)
    {
        while (true)
        {
            var place = _winners[1];
            if (_loads[place].IsAbsent)
            {
                return null;
            }

            var candidate = _eligible[place];
            if (candidate.IsEligible && (!TMetric.NeedsReport || candidate.IsFresh(now)))
            {
                return candidate;
            }

            Set(place, Load.Absent);
        }
    }

    /// <summary>Takes left-out workers out of the tournament when they win, and lets them in again afterwards.</summary>
    private Candidate? BestBeside(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        var (best, hasTakenOut) = (Best(now), false);
        while (best is not null && LeftOut.Contains(leftOut, best))
        {
            hasTakenOut = true;
            Set(best.Place, Load.Absent);
            best = Best(now);
        }

        if (hasTakenOut)
        {
            foreach (var candidate in leftOut)
            {
                // One that is gone, or whose report is stale, may come in here as well; that is seen when it wins.
                if (Has(candidate))
                {
                    Changed(candidate);
                }
            }
        }

        return best;
    }

    /// <summary>Gives a place another load and replays its games, as far up as they can end otherwise than before.</summary>
    private void Set(int place, Load load)
    {
        var (loads, winners) = (_loads, _winners);
        loads[place] = load;
        var winner = place;
        for (var node = place + loads.Length; node > 1; node >>= 1)
        {
            winner = Winner(loads, winner, winners[node ^ 1]);
            ref var above = ref winners[node >> 1];
            if (above == winner && winner != place)
            {
                // Won as before, by one whose load has not changed: nothing above can change.
                break;
            }

            above = winner;
        }
    }

    /// <summary>Places are in registration order, so the smaller one wins a tie.</summary>
    private static int Winner(Load[] loads, int a, int b)
    {
        ref readonly var x = ref loads[a];
        ref readonly var y = ref loads[b];
        // Without a branch but the last, which becomes a conditional move: who wins among equals is a guess that a processor gets wrong half the
        // time.
        var aWins = (x.Value < y.Value)
            | ((x.Value == y.Value)
                & ((x.Tie < y.Tie) | ((x.Tie == y.Tie) & (a < b))));
        return aWins ? a : b;
    }
}
