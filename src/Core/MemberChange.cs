namespace AkkaLb.Core;

/// <summary>One member's change.</summary>
public abstract record MemberChange
{
    private MemberChange() { }

    /// <summary>New, or changed: tell them apart by what was known before.</summary>
    public sealed record Put(Member Member) : MemberChange;

    /// <summary>Gone: expired, deregistered or deleted. The three look the same.</summary>
    public sealed record Removed(string WorkerId) : MemberChange;
}
