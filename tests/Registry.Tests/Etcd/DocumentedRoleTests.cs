using AkkaLb.Core;
using AkkaLb.Core.Clusters;
using AkkaLb.Core.Registration;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support.Etcd;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>All that workers and balancers ask of etcd, with the role of docs/operations.md: what newer releases grant to root alone is not asked
/// for.</summary>
[Trait("etcd", "each-release")]
public sealed class DocumentedRoleTests
{
    private const string User = "akkalb";

    [Fact]
    public async Task Read_and_write_below_the_prefix_is_all_that_a_node_needs()
    {
        using var bound = Bound.New();
        await using var etcd = await EtcdProcess.StartAsync();
        await etcd.EnableAuthenticationAsync(User, "secret", "/akkalb");
        var settings = Settings.For(etcd) with { Credentials = new EtcdCredentials(User, "secret") };

        await using var registry = settings.Open();
        await registry.ProbeAsync(bound.Token);
        await using var watch = new WatchProbe(registry);
        var worker = Worker("w1");
        var lease = (await registry.AddAsync(worker)).LeaseId;
        await watch.UntilMembersAreAsync("w1");
        Assert.IsType<KeepAliveOutcome.Kept>(await registry.KeepAliveAsync(lease, bound.Token));
        Assert.True(await registry.UpdateAsync(lease, worker, bound.Token));
        var found = Assert.IsType<EntrySight.Found>(await registry.LookAsync(lease, worker, bound.Token));
        Assert.True(await registry.PutBackAsync(lease, worker, found.Revision, bound.Token));
        await registry.DeregisterAsync(lease, bound.Token);
        await watch.UntilMembersAreAsync();

        await using var cluster = new EtcdClusterRegistry(settings, "b1", TimeSpan.FromSeconds(5), TimeProvider.System);
        var generation = await cluster.BeginAsync(bound.Token);
        var entry = new ClusterEntry(new NodeLife("akka.tcp://AkkaLb@127.0.0.1:4053", 1), generation!.Value, "round-robin");
        Assert.NotNull(await cluster.AnnounceAsync(entry, endsForming: true, bound.Token));
        Assert.Single((await cluster.ReadAsync(bound.Token)).Entries);
        await cluster.WithdrawAsync();
    }
}
