namespace AkkaLb.Watching;

/// <summary>The registry, etcd or what stands in its place, cannot be reached or did not answer in time; for a write the outcome is unknown. Trying
/// again may help.</summary>
public sealed class RegistryUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether etcd said that the lease does not exist (any more); nothing was written then.</summary>
    public bool IsLeaseGone { get; init; }
}

/// <summary>The registry answered and will not do it (credentials, permissions, no registry at all): trying again does not help.</summary>
public sealed class RegistryRefusedException(string message, Exception? inner = null) : Exception(message, inner);
