namespace AkkaLb.Discovery.Etcd;

/// <summary>What a registration tells of itself, in order.</summary>
public abstract record RegistrationEvent
{
    private RegistrationEvent() { }

    /// <summary>The instance is registered, for the first time, or again after <see cref="Lost"/> or <see cref="Trouble"/>.</summary>
    public sealed record Registered(bool IsAgain) : RegistrationEvent;

    /// <summary>The lease or the key is lost, or another process holds the key,
    /// so others do not see the instance any more; it is tried to register it again.</summary>
    public sealed record Lost(string Reason) : RegistrationEvent;

    /// <summary>It cannot be registered at present, or etcd refuses to show or write its key; retrying. Until <see cref="Registered"/> it is told
    /// once that etcd cannot be reached and once that etcd refuses, not for each try.</summary>
    public sealed record Trouble(string Problem) : RegistrationEvent;

    /// <summary>etcd grants longer leases than it is asked for, as its election timeout is long: others find the instance for so much longer
    /// after it has died. Told once.</summary>
    public sealed record LongerLease(TimeSpan Asked, TimeSpan Granted) : RegistrationEvent
    {
        /// <summary>A sentence for the operator.</summary>
        public override string ToString() => string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"etcd grants leases of {Granted.TotalSeconds:0.###} s where {Asked.TotalSeconds:0.###} s were asked for: after a crash it is found "
                + $"for that long");
    }

    /// <summary>Disposed, but etcd could not be told: others see the instance until its lease has run out.</summary>
    public sealed record NotTakenOut(string Problem) : RegistrationEvent;

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
