using Akka.Actor;

namespace AkkaLb.Worker;

/// <summary>To the owner: registered for the first time.</summary>
internal sealed record WorkerReady : INoSerializationVerificationNeeded
{
    public static WorkerReady Instance { get; } = new();
}

/// <summary>To the owner: there is no way to be, or stay, registered.</summary>
internal sealed record WorkerGaveUp(string Sentence) : INoSerializationVerificationNeeded;

/// <summary>To the owner: whether it stands in the registry, after it has been registered once.</summary>
/// <param name="Trouble">Why it does not; null: it does.</param>
internal sealed record Unregistered(string? Trouble) : INoSerializationVerificationNeeded;

/// <summary>From the shutdown: say draining in the registry; answered with <see cref="DrainingAnnounced"/>.</summary>
internal sealed record AnnounceDraining : INoSerializationVerificationNeeded
{
    public static AnnounceDraining Instance { get; } = new();
}

/// <summary>Answer to <see cref="AnnounceDraining"/>.</summary>
internal sealed record DrainingAnnounced : INoSerializationVerificationNeeded
{
    public static DrainingAnnounced Instance { get; } = new();
}

/// <summary>From the shutdown: leave the registry; answered with <see cref="RegistryLeft"/>.</summary>
internal sealed record LeaveRegistry : INoSerializationVerificationNeeded
{
    public static LeaveRegistry Instance { get; } = new();
}

/// <summary>Answer to <see cref="LeaveRegistry"/>.</summary>
internal sealed record RegistryLeft : INoSerializationVerificationNeeded
{
    public static RegistryLeft Instance { get; } = new();
}
