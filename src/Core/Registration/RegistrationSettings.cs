namespace AkkaLb.Core.Registration;

/// <summary>Times of a registration.</summary>
/// <param name="Ttl">Lease time to live asked for; 1 s or more.</param>
/// <param name="KeepAliveInterval">Time between renewals; at most a third of the TTL, so that two may fail.</param>
/// <param name="Wait">How long a first registration may take before giving up.</param>
/// <param name="BackOff">Between tries to register.</param>
/// <param name="UnableTimeout">How long the worker may be unable to do jobs before it ends; zero: for ever.</param>
/// <param name="UnregisteredTimeout">How long a worker that was registered may be without a registration before it ends; zero: for ever.</param>
public sealed record RegistrationSettings(
    TimeSpan Ttl, TimeSpan KeepAliveInterval, TimeSpan Wait, BackOff BackOff, TimeSpan UnableTimeout = default,
    TimeSpan UnregisteredTimeout = default)
{
    /// <summary>How often a worker without a registration says so.</summary>
    public static readonly TimeSpan ReminderInterval = TimeSpan.FromMinutes(1);

    /// <summary>How much later than its TTL a lease's end may be noticed: etcd looks every 500 ms, and has to commit. One that was restarted, or
    /// has a new leader, also gives each lease its election timeout on top, 1 s by default (seen: 6.4 s for a lease of 5 s).</summary>
    public static readonly TimeSpan ExpirySlack = TimeSpan.FromSeconds(2);
}
