using Akka.Actor;
using Akka.Event;
using AkkaLb.Endpoints;
using AkkaLb.Messages;
using AkkaLb.Watching;

namespace AkkaLb.Registry;

/// <summary>Where balancers are to be found.</summary>
public interface IBalancerDirectory
{
    /// <summary>Whether the order is somebody's wish, to be tried from the first on. Otherwise a client begins anywhere, so that clients
    /// spread.</summary>
    bool IsInOrder { get; }

    /// <summary>Where the balancers are registered, in words: "etcd".</summary>
    string Source => "the directory";

    /// <summary>The directory for somebody who lives in this actor system, to be called before <see cref="Subscribe"/>. Default: itself, as looking
    /// balancers up takes no actor system.</summary>
    IBalancerDirectory In(ActorSystem system) => this;

    /// <summary>Pushes the balancers, and again with each change, until the subscription is disposed. Each address comes once, in the order in which
    /// to try them.</summary>
    /// <param name="tell">Called in order, one at a time, possibly before this returns. Must neither block nor throw; for an actor: <c>news =>
    /// self.Tell(new BalancersTold(news))</c>.</param>
    IAsyncDisposable Subscribe(Action<Watched<Address>> tell);
}

/// <summary>What a directory pushed, as a message to an actor.</summary>
public sealed record BalancersTold(Watched<Address> News) : INoSerializationVerificationNeeded;

/// <summary>Balancers that the operator has listed.</summary>
public sealed class FixedBalancers(IReadOnlyList<Address> addresses) : IBalancerDirectory
{
    public bool IsInOrder => true;

    /// <summary>The one balancer that lives in the same actor system as whoever asks.</summary>
    public static FixedBalancers Own { get; } = new([new Address("akka", SystemConfig.SystemName)]);

    /// <summary>Reads addresses as people write them.</summary>
    /// <param name="balancers">Each <c>host:port</c> or <c>akka.tcp://system@host:port</c>, in the order in which to try them.</param>
    /// <exception cref="ArgumentException">An address cannot be read, or there is none.</exception>
    public static FixedBalancers Of(IReadOnlyList<string> balancers)
    {
        ArgumentNullException.ThrowIfNull(balancers);
        return balancers.Count == 0
            ? throw new ArgumentException("name at least one balancer", nameof(balancers))
            : new FixedBalancers([.. balancers.Select(text => NodeAddress.TryParse(text, out var address)
                ? address
                : throw new ArgumentException($"\"{text}\" is neither host:port nor akka.tcp://system@host:port", nameof(balancers)))]);
    }

    public IAsyncDisposable Subscribe(Action<Watched<Address>> tell)
    {
        tell(new Watched<Address>.Known(0, [.. addresses.Distinct()]));
        return Subscription.Instance;
    }

    private sealed class Subscription : IAsyncDisposable
    {
        public static readonly Subscription Instance = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>For whoever asks a directory.</summary>
public static class BalancerDirectories
{
    /// <summary>Says what a directory tells beside the balancers.</summary>
    public static void Tell(this ILoggingAdapter log, Watched<Address> told)
    {
        switch (told)
        {
            case Watched<Address>.Down m:
                log.Warning("the balancers cannot be looked up; those known stay: {0}", m.Reason);
                break;
            case Watched<Address>.Up:
                log.Info("the balancers can be looked up again");
                break;
            case Watched<Address>.Skipped m:
                log.Warning("balancer {0} is left out: {1}", m.Key, m.Problem);
                break;
            case Watched<Address>.MoreSkipped m:
                log.Warning("... and more entries of balancers are left out: {0}", m.Count);
                break;
            case Watched<Address>.Failed m:
                log.Error("looking the balancers up failed; those known stay, and the look-up is tried again after a pause: {0}", m.Problem);
                break;
        }
    }

    /// <summary>The balancers there are now.</summary>
    /// <exception cref="RegistryUnavailableException">The registry that would know cannot be reached.</exception>
    /// <exception cref="RegistryRefusedException">It refuses to tell.</exception>
    public static async Task<IReadOnlyCollection<Address>> ReadOnceAsync(this IBalancerDirectory directory, CancellationToken cancellationToken)
    {
        var first = new TaskCompletionSource<Watched<Address>>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var subscription = directory.Subscribe(news => Keep(news, first)).ConfigureAwait(false);
        return await first.Task.WaitAsync(cancellationToken).ConfigureAwait(false) switch
        {
            Watched<Address>.Known known => known.All,
            Watched<Address>.Down { IsRefused: true, Reason: var reason } => throw new RegistryRefusedException(reason),
            Watched<Address>.Down { Reason: var reason } => throw new RegistryUnavailableException(reason),
            Watched<Address>.Failed { Problem: var problem } => throw new RegistryUnavailableException(problem),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static void Keep(Watched<Address> news, TaskCompletionSource<Watched<Address>> first)
    {
        if (news is Watched<Address>.Known or Watched<Address>.Down or Watched<Address>.Failed)
        {
            first.TrySetResult(news);
        }
    }
}

/// <summary>Addresses as people write them.</summary>
public static class NodeAddress
{
    /// <summary>Reads <c>host:port</c>, or for an actor system of another name than AkkaLb's <c>akka.tcp://system@host:port</c>; the port is 1 to
    /// 65535, and an IPv6 host stands in brackets.</summary>
    public static bool TryParse(string text, out Address address)
    {
        address = Address.AllSystems;
        if (SerializedActorPath.IsAnyNode(text))
        {
            address = Address.Parse(text);
            return true;
        }

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
    /// <remarks>An address without a host is that of the actor system itself.</remarks>
    public static Address Of(ActorSystem system, Address other) =>
        other.HasLocalScope ? ((ExtendedActorSystem)system).Provider.DefaultAddress
        : RemoteProtocolOf(system) is { } protocol ? other.WithProtocol(protocol)
        : other;

    /// <summary>How a person would write it.</summary>
    public static string Text(Address address) => address.HasLocalScope ? "this actor system" : $"{address.Host}:{address.Port}";

    /// <summary><c>akka.tcp</c>, or with TLS <c>akka.ssl.tcp</c>; null for a system without remoting.</summary>
    public static string? RemoteProtocolOf(ActorSystem system) =>
        ((ExtendedActorSystem)system).Provider.DefaultAddress is { Host: not null, Protocol: var protocol } ? protocol : null;

    /// <summary>The address of an AkkaLb node without TLS; see <see cref="Of(ActorSystem, Address)"/>.</summary>
    public static Address Of(string host, int port) => new("akka.tcp", SystemConfig.SystemName, host, port);
}
