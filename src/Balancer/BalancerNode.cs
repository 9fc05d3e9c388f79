using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Core.Policies;
using AkkaLb.Hosting;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Registry.Embedded;
using AkkaLb.Registry.Etcd;

namespace AkkaLb.Balancer;

/// <summary>A running balancer: starts its actors in order, stops them in order.</summary>
internal static class BalancerNode
{
    private static readonly TimeSpan ShutdownStep = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(BalancerSettings settings, string policyName, Config config)
    {
        await using var etcd = settings.Common.Etcd is { } etcdSettings ? new EtcdRegistry(etcdSettings, TimeProvider.System, NewRandom()) : null;
        if (etcd is not null)
        {
            await ProbeAsync(etcd).ConfigureAwait(false);
        }

        await using var node = await NodeHost.StartAsync(settings.Common, config, settings.LogLevel, UserMessages.None).ConfigureAwait(false);
        var system = node.System;
        IWorkerRegistry registry = etcd is not null ? etcd : StartEmbeddedRegistry(system, settings.Common.RequestTimeout);
        var balancer = system.ActorOf(BalancerActor.Props(settings.Id, PolicyNames.Create(policyName), settings.Limits), BalancerActor.ActorName);
        var watcher = system.ActorOf(EtcdWatcherActor.Props(registry, balancer), EtcdWatcherActor.ActorName);
        await using var announcer = etcd is null
            ? null
            : new BalancerAnnouncer(
                etcd.Services, settings.Id, node.Address, PathOf(balancer, node.Address), NodeProgram.Version, settings.LeaseTtl, system.Log);
        var end = EndAsync(announcer, node.Stopping);
        if (announcer is not null && await Task.WhenAny(announcer.Begun, end).ConfigureAwait(false) == end)
        {
            return await end.ConfigureAwait(false);
        }

        node.Ready($"ready balancer {node.Address} policy={policyName} registry={settings.Common.RegistryName}");
        await Task.WhenAny(end).ConfigureAwait(false);

        // Found no more, assigns no more, watches no more.
        if (announcer is not null)
        {
            await announcer.DisposeAsync().ConfigureAwait(false);
        }

        await AskAsync(balancer, StopAssigning.Instance).ConfigureAwait(false);
        system.Stop(watcher);
        return await end.ConfigureAwait(false);
    }

    /// <exception cref="ProgramException">etcd cannot be reached, or will not have us.</exception>
    private static async Task ProbeAsync(EtcdRegistry etcd)
    {
        try
        {
            await etcd.ProbeAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (RegistryUnavailableException e)
        {
            throw new ProgramException(ExitCode.Unreachable, $"{e.Message}: check --etcd, and that etcd is running", e);
        }
        catch (RegistryRefusedException e)
        {
            throw new ProgramException(ExitCode.Unreachable, e.Message, e);
        }
    }

    private static EmbeddedRegistry StartEmbeddedRegistry(ActorSystem system, TimeSpan requestTimeout)
    {
        var registry = system.ActorOf(EmbeddedRegistryActor.Props(NewRandom()), EmbeddedRegistryActor.ActorName);
        return new EmbeddedRegistry(system, registry, requestTimeout);
    }

    private static string PathOf(IActorRef actor, Address address) => actor.Path.ToSerializationFormatWithAddress(address);

    private static async Task AskAsync(IActorRef actor, object message)
    {
        try
        {
            await actor.Ask<object>(message, ShutdownStep).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            // On the way out nothing is left to do about it: leases run out by themselves.
        }
    }

    /// <summary>Completes when the node is told to stop.</summary>
    /// <exception cref="ProgramException">Another balancer has this one's id.</exception>
    private static async Task<int> EndAsync(BalancerAnnouncer? announcer, CancellationToken stopping)
    {
        var stopped = WaitAsync(stopping);
        if (announcer is not null && await Task.WhenAny(stopped, announcer.Taken).ConfigureAwait(false) == announcer.Taken)
        {
            throw new ProgramException(ExitCode.Unreachable, await announcer.Taken.ConfigureAwait(false));
        }

        await stopped.ConfigureAwait(false);
        return ExitCode.Ok;
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
