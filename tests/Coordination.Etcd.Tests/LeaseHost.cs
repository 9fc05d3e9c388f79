using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>An actor system with leases on this etcd; patient with a loaded machine. Disposing it terminates the system, which revokes
/// nothing.</summary>
internal sealed class LeaseHost : IAsyncDisposable
{
    public const string Section = "akka.coordination.lease.etcd";

    private LeaseHost(ActorSystem system) => System = system;

    public ActorSystem System { get; }

    public static LeaseHost Start(EtcdProcess etcd, string overrides = "") =>
        new(ActorSystem.Create("leases", ConfigurationFactory.ParseString(overrides).WithFallback(ConfigFor(etcd))));

    public static Config ConfigFor(EtcdProcess etcd) => ConfigurationFactory.ParseString($$"""
        akka.stdout-loglevel = off
        akka.loglevel = off
        akka.coordination.lease.etcd {
          endpoints = ["{{etcd.Endpoint}}"]
          heartbeat-timeout = 6s
          lease-operation-timeout = 20s
        }
        """).WithFallback(EtcdLeaseProvider.DefaultConfig());

    public EtcdLease Lease(string name, string owner = "us") => (EtcdLease)LeaseProvider.Get(System).GetLease(name, Section, owner);

    /// <summary>A lease that judges its ownership on this clock.</summary>
    public EtcdLease Lease(string name, TimeProvider time, string owner = "us") =>
        new(LeaseSettings.Create(System.Settings.Config.GetConfig(Section).WithFallback(
            System.Settings.Config.GetConfig("akka.coordination.lease")), name, owner), (ExtendedActorSystem)System, time);

    public async ValueTask DisposeAsync() => await System.Terminate();
}

/// <summary>What a lease told about losing it.</summary>
internal sealed class LossProbe
{
    private readonly TaskCompletionSource<Exception?> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Told(Exception? reason)
    {
        Interlocked.Increment(ref _count);
        _first.TrySetResult(reason);
    }

    public async Task<string> ReasonAsync() => (await _first.Task.WaitAsync(TimeSpan.FromSeconds(60)))!.Message;
}
