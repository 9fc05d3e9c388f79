namespace AkkaLb.Core.Policies;

/// <summary>Always the first eligible worker in registration order.</summary>
public sealed class First : IChooser
{
    private Candidate[] _eligible = [];

    public void Rebuild(Candidate[] eligible) => _eligible = eligible;

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        foreach (var candidate in _eligible)
        {
            if (candidate.IsEligible && !LeftOut.Contains(leftOut, candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
