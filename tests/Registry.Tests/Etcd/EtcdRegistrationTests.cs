using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

[Collection(EtcdTests.Name)]
[Trait("etcd", "each-release")]
public sealed class EtcdRegistrationTests(EtcdFixture fixture) : IAsyncLifetime
{
    private readonly EtcdRegistry _registry = fixture.NewSettings().Open();
    private readonly CancellationTokenSource _bound = Bound.New();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _registry.DisposeAsync();

    [Fact]
    public async Task A_watch_follows_a_worker_from_registration_through_draining_to_its_end()
    {
        await using var watch = new WatchProbe(_registry);
        Assert.Empty((await watch.NextReadAsync()).All);

        var lease = (await _registry.AddAsync(Worker("w1"))).LeaseId;
        var added = Assert.Single((await watch.NextChangeAsync()).Changes!);
        Assert.Equal(Worker("w1"), added.Item!.Worker);

        var draining = Worker("w1") with { State = WorkerState.Draining };
        Assert.True(await _registry.UpdateAsync(lease, draining, _bound.Token));
        var changed = Assert.Single((await watch.NextChangeAsync()).Changes!);
        Assert.Equal(draining, changed.Item!.Worker);

        await _registry.DeregisterAsync(lease, _bound.Token);
        var removed = Assert.Single((await watch.NextChangeAsync()).Changes!);
        Assert.Equal(new KeyChange<Member>("w1", null), removed);
    }

    [Fact]
    public async Task A_snapshot_lists_members_in_the_order_in_which_they_registered()
    {
        foreach (var id in new[] { "c", "a", "b" })
        {
            await _registry.AddAsync(Worker(id));
        }

        await using var watch = new WatchProbe(_registry);
        var snapshot = await watch.NextReadAsync();
        Assert.Equal(["c", "a", "b"], snapshot.All.Select(m => m.Worker.Id));
    }

    [Fact]
    public async Task An_id_in_use_by_another_incarnation_is_refused_and_leaves_no_lease_behind()
    {
        var holder = await _registry.AddAsync(Worker("w1", incarnation: 7));
        var leasesBefore = await LeasesAsync();

        var outcome = await _registry.RegisterAsync(Worker("w1", incarnation: 8), Ttl, _bound.Token);

        Assert.Equal(new RegisterOutcome.IdInUse(7, Ttl), outcome);
        Assert.Equal(leasesBefore, await LeasesAsync());
        Assert.True(await _registry.UpdateAsync(holder.LeaseId, Worker("w1", incarnation: 7), _bound.Token));
    }

    [Fact]
    public async Task A_refusal_tells_how_long_the_lease_of_a_dead_holder_may_live_in_an_etcd_that_grants_more_than_was_asked_for()
    {
        await using var etcd = await EtcdProcess.StartAsync(EtcdTimers.Slow);
        await using var registry = Settings.For(etcd).Open();
        var holder = await registry.AddAsync(Worker("w1", incarnation: 7), TimeSpan.FromSeconds(1));

        var outcome = await registry.RegisterAsync(Worker("w1", incarnation: 8), TimeSpan.FromSeconds(1), _bound.Token);

        Assert.Equal((TimeSpan.FromSeconds(5), new RegisterOutcome.IdInUse(7, TimeSpan.FromSeconds(5))), (holder.Ttl, outcome));
    }

    [Fact]
    public async Task An_id_whose_value_nobody_can_read_is_in_use_by_incarnation_zero()
    {
        var settings = fixture.NewSettings();
        await using var registry = settings.Open();
        await fixture.Etcd.PutLeasedAsync($"{settings.Prefix}/workers/w1", "rubbish");
        Assert.Equal(new RegisterOutcome.IdInUse(0, Ttl), await registry.RegisterAsync(Worker("w1"), Ttl, _bound.Token));
    }

