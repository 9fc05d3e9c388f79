using System.Threading.Channels;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Remoting.Tls;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.Worker;

/// <summary>Waits at the start until some balancer answers: the I/O around a <see cref="BalancerFinder"/>.</summary>
internal static class BalancerProbe
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(500);

    /// <summary>Between two rounds: a node that runs and has no balancer yet says so at once.</summary>
    private static readonly TimeSpan RoundPause = TimeSpan.FromMilliseconds(100);

    /// <param name="waiting">Told what is waited for, as a text that changes; what it returns is disposed when the wait is over. Null: nobody is
    /// told.</param>
    /// <param name="toCheck">What to check when nobody answers; true: the registry knows no balancer.</param>
    /// <returns>The address of the first balancer that answers.</returns>
    /// <exception cref="WorkerStartException">None answered within <paramref name="wait"/>, or the registry refuses to tell who they are.</exception>
    /// <exception cref="OperationCanceledException">It was told to stop first.</exception>
    public static async Task<Address> FindAsync(
        ActorSystem system, IBalancerDirectory directory, TimeSpan wait, Func<Func<string>, IDisposable>? waiting, Func<bool, string> toCheck,
        CancellationToken stopping)
    {
        var clock = system.Scheduler;
        var until = clock.MonotonicClock + wait;
        var links = LinkTroubles.Of(system);
        var noneRegistered = $"no balancer is registered in {directory.Source}";
        var trouble = $"{directory.Source} has not answered yet";
        var told = Channel.CreateUnbounded<Watched<Address>>();
        await using var subscription = directory.Subscribe(news => told.Writer.TryWrite(news)).ConfigureAwait(false);
        IReadOnlyCollection<Address> addresses = [];
        var finder = new BalancerFinder(ProbeTimeout);
        var probes = 0;
        using var line = waiting?.Invoke(() => Describe(addresses, directory.Source));
        try
        {
            while (true)
            {
                while (told.Reader.TryRead(out var news))
                {
                    switch (news)
                    {
                        case Watched<Address>.Known known:
                            (addresses, trouble) = (known.All, noneRegistered);
                            finder.Use([.. addresses.Select(a => NodeAddress.Of(system, a).ToString())], clock.MonotonicClock);
                            break;
                        case Watched<Address>.Down { IsRefused: true } refused:
                            throw new WorkerStartException(refused.Reason);
                        case Watched<Address>.Down unreachable:
                            trouble = unreachable.Reason;
                            break;
                        case Watched<Address>.Failed failed:
                            trouble = failed.Problem;
                            break;
                    }
                }

                if (finder.Tick(clock.MonotonicClock) is { } probe)
                {
                    var address = Address.Parse(probe.Address);
                    if (await AnswersAsync(system, address, stopping).ConfigureAwait(false))
                    {
                        return address;
                    }

                    finder.Absent(RoundPause, clock.MonotonicClock);
                    (trouble, probes) = ($"no balancer answers at {HostsOf(addresses)}", probes + 1);
                }

                var now = clock.MonotonicClock;
                if (now >= until && probes >= addresses.Count)
                {
                    throw new WorkerStartException(
                        $"{trouble} (waited {wait.TotalSeconds:0.#} s){links.Latest.After(": ") + (links.Latest is null ? ":" : ";")} "
                            + $"start the balancer first, or check {toCheck(trouble == noneRegistered)}");
                }

                var pause = finder.NextDue - now ?? ProbeTimeout;
                await PauseAsync(told.Reader, pause > TimeSpan.Zero ? pause : TimeSpan.Zero, stopping).ConfigureAwait(false);
            }
        }
        finally
        {
            links.Stop();
        }
    }

    private static string Describe(IReadOnlyCollection<Address> addresses, string source) =>
        addresses.Count == 0 ? $"a balancer to be registered in {source}" : $"a balancer at {HostsOf(addresses)}";

    private static string HostsOf(IReadOnlyCollection<Address> addresses) => string.Join(", ", addresses.Select(NodeAddress.Text));

    /// <summary>Ends sooner when there is news.</summary>
    private static async Task PauseAsync(ChannelReader<Watched<Address>> news, TimeSpan pause, CancellationToken stopping)
    {
        using var bound = new CancellationTokenSource(pause, TimeProvider.System);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, stopping);
        try
        {
            await news.WaitToReadAsync(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
        }
    }

    private static async Task<bool> AnswersAsync(ActorSystem system, Address address, CancellationToken stopping)
    {
        try
        {
            var selection = system.ActorSelection(new RootActorPath(address) / "user" / BalancerActors.Balancer);
            return await selection.Ask<ActorIdentity>(new Identify("probe"), ProbeTimeout, stopping).ConfigureAwait(false) is { Subject: not null };
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }
}
