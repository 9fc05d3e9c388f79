using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using AkkaLb.Balancing;
using AkkaLb.Clusters;
using AkkaLb.Core.Balancing;
using AkkaLb.Messages;
using AkkaLb.Programs;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;
using AkkaLb.Remoting;

namespace AkkaLb.Balancer;

/// <summary>A running balancer: starts its actors in order, stops them in order.</summary>
internal static class BalancerNode
{
    private static readonly TimeSpan ShutdownStep = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(BalancerSettings settings, ServiceRules rules, Config config)
    {
        await using var etcd = settings.Common.Etcd is { } etcdSettings ? new EtcdRegistry(etcdSettings, TimeProvider.System, NewRandom()) : null;
        if (etcd is not null)
        {
            await AskEtcdAsync(settings, etcd.ProbeAsync).ConfigureAwait(false);
        }

        if (settings.Cluster is { } cluster)
        {
            return await RunInClusterAsync(settings, cluster, rules, config, etcd!).ConfigureAwait(false);
        }

        await using var node = await NodeHost.StartAsync(settings.Common, config, UserMessages.None).ConfigureAwait(false);
        try
        {
            await using var balancer = await EmbeddedBalancer.StartAsync(
                node.System, OptionsOf(settings, rules, etcd), node.Stopping).ConfigureAwait(false);
            node.Ready($"ready balancer {node.Address} policy={rules.Policies} registry={settings.Common.RegistryName}");
            await ((Task)balancer.Ended).WaitAsync(node.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await balancer.DisposeAsync().ConfigureAwait(false);
            return await balancer.Ended.ConfigureAwait(false) is { } lost ? throw new ProgramException(ExitCode.Unreachable, lost) : node.Outcome();
        }
        catch (OperationCanceledException) when (node.Stopping.IsCancellationRequested)
        {
            return node.Outcome();
        }
        catch (BalancerStartException e)
        {
            throw new ProgramException(ExitCode.Unreachable, e.Message, e);
        }
    }

    private static EmbeddedBalancerOptions OptionsOf(BalancerSettings settings, ServiceRules rules, EtcdRegistry? etcd) => new()
    {
        Id = settings.Id,
        Rules = rules,
        Registry = etcd,
        LeaseTtl = settings.LeaseTtl,
        RequestTimeout = settings.Common.RequestTimeout,
        Version = NodeProgram.Version,
        Whose = "this program",
    };

    /// <exception cref="ProgramException">The node cannot get into the cluster, or was put out of it.</exception>
    private static async Task<int> RunInClusterAsync(
        BalancerSettings settings, ClusterSettings cluster, ServiceRules rules, Config config, EtcdRegistry etcd)
    {
        var etcdSettings = settings.Common.Etcd!;
        var shortest = TimeSpan.Zero;
        await AskEtcdAsync(settings, async stopping => shortest = await etcd.ShortestLeaseAsync(stopping).ConfigureAwait(false))
            .ConfigureAwait(false);
        var whyLonger = cluster.WhyLonger(shortest);
        cluster = cluster.ForShortestLease(shortest);
        await using var registry = new EtcdClusterRegistry(etcdSettings, settings.Id, cluster.LeaseTtl, TimeProvider.System);
        await using var node = await NodeHost.StartAsync(
            settings.Common,
            config,
            UserMessages.None,
            new ExtraConfig(ClusterConfig.MemberSerialization, cluster.ToAkka(etcdSettings, config))).ConfigureAwait(false);
        var system = node.System;
        if (whyLonger is not null)
        {
            Logging.GetLogger(system, typeof(ClusterNode)).Warning("{0}", whyLonger);
        }

        var member = ClusterNode.Start(system, settings.Id, cluster, registry, rules, NewRandom());
        node.Start(EtcdWatcherActor.Props(etcd, member.Front), EtcdWatcherActor.ActorName);
        var end = Task.WhenAny(member.Ended, WaitAsync(node.Stopping), system.WhenTerminated);
        await using (var announcer = Announce(node, etcd, settings, member.Front))
        {
            // The id first: a second process with it stays out of the cluster.
            if (await Task.WhenAny(announcer.Begun, announcer.Taken, end).ConfigureAwait(false) == announcer.Begun)
            {
                await ThrowIfOtherModeAsync(announcer, node.Stopping).ConfigureAwait(false);
                member.Join();
                if (await Task.WhenAny(member.Ready, announcer.Taken, end).ConfigureAwait(false) == member.Ready)
                {
                    node.Ready($"ready balancer {node.Address} policy={rules.Policies} registry={settings.Common.RegistryName} "
                        + $"mode={BalancerSettings.ModeSingleton}");
                }
            }

            if (await Task.WhenAny(end, announcer.Taken).ConfigureAwait(false) == announcer.Taken)
            {
                throw new ProgramException(ExitCode.Unreachable, await announcer.Taken.ConfigureAwait(false));
            }
        }

        await ThrowIfPutOutAsync(system, member).ConfigureAwait(false);
        if (system.WhenTerminated.IsCompleted && !node.Stopping.IsCancellationRequested)
        {
            throw new ProgramException(ExitCode.Unreachable, "this balancer's actor system has ended, and nobody told it to: start it again");
        }

        // Judged now: the actors that end from here on are meant to.
        var failure = node.Failure;

        // From here on nobody finds it or joins it; then, with the system's end, another one decides.
        await member.WithdrawAsync(ShutdownStep).ConfigureAwait(false);
        await TopActors.AskLastAsync(member.Front, StopAssigning.Instance, ShutdownStep).ConfigureAwait(false);
        await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance).ConfigureAwait(false);
        return failure is null ? ExitCode.Ok : throw failure;
    }

