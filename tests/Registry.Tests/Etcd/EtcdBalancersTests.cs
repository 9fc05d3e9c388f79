using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;

namespace AkkaLb.Registry.Tests.Etcd;

[Collection(EtcdTests.Name)]
public sealed class EtcdBalancersTests(EtcdFixture fixture) : IAsyncLifetime
{
    private readonly EtcdSettings _settings = fixture.NewSettings();
    private readonly CancellationTokenSource _bound = Bound.New();
    private EtcdRegistry _registry = null!;

    public Task InitializeAsync()
    {
        _registry = _settings.Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _registry.DisposeAsync();

    [Fact]
    public async Task Balancers_are_listed_in_registration_order_and_leave_with_their_lease()
    {
        var second = await AddAsync("b2", port: 2);
        await AddAsync("b1", port: 1);
        Assert.Equal(["b2", "b1"], await IdsAsync());

        await _registry.DeregisterAsync(second, _bound.Token);
        Assert.Equal(["b1"], await IdsAsync());
    }

    [Fact]
    public async Task A_balancer_with_the_same_id_replaces_the_earlier_one_and_outlives_its_lease()
    {
        var earlier = await AddAsync("b1", port: 1);
        await AddAsync("b1", port: 2);
        await _registry.DeregisterAsync(earlier, _bound.Token);

        var balancer = Assert.Single((await _registry.ReadBalancersAsync(_bound.Token)).Balancers);
        Assert.Equal(PathOf(2), balancer.Path);
    }

    [Fact]
    public async Task Balancers_are_no_workers()
    {
        await AddAsync("b1", port: 1);
        await using var watch = new WatchProbe(_registry);
        Assert.Empty((await watch.NextAsync<RegistryEvent.Snapshot>()).Members);
    }

    [Fact]
    public async Task An_unreadable_balancer_is_left_out_and_told()
    {
        var key = $"{_settings.Prefix}/balancers/b1";
        await fixture.Etcd.Etcdctl("put", key, "[]");
        var listing = await _registry.ReadBalancersAsync(_bound.Token);
        Assert.Empty(listing.Balancers);
        Assert.Equal(key, Assert.Single(listing.Unreadable).Key);
    }

    private static string PathOf(int port) => $"akka.tcp://AkkaLb@127.0.0.1:{port}/user/balancer";

    private async Task<long> AddAsync(string id, int port)
    {
        var outcome = await _registry.RegisterBalancerAsync(id, PathOf(port), "0.1.0", Workers.Ttl, _bound.Token);
        return Assert.IsType<RegisterOutcome.Registered>(outcome).LeaseId;
    }

    private async Task<IEnumerable<string>> IdsAsync() => (await _registry.ReadBalancersAsync(_bound.Token)).Balancers.Select(b => b.Id);
}
