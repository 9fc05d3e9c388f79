namespace AkkaLb.Core.Leases;

/// <summary>What the embedded registry asks its shell to do.</summary>
public abstract record RegistryEffect
{
    private RegistryEffect() { }

    /// <summary>Tell everybody who watches.</summary>
    public sealed record Changed(long Revision, IReadOnlyList<MemberChange> Changes) : RegistryEffect;

    /// <summary>Tell who asked.</summary>
    public sealed record Answer(IAkkaLbMessage Message) : RegistryEffect;
}
