using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Watching;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

[Collection(EtcdTests.Name)]
[Trait("etcd", "each-release")]
public sealed class EtcdWatchTests(EtcdFixture fixture) : IAsyncLifetime
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
    public async Task Two_hundred_changes_arrive_once_and_in_order()
    {
        await using var watch = new WatchProbe(_registry);
        await watch.NextReadAsync();
        var lease = (await _registry.AddAsync(Worker("w1") with { Capacity = 1 })).LeaseId;
        for (var i = 2; i <= 200; i++)
        {
            Assert.True(await _registry.UpdateAsync(lease, Worker("w1") with { Capacity = i }, _bound.Token));
        }

        while (watch.Changes.Count() < 200)
        {
            await watch.NextChangeAsync();
        }

        Assert.Equal(Enumerable.Range(1, 200), watch.Changes.Select(p => p.Item!.Worker.Capacity));
        var revisions = watch.Told.Select(c => c.Revision).ToList();
        Assert.Equal(revisions.Distinct().Order(), revisions);
    }

    [Fact]
    public async Task Values_that_cannot_be_read_are_left_out_and_told()
    {
        await PutAsync("rubbish", "{");
        await _registry.AddAsync(Worker("w1"));
        await using var watch = new WatchProbe(_registry);
        Assert.Equal("w1", Assert.Single((await watch.NextReadAsync()).All).Worker.Id);
        Assert.EndsWith("/rubbish", (await watch.NextAsync<Watched<Member>.Skipped>()).Key, StringComparison.Ordinal);

        await PutAsync("later", "42");
        Assert.EndsWith("/later", (await watch.NextAsync<Watched<Member>.Skipped>()).Key, StringComparison.Ordinal);
        Assert.Equal(["w1"], watch.Members);
    }

    [Fact]
    public async Task A_member_whose_value_becomes_unreadable_is_removed()
    {
        await _registry.AddAsync(Worker("w1"));
        await using var watch = new WatchProbe(_registry);
        await watch.UntilMembersAreAsync("w1");

        await PutAsync("w1", "{}");

        Assert.Equal(new KeyChange<Member>("w1", null), Assert.Single((await watch.NextChangeAsync()).Changes!));
        Assert.Contains("'path' is missing", (await watch.NextAsync<Watched<Member>.Skipped>()).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_watch_with_a_cancellation()
    {
        await using var watch = new WatchProbe(_registry);
        await watch.NextReadAsync();
        Assert.IsAssignableFrom<OperationCanceledException>(await watch.CancelAsync());
    }

    [Fact]
    public async Task Disposing_the_registry_ends_its_watches()
    {
        var registry = _settings.Open();
        await using var watch = new WatchProbe(registry);
        await watch.NextReadAsync();
        await registry.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(watch.NextChangeAsync);
        Assert.IsAssignableFrom<OperationCanceledException>(await watch.CancelAsync());
    }

    private Task<string> PutAsync(string id, string value) => fixture.Etcd.Etcdctl("put", $"{_settings.Prefix}/workers/{id}", value);
}
