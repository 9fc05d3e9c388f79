namespace AkkaLb.Tests.Support.Etcd;

/// <summary>How quickly a cluster of etcd notices that its leader is gone. The shortest lease is one and a half election timeouts, in whole
/// seconds.</summary>
/// <param name="Heartbeat">Of the leader.</param>
/// <param name="Election">Silence after which another takes over.</param>
public sealed record EtcdTimers(TimeSpan Heartbeat, TimeSpan Election)
{
    /// <summary>For one node, which elects itself.</summary>
    public static EtcdTimers Fast { get; } = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200));

    /// <summary>Grants no lease below 5 s.</summary>
    public static EtcdTimers Slow { get; } = new(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(3));

    /// <summary>For three nodes on a busy machine: a leader that is only slow stays the leader.</summary>
    public static EtcdTimers Steady { get; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(500));
}
