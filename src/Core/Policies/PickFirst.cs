namespace AkkaLb.Core.Policies;

/// <summary>Always the first eligible worker in registration order.</summary>
public sealed class PickFirst : IPickPolicy
{
    private Candidate[] _eligible = [];

    public string Name => PolicyNames.PickFirst;

    public bool DecidesOnMemory => false;

    public void Rebuild(Candidate[] eligible) => _eligible = eligible;

    public void Reported(Candidate candidate) { }

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