    /// <exception cref="ProgramException">A balancer of the other mode is there.</exception>
    private static async Task ThrowIfOtherModeAsync(IBalancerAnnouncement announcer, CancellationToken stopping)
    {
        try
        {
            if (await announcer.FindOtherModeAsync(TimeProvider.System, stopping).ConfigureAwait(false) is { } sentence)
            {
                throw new ProgramException(ExitCode.Unreachable, sentence);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop meanwhile.
        }
    }

    /// <exception cref="ProgramException">The cluster has continued without this node, or would not have it.</exception>
    private static async Task ThrowIfPutOutAsync(ActorSystem system, ClusterNode member)
    {
        if (member.Ended.IsCompleted)
        {
            throw new ProgramException(ExitCode.Unreachable, await member.Ended.ConfigureAwait(false));
        }

        // Akka's own actors may end a moment before the reason is there.
        if (CoordinatedShutdown.Get(system).ShutdownReason is CoordinatedShutdown.ClusterDowningReason
            || Akka.Cluster.Cluster.Get(system).SelfMember.Status is Akka.Cluster.MemberStatus.Down)
        {
            throw new ProgramException(
                ExitCode.Unreachable,
                "this balancer was removed from the cluster of balancers, because the others could not reach this one, or etcd did not confirm its "
                    + "side of a split: start it again");
        }
    }

    private static IBalancerAnnouncement Announce(NodeHost node, EtcdRegistry etcd, BalancerSettings settings, IActorRef balancer) => etcd.Announce(
        new BalancerEntry(
            settings.Id, node.Address, balancer.Path.ToSerializationFormatWithAddress(node.Address), NodeProgram.Version, settings.Mode,
            settings.LeaseTtl),
        Logging.GetLogger(node.System, typeof(BalancerNode)));

    /// <exception cref="ProgramException">etcd cannot be reached in time, or will not have us.</exception>
    private static Task AskEtcdAsync(BalancerSettings settings, Func<CancellationToken, Task> ask) => EtcdWait.RunAsync(
        ask, string.Join(", ", settings.Common.Etcd!.Endpoints), settings.Wait, TimeProvider.System, Console.Error.WriteLine, CancellationToken.None);

    private static async Task WaitAsync(CancellationToken stopping)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stopping.Register(stopped.SetResult).ConfigureAwait(false);
        await stopped.Task.ConfigureAwait(false);
    }

    /// <summary>Randomness enters at the programs' edge; below it is passed on.</summary>
    private static Random NewRandom() => new(RandomNumberGenerator.GetInt32(int.MaxValue));
}
