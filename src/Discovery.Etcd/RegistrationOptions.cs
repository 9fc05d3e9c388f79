namespace AkkaLb.Discovery.Etcd;

/// <summary>How an instance is registered.</summary>
public sealed record RegistrationOptions
{
    /// <summary>How much later than its time to live a lease's end may be noticed: etcd looks every 500 ms, and has to commit. One that was
    /// restarted, or has a new leader, also gives each lease its election timeout on top, 1 s by default (seen: 6.4 s for a lease of 5 s).</summary>
    public static readonly TimeSpan ExpirySlack = TimeSpan.FromSeconds(2);

    /// <summary>Time to live of the lease. Default 10 s, at least 1 s; etcd counts whole seconds and rounds up.</summary>
    /// <remarks>The registration outlives a killed process by that. It is renewed three times as often; a pause or an outage longer than it loses
    /// the lease.</remarks>
    public TimeSpan LeaseTtl { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What to do when another living process holds the instance id. Default <see cref="ConflictRule.Replace"/>.</summary>
    public ConflictRule OnConflict { get; init; }
}

/// <summary>What a first registration does about another holder of its id.</summary>
/// <remarks>A process that was registered once and finds another in its place waits for one time to live, as with <see cref="Refuse"/>, and then
/// gives up: of two, the later wins, and they do not take turns.</remarks>
public enum ConflictRule
{
    /// <summary>Take its place. The other one notices within one time to live, and gives up another one later.</summary>
    Replace,

    /// <summary>Wait for one time to live, or what etcd grants where that is more, in case it is what a crashed process has left behind; then
    /// give up.</summary>
    Refuse,
}
