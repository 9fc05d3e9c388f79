namespace AkkaLb.Core.Policies;

/// <summary>Any worker, each with the same chance.</summary>
/// <remarks>A draw that meets a worker that is left out, or that has left since the last rebuild, is made again, a few times; then the places behind
/// it are looked at in turn. So a pick ends, and only where most workers are left out do those behind them get more than their share.</remarks>
public sealed class AtRandom(Random random) : IChooser
{
    private const int DrawsMax = 8;

    private Candidate[] _eligible = [];

    public void Rebuild(Candidate[] eligible) => _eligible = eligible;

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now) => PickOther(null, leftOut);

    /// <summary>Any other worker than this one; null: there is none.</summary>
    internal Candidate? PickOther(Candidate? than, ReadOnlySpan<Candidate> leftOut)
    {
        var eligible = _eligible;
        var place = 0;
        for (var draw = 0; draw < DrawsMax && eligible.Length > 0; draw++)
        {
            place = random.Next(eligible.Length);
            if (eligible[place] != than && CanBePicked(eligible[place], leftOut))
            {
                return eligible[place];
            }
        }

        for (var passed = 1; passed < eligible.Length; passed++)
        {
            var candidate = eligible[(place + passed) % eligible.Length];
            if (candidate != than && CanBePicked(candidate, leftOut))
            {
                return candidate;
            }
        }

        return null;
    }

    private static bool CanBePicked(Candidate candidate, ReadOnlySpan<Candidate> leftOut) =>
        candidate.IsEligible && !LeftOut.Contains(leftOut, candidate);
}
