using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Balancing;

/// <summary>What a balancer asks its shell to do.</summary>
public abstract record BalancerEffect
{
    private BalancerEffect() { }

    /// <summary>Tell who asked.</summary>
    public sealed record Answer(IAkkaLbMessage Message) : BalancerEffect;

    /// <summary>For whoever looks for a fault: this report does not count, or not yet.</summary>
    public sealed record ReportIgnored(MemoryReport Report, ReportOutcome Outcome) : BalancerEffect;

    /// <summary>Tell the operator.</summary>
    public sealed record Note(string Text, NoteLevel Level) : BalancerEffect;
}
