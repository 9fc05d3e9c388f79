using System.Globalization;
using System.Text.Json;
using Akka.Coordination;

namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>The lease against a real etcd that does what it should.</summary>
public class EtcdLeaseTests(EtcdFixture fixture) : IClassFixture<EtcdFixture>
{
    [Fact]
    public async Task A_free_lease_is_acquired_and_stands_in_etcd_under_its_key()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        var lease = host.Lease("free", "host:1");

        Assert.False(lease.CheckLease());
        Assert.Equal(0, lease.FencingToken);
        Assert.True(await lease.Acquire());

        Assert.True(lease.CheckLease());
        Assert.Equal("/akka/leases/free", lease.Key);
        using var value = JsonDocument.Parse(await fixture.Etcd.Etcdctl("get", "--print-value-only", lease.Key));
        Assert.Equal("host:1", value.RootElement.GetProperty("owner").GetString());
        var kv = (await ReadAsync(lease.Key)).Single();
        Assert.Equal(lease.FencingToken, kv.GetProperty("create_revision").GetInt64());
        Assert.NotEqual(0, kv.GetProperty("lease").GetInt64());
    }

    [Fact]
    public async Task Another_owner_is_refused_until_it_is_released()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        var (ours, theirs) = (host.Lease("refused", "a"), host.Lease("refused", "b"));
        Assert.True(await ours.Acquire());

        Assert.False(await theirs.Acquire());
        Assert.False(theirs.CheckLease());
        Assert.True(await ours.Release());
        Assert.False(ours.CheckLease());

        Assert.True(await theirs.Acquire());
    }

    [Fact]
    public async Task The_same_owner_name_in_another_process_is_another_owner()
    {
        await using var here = LeaseHost.Start(fixture.Etcd);
        await using var there = LeaseHost.Start(fixture.Etcd);
        Assert.True(await here.Lease("namesake", "host:1").Acquire());

        Assert.False(await there.Lease("namesake", "host:1").Acquire());
    }

    [Fact]
    public async Task The_holder_may_acquire_again_and_keeps_its_token()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        var lease = host.Lease("again");
        Assert.True(await lease.Acquire());
        var token = lease.FencingToken;

        Assert.True(await lease.Acquire());

        Assert.Equal(token, lease.FencingToken);
    }

    [Fact]
    public async Task Tokens_grow_from_owner_to_owner()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        var last = 0L;
        for (var i = 0; i < 20; i++)
        {
            var lease = host.Lease("tokens", i % 2 == 0 ? "a" : "b");
            Assert.True(await lease.Acquire());
            Assert.True(lease.FencingToken > last, $"{lease.FencingToken} after {last}");
            last = lease.FencingToken;
            Assert.True(await lease.Release());
        }
    }

    [Fact]
    public async Task A_loser_leaves_no_lease_behind_in_etcd()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        var (ours, theirs) = (host.Lease("litter", "a"), host.Lease("litter", "b"));
        Assert.True(await ours.Acquire());
        var revision = await RevisionAsync();

        Assert.False(await theirs.Acquire());

        Assert.Equal(revision, await RevisionAsync());
    }

    [Fact]
    public async Task A_lease_is_renewed_beyond_its_ttl()
    {
        await using var host = LeaseHost.Start(fixture.Etcd, "akka.coordination.lease.etcd.heartbeat-timeout = 3s");
        var lease = host.Lease("renewed");
        var loss = new LossProbe();
        Assert.True(await lease.Acquire(loss.Told));
        var token = lease.FencingToken;
        var kv = (await ReadAsync(lease.Key)).Single();

        // Real time has to pass here: etcd's own clock decides.
        await UntilAsync(TimeSpan.FromSeconds(9));

        Assert.Equal(0, loss.Count);
        Assert.Equal(token, lease.FencingToken);
        Assert.Equal(kv.GetProperty("lease").GetInt64(), (await ReadAsync(lease.Key)).Single().GetProperty("lease").GetInt64());
    }

    [Fact]
    public async Task A_key_deleted_by_hand_costs_the_ownership_and_is_told_once()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        var lease = host.Lease("deleted");
        var loss = new LossProbe();
        Assert.True(await lease.Acquire(loss.Told));

        await fixture.Etcd.Etcdctl("del", lease.Key);

        Assert.Contains("was deleted", await loss.ReasonAsync(), StringComparison.Ordinal);
        Assert.False(lease.CheckLease());
        Assert.True(await lease.Acquire());
        Assert.Equal(1, loss.Count);
    }

    [Fact]
    public async Task A_lease_revoked_behind_the_holder_costs_the_ownership()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        var lease = host.Lease("revoked");
        var loss = new LossProbe();
        Assert.True(await lease.Acquire(loss.Told));
        var leaseId = (await ReadAsync(lease.Key)).Single().GetProperty("lease").GetInt64();

        await fixture.Etcd.Etcdctl("lease", "revoke", leaseId.ToString("x", CultureInfo.InvariantCulture));

        Assert.Contains("does not know the lease", await loss.ReasonAsync(), StringComparison.Ordinal);
        Assert.False(lease.CheckLease());
    }

    [Fact]
    public async Task Releasing_tells_no_loss()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        var lease = host.Lease("quiet");
        var loss = new LossProbe();
        Assert.True(await lease.Acquire(loss.Told));

        Assert.True(await lease.Release());
        Assert.True(await lease.Release());

        Assert.Empty(await ReadAsync(lease.Key));
        Assert.Equal(0, loss.Count);
    }

    [Fact]
    public async Task A_value_nobody_can_read_is_somebodys_all_the_same()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        await fixture.Etcd.PutLeasedAsync("/akka/leases/garbage", "{{{");

        Assert.False(await host.Lease("garbage").Acquire());
    }

    [Fact]
    public async Task A_key_without_a_lease_is_not_held_and_the_token_of_the_one_that_takes_it_over_is_the_highest()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        var (first, second) = (host.Lease("unleased", "a"), host.Lease("unleased", "b"));
        var loss = new LossProbe();
        Assert.True(await first.Acquire(loss.Told));
        var (key, token) = (first.Key, first.FencingToken);
        var value = (await fixture.Etcd.Etcdctl("get", "--print-value-only", key)).Trim();

        // The create revision of the key stays that of the first one's.
        await fixture.Etcd.Etcdctl("put", key, value);
        Assert.True(await second.Acquire());

        Assert.True(second.FencingToken > token, $"{second.FencingToken} after {token}");
        Assert.NotEqual(0, (await ReadAsync(key)).Single().GetProperty("lease").GetInt64());
        Assert.False(await host.Lease("unleased", "c").Acquire());
    }

    [Fact]
    public async Task When_its_actor_system_ends_the_owner_holds_nothing_and_the_key_runs_out_by_itself()
    {
        EtcdLease lease;
        await using (var host = LeaseHost.Start(fixture.Etcd))
        {
            lease = host.Lease("ended");
            Assert.True(await lease.Acquire());
        }

        Assert.False(lease.CheckLease());
        Assert.Single(await ReadAsync(lease.Key));
        await Assert.ThrowsAsync<LeaseException>(lease.Acquire);
    }

    [Fact]
    public async Task Find_gives_the_lease_that_was_made_under_a_name()
    {
        await using var host = LeaseHost.Start(fixture.Etcd);
        var (_, held) = (host.Lease("found", "a"), host.Lease("found", "b"));
        Assert.True(await held.Acquire());

        Assert.Same(held, EtcdLeaseProvider.Get(host.System).Find("found"));
        Assert.Null(EtcdLeaseProvider.Get(host.System).Find("other"));
    }

    private static async Task UntilAsync(TimeSpan passed)
    {
        using var timer = new PeriodicTimer(passed);
        await timer.WaitForNextTickAsync();
    }

    private async Task<long> RevisionAsync() =>
        (await GetAsync("/akka/leases/none")).GetProperty("header").GetProperty("revision").GetInt64();

    private async Task<List<JsonElement>> ReadAsync(string key) =>
        (await GetAsync(key)).TryGetProperty("kvs", out var kvs) ? [.. kvs.EnumerateArray()] : [];

    private async Task<JsonElement> GetAsync(string key)
    {
        using var answer = JsonDocument.Parse(await fixture.Etcd.Etcdctl("get", key, "--write-out", "json"));
        return answer.RootElement.Clone();
    }
}
