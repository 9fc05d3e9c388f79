using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>What becomes of an entry while its lease lives on: seen as it is, and put back only over what was seen.</summary>
[Collection(EtcdTests.Name)]
public sealed class EtcdEntryTests : IAsyncLifetime
{
    private static readonly WorkerRecord W1 = Worker("w1", incarnation: 7);

    private readonly EtcdFixture _fixture;
    private readonly EtcdSettings _settings;
    private readonly EtcdRegistry _registry;
    private readonly CancellationTokenSource _bound = Bound.New();
    private long _lease;

    public EtcdEntryTests(EtcdFixture fixture)
    {
        (_fixture, _settings) = (fixture, fixture.NewSettings());
        _registry = _settings.Open();
    }

    private string Key => $"{_settings.Prefix}/workers/w1";

    public async Task InitializeAsync() => _lease = (await _registry.AddAsync(W1)).LeaseId;

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        _bound.Dispose();
    }

    [Fact]
    public async Task What_was_registered_is_found_under_its_lease()
    {
        var found = Assert.IsType<EntrySight.Found>(await LookAsync());
        Assert.Equal((_lease, W1), (found.LeaseId, found.Worker));
    }

    [Fact]
    public async Task A_deleted_key_is_missing_though_the_lease_lives_and_comes_back_under_it()
    {
        await _fixture.Etcd.Etcdctl("del", Key);
        Assert.IsType<EntrySight.Missing>(await LookAsync());
        Assert.IsType<KeepAliveOutcome.Kept>(await _registry.KeepAliveAsync(_lease, _bound.Token));

        Assert.True(await _registry.PutBackAsync(_lease, W1, 0, _bound.Token));

        await What_was_registered_is_found_under_its_lease();
        await _registry.DeregisterAsync(_lease, _bound.Token);
        Assert.IsType<EntrySight.Missing>(await LookAsync());
    }

    [Fact]
    public async Task Garbage_is_unreadable_without_a_lease_and_is_replaced()
    {
        await _fixture.Etcd.Etcdctl("put", Key, "garbage");
        var garbage = Assert.IsType<EntrySight.Unreadable>(await LookAsync());
        Assert.Equal(0, garbage.LeaseId);
        Assert.True(await _registry.PutBackAsync(_lease, W1, garbage.Revision, _bound.Token));
        await What_was_registered_is_found_under_its_lease();
    }

    [Fact]
    public async Task Garbage_put_without_changing_the_lease_is_unreadable_under_it()
    {
        await _fixture.Etcd.Etcdctl("put", "--ignore-lease", Key, "garbage");
        Assert.Equal(_lease, Assert.IsType<EntrySight.Unreadable>(await LookAsync()).LeaseId);
    }

    [Fact]
    public async Task Another_process_that_came_between_the_look_and_the_putting_back_is_not_written_over()
    {
        await _fixture.Etcd.Etcdctl("del", Key);
        Assert.IsType<EntrySight.Missing>(await LookAsync());
        var other = await _registry.AddAsync(Worker("w1", incarnation: 8));
        await AssertNotPutBackAsync(0, other.LeaseId);
    }

    [Fact]
    public async Task Another_process_that_took_the_place_of_garbage_is_not_written_over()
    {
        await _fixture.Etcd.Etcdctl("put", Key, "garbage");
        var garbage = Assert.IsType<EntrySight.Unreadable>(await LookAsync());
        await _fixture.Etcd.Etcdctl("del", Key);
        var other = await _registry.AddAsync(Worker("w1", incarnation: 8));
        await AssertNotPutBackAsync(garbage.Revision, other.LeaseId);
    }

    [Fact]
    public async Task Nothing_is_put_back_under_a_lease_that_is_gone()
    {
        await _registry.DeregisterAsync(_lease, _bound.Token);
        Assert.False(await _registry.PutBackAsync(_lease, W1, 0, _bound.Token));
        Assert.IsType<EntrySight.Missing>(await LookAsync());
    }

    private async Task AssertNotPutBackAsync(long revision, long othersLease)
    {
        Assert.False(await _registry.PutBackAsync(_lease, W1, revision, _bound.Token));
        var found = Assert.IsType<EntrySight.Found>(await LookAsync());
        Assert.Equal((othersLease, 8), (found.LeaseId, found.Worker.Incarnation));
    }

    private Task<EntrySight> LookAsync() => _registry.LookAsync(_lease, W1, _bound.Token);
}
