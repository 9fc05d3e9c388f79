namespace AkkaLb.Etcd;

/// <summary>etcd cannot be reached or did not answer in time; for a write the outcome is unknown. Trying again may help.</summary>
public sealed class EtcdUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether etcd said that the lease does not exist (any more); nothing was written then.</summary>
    public bool IsLeaseGone { get; init; }
}

/// <summary>etcd answered and will not do it (credentials, permissions, not etcd at all): trying again does not help.</summary>
public sealed class EtcdRefusedException(string message, Exception? inner = null) : Exception(message, inner);
