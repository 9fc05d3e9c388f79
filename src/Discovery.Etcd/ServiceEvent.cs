namespace AkkaLb.Discovery.Etcd;

/// <summary>What a watch of a service tells, in order.</summary>
public abstract record ServiceEvent
{
    private ServiceEvent() { }

    /// <summary>All instances there are now; comes first, and again with each change.</summary>
    /// <param name="All">In registration order, which an instance keeps as long as its key stands.</param>
    /// <param name="Revision">etcd's revision they are of.</param>
    public sealed record Instances(IReadOnlyList<ServiceInstance> All, long Revision) : ServiceEvent;

    /// <summary>A value that cannot be read, or that stands under no lease, and is left out;
    /// told once, as long as the problem stays the same.</summary>
    /// <param name="Key">As it is fit for a log: characters that cannot be seen are written as <c>\u001b</c>, and a long one is cut.</param>
    public sealed record Unreadable(string Key, string Problem) : ServiceEvent;

    /// <summary>So many values are left out beside those that were told as <see cref="Unreadable"/>: too many to name.</summary>
    public sealed record MoreUnreadable(int Count) : ServiceEvent;

    /// <summary>etcd cannot be reached, or refuses; the instances told last still stand.</summary>
    /// <param name="IsRefused">It was reached and refuses: an operator has to mend that.</param>
    public sealed record Disconnected(string Reason, bool IsRefused) : ServiceEvent;

    /// <summary>Reached again after <see cref="Disconnected"/>.</summary>
    public sealed record Connected : ServiceEvent;
}
