using Akka.Actor;
using AkkaLb.Etcd;
using AkkaLb.Messages;

namespace AkkaLb.Registry;

/// <summary>Where balancers are to be found.</summary>
public interface IBalancerDirectory
{
    /// <summary>Whether the order is somebody's wish, to be tried from the first on. Otherwise a client begins anywhere, so that clients
    /// spread.</summary>
    bool IsInOrder { get; }

    /// <summary>Pushes the balancers, and again with each change, until the subscription is disposed.</summary>
    /// <param name="tell">Called in order, one at a time, possibly before this returns. Must neither block nor throw; for an actor: <c>news =>
    /// self.Tell(news)</c>.</param>
    IAsyncDisposable Subscribe(Action<BalancerNews> tell);
}

/// <summary>What a directory of balancers pushes.</summary>
public abstract record BalancerNews : INoSerializationVerificationNeeded
{
    private BalancerNews() { }

    /// <summary>All balancers there are now.</summary>
    /// <param name="Addresses">In the order in which to try them; may be empty.</param>
    public sealed record Known(IReadOnlyList<Address> Addresses) : BalancerNews;

    /// <summary>The registry that would know cannot be reached, or refuses; what was told last still stands.</summary>
    public sealed record Unreachable(string Reason, bool IsRefused) : BalancerNews;

    /// <summary>Reached again after <see cref="Unreachable"/>.</summary>
    public sealed record Reachable : BalancerNews;

    /// <summary>An entry that cannot be used; told once, as long as the problem stays the same.</summary>
    /// <param name="Entry">As it is fit for a log.</param>
    public sealed record LeftOut(string Entry, string Problem) : BalancerNews;

    /// <summary>So many entries are left out beside those that were told as <see cref="LeftOut"/>: too many to name.</summary>
    public sealed record MoreLeftOut(int Count) : BalancerNews;

    /// <summary>The subscription has met an error that nobody foresaw, and begins again after a pause; what was told last still stands.</summary>
    public sealed record Failed(string Problem) : BalancerNews;
}

/// <summary>Balancers that the operator has listed.</summary>
public sealed class FixedBalancers(IReadOnlyList<Address> addresses) : IBalancerDirectory
{
    public bool IsInOrder => true;

    public IAsyncDisposable Subscribe(Action<BalancerNews> tell)
    {
        tell(new BalancerNews.Known(addresses));
        return Subscription.Instance;
    }

    private sealed class Subscription : IAsyncDisposable
    {
        public static readonly Subscription Instance = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>For whoever asks once.</summary>
public static class BalancerDirectories
{
    /// <summary>The balancers there are now.</summary>
    /// <exception cref="RegistryUnavailableException">The registry that would know cannot be reached.</exception>
    /// <exception cref="RegistryRefusedException">It refuses to tell.</exception>
    public static async Task<IReadOnlyList<Address>> ReadOnceAsync(this IBalancerDirectory directory, CancellationToken cancellationToken)
    {
        var first = new TaskCompletionSource<BalancerNews>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var subscription = directory.Subscribe(news => Keep(news, first)).ConfigureAwait(false);
        return await first.Task.WaitAsync(cancellationToken).ConfigureAwait(false) switch
        {
            BalancerNews.Known known => known.Addresses,
            BalancerNews.Unreachable { IsRefused: true, Reason: var reason } => throw new RegistryRefusedException(reason),
            BalancerNews.Unreachable { Reason: var reason } => throw new RegistryUnavailableException(reason),
            BalancerNews.Failed { Problem: var problem } => throw new RegistryUnavailableException(problem),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static void Keep(BalancerNews news, TaskCompletionSource<BalancerNews> first)
    {
        if (news is BalancerNews.Known or BalancerNews.Unreachable or BalancerNews.Failed)
        {
            first.TrySetResult(news);
        }
    }
}

/// <summary>Addresses as people write them.</summary>
public static class NodeAddress
{
    /// <summary>Reads <c>host:port</c>; the port is 1 to 65535, and an IPv6 host stands in brackets.</summary>
    public static bool TryParse(string text, out Address address)
    {
        address = Address.AllSystems;
        var colon = text.LastIndexOf(':');
        if (colon <= 0
            || !int.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var port)
            || port is < 1 or > 65535)
        {
            return false;
        }

        var host = text[..colon];
        if (!HostName.IsValid(host))
        {
            return false;
        }

        address = Of(host, port);
        return true;
    }

    /// <summary>How a node reaches another at this address: by its own protocol. TLS is on at all nodes or at none, and who lists balancers need not
    /// know which; a node that does speak the other protocol is refused with a line that says so, by whoever has TLS.</summary>
    public static Address Of(ActorSystem system, Address other) => RemoteProtocolOf(system) is { } protocol ? other.WithProtocol(protocol) : other;

    /// <summary><c>akka.tcp</c>, or with TLS <c>akka.ssl.tcp</c>; null for a system without remoting.</summary>
    public static string? RemoteProtocolOf(ActorSystem system) =>
        ((ExtendedActorSystem)system).Provider.DefaultAddress is { Host: not null, Protocol: var protocol } ? protocol : null;

    /// <summary>The address of an AkkaLb node without TLS; see <see cref="Of(ActorSystem, Address)"/>.</summary>
    public static Address Of(string host, int port) => new("akka.tcp", SystemConfig.SystemName, host, port);
}
