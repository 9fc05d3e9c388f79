using AkkaLb.Core.Clusters;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Tests.Etcd;

[Collection(EtcdTests.Name)]
[Trait("etcd", "each-release")]
public sealed class EtcdClusterRegistryTests(EtcdFixture fixture) : IAsyncLifetime
{
    private readonly EtcdSettings _settings = fixture.NewSettings();
    private readonly CancellationTokenSource _bound = Bound.New();
    private readonly List<EtcdClusterRegistry> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.WithdrawAsync();
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Of_many_that_begin_at_the_same_moment_exactly_one_gets_the_lock_each_time()
    {
        long last = 0;
        for (var round = 0; round < 20; round++)
        {
            var nodes = Enumerable.Range(0, 4).Select(i => Node($"n{round}-{i}")).ToList();
            var begun = await Task.WhenAll(nodes.Select(n => n.BeginAsync(_bound.Token)));

            var generation = Assert.Single(begun, g => g is not null)!.Value;
            Assert.True(generation > last, $"generation {generation} after {last}");
            last = generation;
            await Task.WhenAll(nodes.Select(n => n.WithdrawAsync()));
        }
    }

    [Fact]
    public async Task The_lock_is_seen_as_ours_by_its_holder_only_and_gives_way_to_the_entry_in_one_step()
    {
        var (a, b) = (Node("a"), Node("b"));
        var generation = (await a.BeginAsync(_bound.Token))!.Value;
        Assert.Equal(new FormingLock(generation, IsOurs: true), (await a.ReadAsync(_bound.Token)).Forming);
        Assert.Equal(new FormingLock(generation, IsOurs: false), (await b.ReadAsync(_bound.Token)).Forming);
        Assert.Null(await b.BeginAsync(_bound.Token));

        Assert.NotNull(await a.AnnounceAsync(Entry(1, generation), endsForming: true, _bound.Token));

        var sight = await b.ReadAsync(_bound.Token);
        Assert.Null(sight.Forming);
        Assert.Equal(Entry(1, generation), Assert.Single(sight.Entries) with { Order = 0 });
        Assert.True(sight.Entries[0].Order > generation);
        Assert.Null(await b.BeginAsync(_bound.Token));
        Assert.NotNull(await b.AnnounceAsync(Entry(2, generation), endsForming: false, _bound.Token));
        Assert.Equal(2, (await b.ReadAsync(_bound.Token)).Entries.Count);
    }

    [Fact]
    public async Task An_entry_of_an_earlier_generation_is_not_put_any_more()
    {
        var (a, b) = (Node("a"), Node("b"));
        var first = (await a.BeginAsync(_bound.Token))!.Value;
        await a.AnnounceAsync(Entry(1, first), endsForming: true, _bound.Token);
        await a.WithdrawAsync();
        var second = (await b.BeginAsync(_bound.Token))!.Value;

        Assert.Null(await a.AnnounceAsync(Entry(1, first), endsForming: false, _bound.Token));
        Assert.NotNull(await a.AnnounceAsync(Entry(1, second), endsForming: false, _bound.Token));
    }

    [Fact]
    public async Task A_generation_is_renewed_only_while_it_is_the_one_that_was_seen_and_nobody_holds_the_lock()
    {
        var (a, b) = (Node("a"), Node("b"));
        Assert.Equal(0, (await a.ReadAsync(_bound.Token)).Generation);
        Assert.Null(await a.RenewAsync(1, _bound.Token));
        var first = (await a.RenewAsync(0, _bound.Token))!.Value;
        Assert.Equal(first, (await b.ReadAsync(_bound.Token)).Generation);
        Assert.Null(await b.RenewAsync(first, _bound.Token));

        // Others' entries do not stand in the way, unlike when a cluster is formed.
        Assert.NotNull(await a.AnnounceAsync(Entry(1, first), endsForming: true, _bound.Token));
        Assert.Null(await b.RenewAsync(0, _bound.Token));
        var second = (await b.RenewAsync(first, _bound.Token))!.Value;
        Assert.True(second > first, $"{second} after {first}");
        Assert.Null(await a.AnnounceAsync(Entry(1, first), endsForming: false, _bound.Token));
        Assert.NotNull(await b.AnnounceAsync(Entry(2, second), endsForming: true, _bound.Token));
    }

