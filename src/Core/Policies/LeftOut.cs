namespace AkkaLb.Core.Policies;

/// <summary>Membership in a request's list of left-out workers: short (64 at most on the wire) and mostly empty, so a scan it is.</summary>
internal static class LeftOut
{
    public static bool Contains(ReadOnlySpan<Candidate> leftOut, Candidate candidate)
    {
        foreach (var other in leftOut)
        {
            if (ReferenceEquals(other, candidate))
            {
                return true;
            }
        }

        return false;
    }
}
