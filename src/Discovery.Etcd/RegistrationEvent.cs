namespace AkkaLb.Discovery.Etcd;

/// <summary>What a registration tells of itself, in order.</summary>
public abstract record RegistrationEvent
{
    private RegistrationEvent() { }

    /// <summary>The instance is registered, for the first time or again after a lost lease.</summary>
    public sealed record Registered(bool IsAgain) : RegistrationEvent;

    /// <summary>The lease or the key is lost, or another process holds the key,
    /// so others do not see the instance any more; it is tried to register it again.</summary>
    public sealed record Lost(string Reason) : RegistrationEvent;

    /// <summary>It cannot be registered at present and is tried on; told once, not for each try.</summary>
    public sealed record Trouble(string Problem) : RegistrationEvent;

    /// <summary>Another process holds the id: the end of this registration.</summary>
    /// <param name="Sentence">Says so, for people.</param>
    /// <param name="Holder">What that process says of itself; null when it cannot be read.</param>
    public sealed record Taken(string Sentence, ServiceInstance? Holder) : RegistrationEvent;
}

/// <summary>Another process holds the instance id; the message is one sentence.</summary>
public sealed class InstanceTakenException(string message, ServiceInstance? holder) : Exception(message)
{
    /// <summary>What that process says of itself; null when it cannot be read.</summary>
    public ServiceInstance? Holder { get; } = holder;
}