    [Fact]
    public async Task Of_many_that_renew_at_the_same_moment_exactly_one_does_each_time()
    {
        var nodes = Enumerable.Range(0, 4).Select(i => Node($"n{i}")).ToList();
        long seen = 0;
        for (var round = 0; round < 20; round++)
        {
            var renewed = await Task.WhenAll(nodes.Select(n => n.RenewAsync(seen, _bound.Token)));

            seen = Assert.Single(renewed, g => g is not null)!.Value;
            await fixture.Etcd.Etcdctl("del", $"{_settings.Prefix}/cluster-forming");
        }
    }

    [Fact]
    public async Task A_lease_that_etcd_has_forgotten_is_replaced_when_the_lock_is_taken()
    {
        var a = Node("a");
        var generation = (await a.BeginAsync(_bound.Token))!.Value;
        var lease = System.Text.Json.JsonDocument.Parse(await fixture.Etcd.Etcdctl("get", $"{_settings.Prefix}/cluster-forming", "-w", "json"))
            .RootElement.GetProperty("kvs")[0].GetProperty("lease").GetInt64();
        await fixture.Etcd.Etcdctl("lease", "revoke", lease.ToString("x", null));

        // Whether the keeper has noticed by now or not: at the second try there is a lease.
        long? renewed = null;
        for (var i = 0; i < 2 && renewed is null; i++)
        {
            try
            {
                renewed = await a.RenewAsync(generation, _bound.Token);
            }
            catch (RegistryUnavailableException)
            {
            }
        }

        Assert.NotNull(renewed);
    }

    [Fact]
    public async Task A_node_that_lost_the_lock_cannot_end_forming_with_it()
    {
        var (a, b) = (Node("a"), Node("b"));
        var generation = (await a.BeginAsync(_bound.Token))!.Value;
        await fixture.Etcd.Etcdctl("del", $"{_settings.Prefix}/cluster-forming");

        Assert.Null(await a.AnnounceAsync(Entry(1, generation), endsForming: true, _bound.Token));
        Assert.NotNull(await b.BeginAsync(_bound.Token));
    }

    [Fact]
    public async Task A_lease_that_is_revoked_behind_our_back_is_told_and_another_takes_its_place()
    {
        var a = Node("a");
        var generation = (await a.BeginAsync(_bound.Token))!.Value;
        var lost = (await a.AnnounceAsync(Entry(1, generation), endsForming: true, _bound.Token))!.Value;
        var lease = System.Text.Json.JsonDocument.Parse(await fixture.Etcd.Etcdctl("get", $"{_settings.Prefix}/cluster/a", "-w", "json"))
            .RootElement.GetProperty("kvs")[0].GetProperty("lease").GetInt64();

        await fixture.Etcd.Etcdctl("lease", "revoke", lease.ToString("x", null));

        Assert.True(lost.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)));
        Assert.Empty((await a.ReadAsync(_bound.Token)).Entries);
        Assert.NotNull(await a.AnnounceAsync(Entry(1, generation), endsForming: false, _bound.Token));
        Assert.Single((await a.ReadAsync(_bound.Token)).Entries);
    }

    [Fact]
    public async Task A_value_that_cannot_be_read_is_nobodys_entry_and_stands_in_the_way()
    {
        await fixture.Etcd.PutLeasedAsync($"{_settings.Prefix}/cluster/x", "{}");
        var sight = await Node("a").ReadAsync(_bound.Token);
        Assert.Empty(sight.Entries);
        Assert.StartsWith($"{_settings.Prefix}/cluster/x in etcd is no balancer's entry and keeps a cluster from being formed: ", sight.InTheWay,
            StringComparison.Ordinal);
        Assert.Null(await Node("a").BeginAsync(_bound.Token));
    }

    private static ClusterEntry Entry(int port, long generation) =>
        new(new NodeLife($"akka.tcp://AkkaLb@127.0.0.1:{port}", -17), generation, "pick-first");

    private EtcdClusterRegistry Node(string id)
    {
        var node = new EtcdClusterRegistry(_settings, id, TimeSpan.FromSeconds(5), TimeProvider.System);
        _nodes.Add(node);
        return node;
    }
}
