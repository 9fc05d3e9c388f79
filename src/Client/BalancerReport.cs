using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Registry;
using AkkaLb.Remoting;

namespace AkkaLb.Client;

/// <summary>How a balancer stands: what it and its watcher of the registry say of themselves.</summary>
/// <param name="Address">The balancer that was asked.</param>
/// <param name="Balancer">Its default service with all members, whatever number of pages they took.</param>
/// <param name="Watcher">Asked a moment before.</param>
/// <param name="Services">Its other services by name.</param>
public sealed record BalancerReport(
    Address Address, BalancerState Balancer, WatcherState Watcher, IReadOnlyList<KeyValuePair<string, BalancerState>> Services)
{
    /// <summary>How often the pages may turn out to be of different memberships before the last ones are taken as they are.</summary>
    private const int TriesMax = 10;

    /// <summary>The default service, and the others by name.</summary>
    internal IEnumerable<KeyValuePair<string, BalancerState>> AllServices =>
        Services.Prepend(KeyValuePair.Create(WorkerService.Default, Balancer));

    /// <summary>Of all services.</summary>
    internal IEnumerable<MemberState> Members => AllServices.SelectMany(service => service.Value.Members);

    /// <summary>Whether another balancer of its cluster decides, or none: it tells of no services then. Not where each decides by
    /// itself, unless it is of a version before services.</summary>
    internal bool StandsBy => Balancer.Services.Count == 0;

    /// <summary>Asks a balancer. It answers at any time, also when it rejects every request.</summary>
    /// <param name="system">Needs remoting and <see cref="HostSystem.Needs"/>.</param>
    /// <param name="timeout">Of each question; several thousand members take several. Above zero, at most
    /// <see cref="BalancedClient.TimeoutMax"/>.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="AskTimeoutException">No answer: no balancer there, or one of a version that does not know the question.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time-out is something else.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Task<BalancerReport> ReadAsync(ActorSystem system, Address address, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ThrowIfUnfit(system, address, timeout);

        // Akka's Ask awaits in the caller's synchronization context, which may be blocked by whoever waits for this.
        return Task.Run(() => AskAsync(system, address, timeout, cancellationToken), cancellationToken);
    }

    /// <summary>One question to an actor of a balancer; see <see cref="ReadAsync(ActorSystem, Address, TimeSpan, CancellationToken)"/>.</summary>
    internal static Task<T> AskAsync<T>(
        ActorSystem system, Address address, string actor, IAkkaLbMessage question, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ThrowIfUnfit(system, address, timeout);
        return Task.Run(() => ActorOf(system, address, actor).Ask<T>(question, timeout, cancellationToken), cancellationToken);
    }

    private static void ThrowIfUnfit(ActorSystem system, Address address, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(address);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, BalancedClient.TimeoutMax);
    }

    private static ActorSelection ActorOf(ActorSystem system, Address address, string actor) =>
        system.ActorSelection(new RootActorPath(NodeAddress.Of(system, address)) / "user" / actor);

    private static async Task<BalancerReport> AskAsync(ActorSystem system, Address address, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var watcher = await ActorOf(system, address, BalancerActors.Watcher).Ask<WatcherState>(GetWatcherState.Instance, timeout, cancellationToken)
            .ConfigureAwait(false);
        var balancer = ActorOf(system, address, BalancerActors.Balancer);
        var main = await ReadAsync(balancer, WorkerService.Default, timeout, cancellationToken).ConfigureAwait(false);
        var services = new List<KeyValuePair<string, BalancerState>>();
        foreach (var service in main.Services.Where(service => service != WorkerService.Default).Order(StringComparer.Ordinal))
        {
            services.Add(KeyValuePair.Create(service, await ReadAsync(balancer, service, timeout, cancellationToken).ConfigureAwait(false)));
        }

        return new BalancerReport(NodeAddress.Of(system, address), main, watcher, services);
    }

    private static async Task<BalancerState> ReadAsync(
        ActorSelection balancer, string service, TimeSpan timeout, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var (first, members, isWhole) = await ReadPagesAsync(balancer, service, timeout, cancellationToken).ConfigureAwait(false);
            if (isWhole || tries == TriesMax)
            {
                return first with { Members = members };
            }
        }
    }

    /// <summary>Pages of different memberships do not belong together: somebody may be missing, or there twice.</summary>
    private static async Task<(BalancerState First, IReadOnlyList<MemberState> Members, bool IsWhole)> ReadPagesAsync(
        ActorSelection balancer, string service, TimeSpan timeout, CancellationToken cancellationToken)
    {
        const int pageSize = GetBalancerState.CountMax;
        var first = await PageAsync(0).ConfigureAwait(false);
        var members = new List<MemberState>(first.Members);
        while (members.Count < first.MemberCount)
        {
            // A page is as long as fits a frame.
            var page = await PageAsync(members.Count).ConfigureAwait(false);
            members.AddRange(page.Members);
            if (page.Version != first.Version || page.Members.Count == 0)
            {
                return (first, members, IsWhole: false);
            }
        }

        return (first, members, IsWhole: true);

        Task<BalancerState> PageAsync(int from) =>
            balancer.Ask<BalancerState>(new GetBalancerState(from, pageSize, service), timeout, cancellationToken);
    }
}
