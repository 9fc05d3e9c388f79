using System.Text;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clusters;
using AkkaLb.Core.Registration;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Watching;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>A key that says who is alive and has no lease, put as <c>etcdctl put</c>, a mirror or a restore from a list of keys does.</summary>
[Collection(EtcdTests.Name)]
public sealed class KeysWithoutALeaseTests(EtcdFixture fixture) : IAsyncLifetime
{
    private readonly EtcdSettings _settings = fixture.NewSettings();
    private readonly CancellationTokenSource _bound = Bound.New();
    private EtcdRegistry _registry = null!;

    public Task InitializeAsync()
    {
        _registry = _settings.Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        _bound.Dispose();
    }

    [Fact]
    public async Task A_workers_id_is_free_and_is_taken_over_in_one_step()
    {
        await PutAsync("workers/w1", RegistryValue.Write(Worker("w1", incarnation: 8)));
        await using var watch = new WatchProbe(_registry);
        Assert.Empty((await watch.NextReadAsync()).All);
        Assert.Contains("no lease", (await watch.NextAsync<Watched<Member>.Skipped>()).Problem, StringComparison.Ordinal);

        var lease = (await _registry.AddAsync(Worker("w1", incarnation: 7))).LeaseId;

        Assert.Equal(7, Assert.Single((await watch.NextChangeAsync()).Changes!).Item!.Worker.Incarnation);
        Assert.Equal(lease, Assert.IsType<EntrySight.Found>(await _registry.LookAsync(lease, Worker("w1", incarnation: 7), _bound.Token)).LeaseId);
    }

    [Fact]
    public async Task A_living_workers_entry_is_put_back_by_what_it_finds()
    {
        var worker = Worker("w1", incarnation: 7);
        var lease = (await _registry.AddAsync(worker)).LeaseId;
        await PutAsync("workers/w1", RegistryValue.Write(Worker("w1", incarnation: 8)));

        var step = Assert.IsType<EntryStep.PutBack>(EntryRule.Decide(await _registry.LookAsync(lease, worker, _bound.Token), lease, worker));

        Assert.True(await _registry.PutBackAsync(lease, worker, step.Revision, _bound.Token));
        Assert.Equal(lease, Assert.IsType<EntrySight.Found>(await _registry.LookAsync(lease, worker, _bound.Token)).LeaseId);
    }

    [Fact]
    public async Task A_clusters_entries_and_lock_keep_nobody_from_forming_one_and_are_told_once()
    {
        await PutAsync("cluster/dead", ClusterValue.Write(Entry(1, generation: 1)));
        await PutAsync("cluster-forming", "dead"u8.ToArray());
        await using var node = new EtcdClusterRegistry(_settings, "a", TimeSpan.FromSeconds(5), TimeProvider.System);

        var sight = await node.ReadAsync(_bound.Token);

        Assert.Equal((0, null, null), (sight.Entries.Count, sight.Forming, sight.InTheWay));
        Assert.Equal(new[] { "cluster/dead", "cluster-forming" }.Select(k => Sentence($"{_settings.Prefix}/{k}")), sight.News);
        Assert.Empty((await node.ReadAsync(_bound.Token)).News);
        var generation = (await node.BeginAsync(_bound.Token))!.Value;
        Assert.Equal(new FormingLock(generation, IsOurs: true), (await node.ReadAsync(_bound.Token)).Forming);
        Assert.NotNull(await node.AnnounceAsync(Entry(2, generation), endsForming: true, _bound.Token));
        Assert.Equal(Entry(2, generation), Assert.Single((await node.ReadAsync(_bound.Token)).Entries) with { Order = 0 });
        await node.WithdrawAsync();
    }

    [Fact]
    public async Task Of_many_that_take_over_a_lock_exactly_one_gets_it()
    {
        await PutAsync("cluster-forming", "dead"u8.ToArray());
        var nodes = Enumerable.Range(0, 4).Select(
            i => new EtcdClusterRegistry(_settings, $"n{i}", TimeSpan.FromSeconds(5), TimeProvider.System)).ToList();

        var begun = await Task.WhenAll(nodes.Select(n => n.BeginAsync(_bound.Token)));

        Assert.Single(begun, g => g is not null);
        foreach (var node in nodes)
        {
            await node.WithdrawAsync();
            await node.DisposeAsync();
        }
    }

    private static ClusterEntry Entry(int port, long generation) =>
        new(new NodeLife($"akka.tcp://AkkaLb@127.0.0.1:{port}", -17), generation, "pick-first");

    private static string Sentence(string key) =>
        $"{key} in etcd is left out: it has no lease, so nobody alive holds it; remove it with etcdctl del '{key}'";

    private Task<string> PutAsync(string key, byte[] value) =>
        fixture.Etcd.Etcdctl("put", $"{_settings.Prefix}/{key}", Encoding.UTF8.GetString(value));
}
