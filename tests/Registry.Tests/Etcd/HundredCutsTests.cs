using System.Threading.Channels;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clusters;
using AkkaLb.Discovery.Etcd;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support;
using AkkaLb.Watching;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>Everything of ours that lives as long as its process, through one proxy that cuts all connections again and again: nothing ends in
/// silence.</summary>
[Collection(EtcdTests.Name)]
public sealed class HundredCutsTests(EtcdFixture fixture)
{
    private const int Cuts = 100;

    [Fact]
    public async Task After_a_hundred_cuts_watches_registrations_renewals_and_the_clusters_entry_go_on()
    {
        using var bound = Bound.New();
        await using var proxy = new FaultyProxy(fixture.Etcd.Port);
        var direct = fixture.NewSettings();
        await using var others = direct.Open();
        await using var ours = (direct with { Endpoints = [new EtcdEndpoint("127.0.0.1", proxy.Port)] }).Open();
        await using var watch = new WatchProbe(ours);
        await watch.NextReadAsync();
        var news = Channel.CreateUnbounded<Watched<Address>>();
        await using var balancers = new EtcdBalancers(ours).Subscribe(n => news.Writer.TryWrite(n));
        await using var balancer = ours.Services.Register(
            EtcdRegistry.BalancersService, Balancer("b1"),
            new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(2), OnConflict = ConflictRule.Refuse });
        await balancer.Registered.WaitAsync(bound.Token);
        var lease = (await ours.AddAsync(Worker("w"))).LeaseId;
        await using var cluster = new EtcdClusterRegistry(
            direct with { Endpoints = [new EtcdEndpoint("127.0.0.1", proxy.Port)] }, "b1", TimeSpan.FromSeconds(5), TimeProvider.System);
        var generation = (await cluster.BeginAsync(bound.Token))!.Value;

        for (var i = 0; i < Cuts; i++)
        {
            var renewal = ours.KeepAliveAsync(lease, bound.Token);
            if (i % 10 == 9)
            {
                await proxy.CloseAsync();
                await others.AddAsync(Worker($"w{i}"));
                proxy.Open();
            }
            else
            {
                proxy.Break();
            }

            await Task.WhenAny(renewal);
        }

        await watch.UntilMembersAreAsync(["w", .. Enumerable.Range(0, Cuts / 10).Select(i => $"w{(10 * i) + 9}")]);
        Assert.DoesNotContain(watch.Changes, c => c.Item is null);
        await using var late = others.Services.Register(EtcdRegistry.BalancersService, Balancer("b2"));
        await UntilAsync(async () => (await news.Reader.ReadAsync(bound.Token)) is Watched<Address>.Known { All.Count: 2 });
        await fixture.Etcd.Etcdctl("del", $"{direct.Prefix}/balancers/b1");
        await UntilAsync(async () => (await others.Services.ReadAsync(EtcdRegistry.BalancersService, bound.Token)).Instances.Count == 2);
        await UntilAsync(async () => await ours.KeepAliveAsync(lease, bound.Token) is KeepAliveOutcome.Kept);
        await UntilAsync(async () =>
            await cluster.AnnounceAsync(new ClusterEntry(
                new NodeLife("akka.tcp://AkkaLb@127.0.0.1:1", 1), generation, "pick-first"), endsForming: false, bound.Token) is not null);
        Assert.Single((await cluster.ReadAsync(bound.Token)).Entries);
        await cluster.WithdrawAsync();

        async Task UntilAsync(Func<Task<bool>> isSo)
        {
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            do
            {
                try
                {
                    if (await isSo())
                    {
                        return;
                    }
                }
                catch (RegistryUnavailableException)
                {
                    // A connection that was cut may be noticed by the first call after it only.
                }
            }
            while (await pause.WaitForNextTickAsync(bound.Token));
        }
    }

    private static ServiceInstance Balancer(string id) =>
        new(id, "127.0.0.1", 1) { Path = $"akka.tcp://AkkaLb@127.0.0.1:{id[1]}/user/balancer", Version = "1" };
}
