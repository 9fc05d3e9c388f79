using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Registry.Embedded;
using AkkaLb.Registry.Tests.Etcd;

namespace AkkaLb.Registry.Tests.Embedded;

/// <summary>A balancer's system and a worker's over loopback, in real time.</summary>
public sealed class EmbeddedRegistryRemoteTests : IAsyncLifetime
{
    private readonly ActorSystem _balancer = Create();
    private readonly ActorSystem _worker = Create();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Task.WhenAll(_balancer.Terminate(), _worker.Terminate());

    [Fact]
    public async Task A_worker_registers_renews_updates_and_leaves_over_the_network()
    {
        var actor = _balancer.ActorOf(EmbeddedRegistryActor.Props(), EmbeddedRegistryActor.ActorName);
        var address = ((ExtendedActorSystem)_balancer).Provider.DefaultAddress;
        var remote = new EmbeddedRegistry(
            _worker, _worker.ActorSelection(new RootActorPath(address) / "user" / EmbeddedRegistryActor.ActorName), TimeSpan.FromSeconds(20));
        await using var watch = new WatchProbe(new EmbeddedRegistry(_balancer, actor, TimeSpan.FromSeconds(20)));

        var worker = Workers.Worker("a");
        var lease = (await remote.AddAsync(worker)).LeaseId;
        await watch.UntilMembersAreAsync("a");
        Assert.Equal(new KeepAliveOutcome.Kept(Workers.Ttl), await remote.KeepAliveAsync(lease, default));
        Assert.Equal(new RegisterOutcome.IdInUse(1, Workers.Ttl), await remote.RegisterAsync(worker with { Incarnation = 2 }, Workers.Ttl, default));
        Assert.True(await remote.UpdateAsync(lease, worker with { State = WorkerState.Draining }, default));
        await remote.DeregisterAsync(lease, default);
        await watch.UntilMembersAreAsync();
        Assert.IsType<KeepAliveOutcome.LeaseLost>(await remote.KeepAliveAsync(lease, default));
    }

    private static ActorSystem Create() => ActorSystem.Create(
        SystemConfig.SystemName, SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF"));
}
