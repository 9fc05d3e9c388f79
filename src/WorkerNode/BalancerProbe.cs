using System.Threading.Channels;
using Akka.Actor;
using AkkaLb.Core.Clients;
using AkkaLb.Hosting;
using AkkaLb.Remoting.Tls;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.WorkerNode;

/// <summary>Waits at the start until some balancer answers: the I/O around a <see cref="BalancerFinder"/>.</summary>
internal static class BalancerProbe
{
    private const string NoneRegistered = "no balancer is registered in etcd";

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(500);

    /// <summary>Between two rounds: a node that runs and has no balancer yet says so at once.</summary>
    private static readonly TimeSpan RoundPause = TimeSpan.FromMilliseconds(100);

    /// <returns>The address of the first balancer that answers; null when told to stop first.</returns>
    /// <exception cref="ProgramException">None answered within <paramref name="wait"/>.</exception>
    public static async Task<Address?> FindAsync(ActorSystem system, IBalancerDirectory directory, TimeSpan wait, CancellationToken stopping)
    {
        var clock = system.Scheduler;
        var until = clock.MonotonicClock + wait;
        var links = LinkTroubles.Of(system);
        var trouble = "etcd has not answered yet";
        var told = Channel.CreateUnbounded<Watched<Address>>();
        await using var subscription = directory.Subscribe(news => told.Writer.TryWrite(news)).ConfigureAwait(false);
        IReadOnlyCollection<Address> addresses = [];
        var finder = new BalancerFinder(ProbeTimeout);
        var probes = 0;
        using var line = new WaitingLine(() => Describe(addresses), wait, TimeProvider.System, Console.Error.WriteLine);
        try
        {
            while (true)
            {
                while (told.Reader.TryRead(out var news))
                {
                    switch (news)
                    {
                        case Watched<Address>.Known known:
                            (addresses, trouble) = (known.All, NoneRegistered);
                            finder.Use([.. addresses.Select(a => NodeAddress.Of(system, a).ToString())], clock.MonotonicClock);
                            break;
                        case Watched<Address>.Down { IsRefused: true } refused:
                            throw new ProgramException(ExitCode.Unreachable, refused.Reason);
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
                    var flags = trouble == NoneRegistered ? "--etcd and --prefix" : "--balancer and --etcd";
                    throw new ProgramException(
                        ExitCode.Unreachable, $"{trouble} (waited {wait.TotalSeconds:0.#} "
                            + $"s){links.Latest.After(": ") + (links.Latest is null ? ":" : ";")} start the balancer first, or check {flags}");
                }

                var pause = finder.NextDue - now ?? ProbeTimeout;
                await PauseAsync(told.Reader, pause > TimeSpan.Zero ? pause : TimeSpan.Zero, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    private static string Describe(IReadOnlyCollection<Address> addresses) =>
        addresses.Count == 0 ? "a balancer to be registered in etcd" : $"a balancer at {HostsOf(addresses)}";

    private static string HostsOf(IReadOnlyCollection<Address> addresses) => string.Join(", ", addresses.Select(a => $"{a.Host}:{a.Port}"));

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
            var selection = system.ActorSelection(new RootActorPath(address) / "user" / "balancer");
            return await selection.Ask<ActorIdentity>(new Identify("probe"), ProbeTimeout, stopping).ConfigureAwait(false) is { Subject: not null };
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }
}
