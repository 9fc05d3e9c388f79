namespace AkkaLb.Core.Policies;

/// <summary>Each worker in turn, as often as its share of all rates says: of a worker with half the rate of the largest every second turn is
/// passed over.</summary>
/// <remarks>The static stride scheduler of gRPC's weighted round robin (grpc-go, balancer/weightedroundrobin/scheduler.go): a sequence counts places,
/// and a place is passed over in those rounds in which its weight, added up over the rounds, has not passed another whole turn. The largest weight
/// is never passed over, so a pick ends within one round; on average it looks at largest / mean places. Places start half a turn apart, so that
/// workers of the same weight do not all miss the same rounds.</remarks>
public sealed class InStride : IChooser
{
    /// <summary>One whole turn: the weight of the worker with the largest rate.</summary>
    private const long Turn = ushort.MaxValue;

    private Candidate[] _eligible = [];
    private long[] _weights = [];
    private long _sequence;

    public void Rebuild(Candidate[] eligible)
    {
        var largest = 0.0;
        foreach (var candidate in eligible)
        {
            largest = Math.Max(largest, candidate.Rate);
        }

        // A worker that is a thousand times smaller still gets a turn now and then.
        _weights = Array.ConvertAll(eligible, c => Math.Max(1, (long)(Turn * c.Rate / largest)));
        _eligible = eligible;
    }

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        var eligible = _eligible;
        if (eligible.Length == 0)
        {
            return null;
        }

        // Where the heavy ones are left out, nobody may have a turn in this round or the next. Then those that may be picked take turns.
        Candidate? passedOver = null;
        var behind = _sequence;
        for (var passed = 0; passed < 2 * eligible.Length; passed++)
        {
            var (round, place) = Math.DivRem(_sequence++, (long)eligible.Length);
            var candidate = eligible[place];
            if (!candidate.IsEligible || LeftOut.Contains(leftOut, candidate))
            {
                continue;
            }

            if (HasTurn(_weights[place], place, round))
            {
                return candidate;
            }

            if (passedOver is null)
            {
                (passedOver, behind) = (candidate, _sequence);
            }
        }

        _sequence = behind;
        return passedOver;
    }

    private static bool HasTurn(long weight, long place, long round) => ((weight * round) + (place * (Turn / 2))) % Turn >= Turn - weight;
}