    [Fact]
    public async Task Registering_again_with_the_same_incarnation_moves_the_key_to_the_new_lease_and_keeps_its_place()
    {
        var first = await _registry.AddAsync(Worker("w1"));
        await _registry.AddAsync(Worker("w2"));

        var second = await _registry.AddAsync(Worker("w1"));
        await _registry.DeregisterAsync(first.LeaseId, _bound.Token);

        Assert.NotEqual(first.LeaseId, second.LeaseId);
        await using var watch = new WatchProbe(_registry);
        await watch.UntilMembersAreAsync("w1", "w2");
        Assert.True(await _registry.UpdateAsync(second.LeaseId, Worker("w1"), _bound.Token));
    }

    [Fact]
    public async Task Of_many_that_register_one_id_at_once_exactly_one_wins()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(1, 16).Select(i => _registry.RegisterAsync(Worker("w1", i), Ttl, _bound.Token)));

        Assert.Single(outcomes.OfType<RegisterOutcome.Registered>());
        Assert.Single(outcomes.OfType<RegisterOutcome.IdInUse>().Select(o => o.HolderIncarnation).Distinct());
    }

    [Fact]
    public async Task An_update_under_a_lease_that_is_gone_writes_nothing()
    {
        var lease = (await _registry.AddAsync(Worker("w1"))).LeaseId;
        await _registry.DeregisterAsync(lease, _bound.Token);
        Assert.False(await _registry.UpdateAsync(lease, Worker("w1"), _bound.Token));
    }

    [Fact]
    public async Task An_update_under_an_earlier_lease_does_not_touch_the_holder()
    {
        var earlier = (await _registry.AddAsync(Worker("w1"))).LeaseId;
        await _registry.AddAsync(Worker("w1"));
        Assert.False(await _registry.UpdateAsync(earlier, Worker("w1") with { State = WorkerState.Draining }, _bound.Token));
    }

    [Fact]
    public async Task An_update_stays_bound_to_the_lease()
    {
        await using var watch = new WatchProbe(_registry);
        var lease = (await _registry.AddAsync(Worker("w1"))).LeaseId;
        Assert.True(await _registry.UpdateAsync(lease, Worker("w1") with { Capacity = 2 }, _bound.Token));
        await watch.UntilMembersAreAsync("w1");
        await _registry.DeregisterAsync(lease, _bound.Token);
        await watch.UntilMembersAreAsync();
    }

    [Fact]
    public async Task A_lease_nobody_renews_runs_out_and_its_worker_is_removed()
    {
        await using var watch = new WatchProbe(_registry);
        var registered = await _registry.AddAsync(Worker("w1"), ttl: TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), registered.Ttl);
        await watch.UntilMembersAreAsync("w1");

        await watch.UntilMembersAreAsync();

        Assert.IsType<KeepAliveOutcome.LeaseLost>(await _registry.KeepAliveAsync(registered.LeaseId, _bound.Token));
    }

    [Fact]
    public async Task A_renewal_answers_with_the_time_to_live()
    {
        var lease = (await _registry.AddAsync(Worker("w1"), ttl: TimeSpan.FromSeconds(40))).LeaseId;
        Assert.Equal(new KeepAliveOutcome.Kept(TimeSpan.FromSeconds(40)), await _registry.KeepAliveAsync(lease, _bound.Token));
    }

    [Fact]
    public async Task Giving_back_a_lease_that_is_gone_counts_as_done() => await _registry.DeregisterAsync(4711, _bound.Token);

    [Fact]
    public async Task A_cancelled_call_throws_and_registers_nobody()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _registry.RegisterAsync(Worker("w1"), Ttl, new CancellationToken(canceled: true)));
        await using var watch = new WatchProbe(_registry);
        Assert.Empty((await watch.NextReadAsync()).All);
    }

    private async Task<string[]> LeasesAsync() =>
        [.. (await fixture.Etcd.Etcdctl("lease", "list")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Order()];
}
