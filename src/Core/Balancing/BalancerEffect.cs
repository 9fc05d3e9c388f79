using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Balancing;

/// <summary>What a balancer asks its shell to do.</summary>
public abstract record BalancerEffect
{
    private BalancerEffect() { }

    /// <summary>Tell who asked.</summary>
    public sealed record Answer(IAkkaLbMessage Message) : BalancerEffect;

    /// <summary>The request that is handled now waits. Who asked is remembered by this number, until <see cref="AnswerHeld"/> or
    /// <see cref="Forget"/> names it; when the connection to it is lost, that is <see cref="BalancerInput.ConnectionLost"/>.</summary>
    /// <param name="Client">Whose request it is.</param>
    public sealed record Hold(long Ticket, long Client) : BalancerEffect;

    /// <summary>Tell who asked then; this is not the last answer.</summary>
    public sealed record SayHeld(long Ticket, AssignHeld Message) : BalancerEffect;

    /// <summary>Tell who asked then; it waits no more.</summary>
    public sealed record AnswerHeld(long Ticket, IAkkaLbMessage Message) : BalancerEffect;

    /// <summary>Who asked then waits no more.</summary>
    public sealed record Forget(long Ticket) : BalancerEffect;

    /// <summary>For whoever looks for a fault: this report does not count, or not yet.</summary>
    public sealed record ReportIgnored(MemoryReport Report, ReportOutcome Outcome) : BalancerEffect;

    /// <summary>Tell who asked, in this process.</summary>
    public sealed record Measured(BalancerFigures Figures) : BalancerEffect;

    /// <summary>Tell the operator.</summary>
    public sealed record Note(string Text, NoteLevel Level) : BalancerEffect;
}
