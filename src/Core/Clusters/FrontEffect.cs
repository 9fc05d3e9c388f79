using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Clusters;

/// <summary>What a balancer's front asks its shell to do.</summary>
public abstract record FrontEffect
{
    private FrontEffect() { }

    /// <summary>Pass the message on to the balancer of this process; its sender stays the sender.</summary>
    public sealed record ToLocal(object Message) : FrontEffect;

    /// <summary>Pass the message on to the balancer that decides, wherever that is; its sender stays the sender.</summary>
    public sealed record ToDecider(IAkkaLbMessage Message) : FrontEffect;

    /// <summary>Tell who asked.</summary>
    public sealed record Answer(IAkkaLbMessage Message) : FrontEffect;

    /// <summary>Ask who decides; the answer is <see cref="FrontInput.Decided"/>.</summary>
    public sealed record AskWho : FrontEffect;

    /// <summary>Tell the operator.</summary>
    public sealed record Note(string Text, NoteLevel Level) : FrontEffect;
}
