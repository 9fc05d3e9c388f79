using AkkaLb.Watching;

namespace AkkaLb.Core.Leases;

/// <summary>What the embedded registry asks its shell to do.</summary>
public abstract record RegistryEffect
{
    private RegistryEffect() { }

    /// <summary>Tell everybody who watches.</summary>
    public sealed record Tell(Watched<Member>.Known Known) : RegistryEffect;

    /// <summary>Tell who asked.</summary>
    public sealed record Answer(IAkkaLbMessage Message) : RegistryEffect;
}
