using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Balancing;
using AkkaLb.Core.Balancing;
using AkkaLb.Messages;
using AkkaLb.Programs;
using AkkaLb.Programs.Http;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;
using AkkaLb.Remoting;
using Microsoft.Extensions.Hosting;

namespace AkkaLb.Balancer;

/// <summary>A balancer's part in a cluster of balancers: it gets in at the start, and leaves in order.</summary>
internal sealed class MemberPart(
    ProgramHost program, BalancerSettings settings, ServiceRules rules, EtcdRegistry etcd, ClusterRegistryPart registry, NodePart node,
    HttpPart http)
    : IHostedService
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(3);

    private readonly TaskCompletionSource _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClusterNode? _member;
    private IBalancerAnnouncement? _announcement;

    /// <exception cref="ProgramException">A balancer of the other mode is there.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var system = node.System;
        if (registry.WhyLonger is { } why)
        {
            Logging.GetLogger(system, typeof(ClusterNode)).Warning("{0}", why);
        }

        var member = _member = ClusterNode.Start(
            system, settings.Id, registry.Settings, registry.Cluster, rules, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)));
        TopActors.Of(system).Start(EtcdWatcherActor.Props(etcd, member.Front), EtcdWatcherActor.ActorName);
        _announcement = etcd.Announce(
            new BalancerEntry(
                settings.Id, node.Address, member.Front.Path.ToSerializationFormatWithAddress(node.Address), NodeProgram.Version, settings.Mode,
                settings.LeaseTtl),
            OperatorLog.Of(system, typeof(BalancerNode)));
        Akka.Cluster.Cluster.Get(system).RegisterOnMemberRemoved(() => _removed.TrySetResult());
        program.EndWith(member.Ended!);
        program.EndWith(_announcement.Taken!);
        program.EndWith(WhyEndedAsync());

        // The id first: a second process with it stays out of the cluster.
        await _announcement.Begun.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (await _announcement.FindOtherModeAsync(TimeProvider.System, cancellationToken).ConfigureAwait(false) is { } other)
        {
            throw new ProgramException(ExitCode.Unreachable, other);
        }

        member.Join();
        await member.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        http.Show(BalancerNode.ViewOf(program, node, http, etcd, isOfCluster: true));
        program.Ready($"ready balancer {node.Address} policy={rules.Policies} registry={settings.Common.RegistryName} "
            + $"mode={BalancerSettings.ModeSingleton}{http.Suffix}");
    }

    /// <summary>From here on nobody finds it or joins it; then, with the system's end, another one decides.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_announcement is not null)
        {
            await _announcement.DisposeAsync().ConfigureAwait(false);
            if (!IsOut)
            {
                await _member!.WithdrawAsync(Step).ConfigureAwait(false);
                await TopActors.AskLastAsync(_member.Front, StopAssigning.Instance, Step).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Nobody in the cluster counts on it any more.</summary>
    private bool IsOut => IsPutOut || _member!.Ended.IsCompleted || _announcement!.Taken.IsCompleted || node.System.WhenTerminated.IsCompleted;

    private bool IsPutOut => CoordinatedShutdown.Get(node.System).ShutdownReason is CoordinatedShutdown.ClusterDowningReason
        || Akka.Cluster.Cluster.Get(node.System).SelfMember.Status is Akka.Cluster.MemberStatus.Down;

    /// <summary>A sentence when the actor system, or an actor that is needed, has ended.</summary>
    private async Task<string?> WhyEndedAsync()
    {
        var why = await node.Ended.ConfigureAwait(false);

        // Nobody is to find it.
        await _announcement!.DisposeAsync().ConfigureAwait(false);
        if (why is not null && !IsPutOut)
        {
            // Akka's own actors end a moment before the reason is there.
            await _removed.Task.WaitAsync(Step).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return IsPutOut || (why is not null && _removed.Task.IsCompleted)
            ? "this balancer was removed from the cluster of balancers, because the others could not reach this one, or etcd did not confirm its "
                + "side of a split: start it again"
            : why ?? "this balancer's actor system has ended, and nobody told it to: start it again";
    }
}
