using Akka.Actor;
using AkkaLb.Hosting;
using AkkaLb.Hosting.Tls;
using AkkaLb.Registry;

namespace AkkaLb.WorkerNode;

/// <summary>Waits at the start until some balancer answers.</summary>
internal static class BalancerProbe
{
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
        var trouble = "no balancer is registered in etcd";
        try
        {
            while (true)
            {
                IReadOnlyList<Address> addresses = [];
                try
                {
                    addresses = [.. (await directory.ReadAsync(stopping).ConfigureAwait(false)).Select(a => NodeAddress.Of(system, a))];
                }
                catch (RegistryUnavailableException e)
                {
                    trouble = e.Message;
                }
                catch (RegistryRefusedException e)
                {
                    throw new ProgramException(ExitCode.Unreachable, e.Message, e);
                }

                foreach (var address in addresses)
                {
                    if (await AnswersAsync(system, address, stopping).ConfigureAwait(false))
                    {
                        return address;
                    }

                    trouble = $"no balancer answers at {string.Join(", ", addresses.Select(a => $"{a.Host}:{a.Port}"))}";
                }

                if (clock.MonotonicClock >= until)
                {
                    throw new ProgramException(
                        ExitCode.Unreachable, $"{trouble} (waited {wait.TotalSeconds:0.#} s){links.Latest.After(": ") + (links.Latest is null ? ":" : ";")} start the balancer first, or check --balancer and --etcd");
                }

                await Task.Delay(addresses.Count == 0 ? ProbeTimeout : RoundPause, TimeProvider.System, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
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
