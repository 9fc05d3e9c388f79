using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using AkkaLb.Core.Balancing;
using AkkaLb.Messages;
using AkkaLb.Programs;
using AkkaLb.Registry;
using AkkaLb.Registry.Embedded;
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
        var system = node.System;
        IWorkerRegistry registry = etcd is not null ? etcd : StartEmbeddedRegistry(node, settings.Common.RequestTimeout);
        var balancer = node.Start(
            BalancerActor.Props(settings.Id, rules, NewRandom()), BalancerActor.ActorName);
        var watcher = node.Start(EtcdWatcherActor.Props(registry, balancer), EtcdWatcherActor.ActorName);
        await using var announcer = etcd is null ? null : Announce(node, etcd, settings, balancer);
        var end = EndAsync(announcer, node.Stopping);
        if (announcer is not null && await Task.WhenAny(announcer.Begun, end).ConfigureAwait(false) == end)
        {
            await end.ConfigureAwait(false);
            return node.Outcome();
        }

        await ThrowIfOtherModeAsync(announcer, node.Stopping).ConfigureAwait(false);
        node.Ready($"ready balancer {node.Address} policy={rules.Policies} registry={settings.Common.RegistryName}");
        await Task.WhenAny(end).ConfigureAwait(false);

        // From here on nobody finds it, and it neither assigns nor watches.
        if (announcer is not null)
        {
            await announcer.DisposeAsync().ConfigureAwait(false);
        }

        await TopActors.AskLastAsync(balancer, StopAssigning.Instance, ShutdownStep).ConfigureAwait(false);
        await end.ConfigureAwait(false);
        var outcome = node.Outcome();
        system.Stop(watcher);
        return outcome;
    }

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
    private static async Task ThrowIfOtherModeAsync(BalancerAnnouncer? announcer, CancellationToken stopping)
    {
        try
        {
            if (announcer is not null && await announcer.FindOtherModeAsync(TimeProvider.System, stopping).ConfigureAwait(false) is { } sentence)
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

    private static BalancerAnnouncer Announce(NodeHost node, EtcdRegistry etcd, BalancerSettings settings, IActorRef balancer) => new(
        etcd.Services, settings.Id, node.Address, PathOf(balancer, node.Address), NodeProgram.Version, settings.Mode, settings.LeaseTtl,
        Logging.GetLogger(node.System, typeof(BalancerAnnouncer)));

    /// <exception cref="ProgramException">etcd cannot be reached in time, or will not have us.</exception>
    private static Task AskEtcdAsync(BalancerSettings settings, Func<CancellationToken, Task> ask) => EtcdWait.RunAsync(
        ask, string.Join(", ", settings.Common.Etcd!.Endpoints), settings.Wait, TimeProvider.System, Console.Error.WriteLine, CancellationToken.None);

    private static EmbeddedRegistry StartEmbeddedRegistry(NodeHost node, TimeSpan requestTimeout)
    {
        var registry = node.Start(EmbeddedRegistryActor.Props(), EmbeddedRegistryActor.ActorName);
        return new EmbeddedRegistry(node.System, registry, requestTimeout);
    }

    private static string PathOf(IActorRef actor, Address address) => actor.Path.ToSerializationFormatWithAddress(address);

    /// <summary>Completes when the node is told to stop.</summary>
    /// <exception cref="ProgramException">Another balancer has this one's id.</exception>
    private static async Task EndAsync(BalancerAnnouncer? announcer, CancellationToken stopping)
    {
        var stopped = WaitAsync(stopping);
        if (announcer is not null && await Task.WhenAny(stopped, announcer.Taken).ConfigureAwait(false) == announcer.Taken)
        {
            throw new ProgramException(ExitCode.Unreachable, await announcer.Taken.ConfigureAwait(false));
        }

        await stopped.ConfigureAwait(false);
    }

    private static async Task WaitAsync(CancellationToken stopping)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stopping.Register(stopped.SetResult).ConfigureAwait(false);
        await stopped.Task.ConfigureAwait(false);
    }

    /// <summary>Randomness enters at the programs' edge; below it is passed on.</summary>
    private static Random NewRandom() => new(RandomNumberGenerator.GetInt32(int.MaxValue));
}
