namespace AkkaLb.Discovery.Etcd;

/// <summary>What a watch of a service tells, in order.</summary>
public abstract record ServiceEvent
{
    private ServiceEvent() { }

    /// <summary>All instances there are now; comes first, and again with each change.</summary>
    /// <param name="All">In registration order, which an instance keeps as long as its key stands.</param>
    /// <param name="Revision">etcd's revision they are of.</param>
    public sealed record Instances(IReadOnlyList<ServiceInstance> All, long Revision) : ServiceEvent;

    /// <summary>A value that could not be read and was left out; told once for each value.</summary>
    public sealed record Unreadable(string Key, string Problem) : ServiceEvent;

    /// <summary>etcd cannot be reached, or refuses; the instances told last still stand.</summary>
    /// <param name="IsRefused">It was reached and refuses: an operator has to mend that.</param>
    public sealed record Disconnected(string Reason, bool IsRefused) : ServiceEvent;

    /// <summary>Reached again after <see cref="Disconnected"/>.</summary>
    public sealed record Connected : ServiceEvent;
}
