using Akka.Coordination;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Coordination.Etcd.Tests;

/// <summary>The lease when etcd fails, or its own process stands still. Each test has an etcd of its own.</summary>
public class EtcdLeaseOutageTests
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task Etcd_restarted_in_time_costs_nothing()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var host = LeaseHost.Start(etcd, "akka.coordination.lease.etcd.heartbeat-timeout = 30s");
        var lease = host.Lease("kept");
        var loss = new LossProbe();
        Assert.True(await lease.Acquire(loss.Told));
        var token = lease.FencingToken;

        await etcd.RestartAsync();

        Assert.Equal(token, lease.FencingToken);
        Assert.False(await host.Lease("kept", "other").Acquire());
        Assert.Equal(0, loss.Count);
    }

    [Fact]
    public async Task The_leader_of_three_killed_costs_nothing()
    {
        await using var cluster = await EtcdCluster.StartAsync(3, EtcdTimers.Steady);
        await using var host = LeaseHost.Start(cluster.Members[0], $$"""
            akka.coordination.lease.etcd { heartbeat-timeout = 30s, heartbeat-interval = 1s, endpoints = "{{cluster.Endpoints}}" }
            """);
        var lease = host.Lease("elected");
        var loss = new LossProbe();
        Assert.True(await lease.Acquire(loss.Told));
        var (token, heldUntil) = (lease.FencingToken, lease.HeldUntil);
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        (await cluster.LeaderAsync(bound.Token)).Kill();

        // Beyond what a renewal before the kill could have given.
        await Until.So(() => lease.HeldUntil > heldUntil + TimeSpan.FromSeconds(10), "renewals continue with the next leader");
        Assert.Equal(token, lease.FencingToken);
        Assert.False(await host.Lease("elected", "other").Acquire());
        Assert.Equal(0, loss.Count);
    }

    [Fact]
    public async Task Etcd_frozen_for_longer_than_the_ttl_costs_the_ownership_and_afterwards_another_gets_it()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var host = LeaseHost.Start(etcd);
        var lease = host.Lease("frozen");
        var loss = new LossProbe();
        Assert.True(await lease.Acquire(loss.Told));
        var token = lease.FencingToken;

        etcd.Freeze();

        Assert.Contains("no renewal was confirmed in time", await loss.ReasonAsync(), StringComparison.Ordinal);
        Assert.False(lease.CheckLease());
        etcd.Thaw();
        var other = host.Lease("frozen", "other");
        await UntilAcquiredAsync(other);
        Assert.True(other.FencingToken > token);
        Assert.Equal(1, loss.Count);
        Assert.False(lease.CheckLease());
    }

    [Fact]
    public async Task After_a_hundred_cuts_a_lease_is_still_held_or_can_be_had_and_tokens_have_only_grown()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var proxy = new FaultyProxy(etcd.Port);
        await using var host = LeaseHost.Start(
            etcd, $"akka.coordination.lease.etcd {{ endpoints = [\"{proxy.Endpoint}\"], heartbeat-interval = 200ms }}");
        var last = 0L;
        for (var i = 0; i < 100; i++)
        {
            var lease = host.Lease("cut", $"owner {i}");
            var acquiring = UntilAcquiredAsync(lease);
            proxy.Break();
            await acquiring;
            Assert.True(lease.FencingToken > last, $"{lease.FencingToken} after {last}");
            last = lease.FencingToken;
            var releasing = lease.Release();
            proxy.Break();
            await releasing;
        }
    }

    [Fact]
    public async Task The_key_of_a_holder_that_died_goes_with_its_ttl()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        var dead = LeaseHost.Start(etcd);
        Assert.True(await dead.Lease("dead").Acquire());
        await using var host = LeaseHost.Start(etcd);
        var heir = host.Lease("dead");
        Assert.False(await heir.Acquire());

        // As a killed process: it stops renewing and revokes nothing.
        await dead.DisposeAsync();

        await UntilAcquiredAsync(heir);
    }

    [Fact]
    public async Task Without_etcd_acquiring_times_out_and_says_why()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var host = LeaseHost.Start(etcd, "akka.coordination.lease.etcd.lease-operation-timeout = 1s");
        etcd.Kill();

        var fault = await Assert.ThrowsAsync<LeaseTimeoutException>(host.Lease("nobody").Acquire);

        Assert.Contains(etcd.Endpoint, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Released_while_etcd_is_away_it_is_not_held_and_can_be_acquired_again_later()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var host = LeaseHost.Start(etcd, "akka.coordination.lease.etcd { lease-operation-timeout = 2s, heartbeat-timeout = 60s }");
        var lease = host.Lease("let-go");
        Assert.True(await lease.Acquire());
        var token = lease.FencingToken;
        etcd.Kill();

        Assert.False(await lease.Release());
        Assert.False(lease.CheckLease());

        // The key is still there, with its whole 60 s: it is ours, so it is revoked and made again.
        await etcd.RestartAsync();
        await UntilAcquiredAsync(lease);
        Assert.True(lease.FencingToken > token);
    }

    [Fact]
    public async Task After_a_pause_longer_than_the_ttl_the_first_check_finds_it_gone_though_etcd_still_has_the_key()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var host = LeaseHost.Start(etcd, "akka.coordination.lease.etcd.heartbeat-timeout = 60s");
        var time = new ManualTime();
        var lease = host.Lease("paused", time);
        var loss = new LossProbe();
        Assert.True(await lease.Acquire(loss.Told));

        time.AdvanceSilently(TimeSpan.FromSeconds(54));

        Assert.False(lease.CheckLease());
        Assert.Equal(0, lease.FencingToken);
        var reason = loss.ReasonAsync();
        for (time.FireTimers(); !reason.IsCompleted; time.FireTimers())
        {
            // The lease may have set its timer only now.
            time.AdvanceSilently(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Contains("stood still", await reason, StringComparison.Ordinal);
        Assert.False(lease.CheckLease());
    }

    [Fact]
    public async Task A_machine_that_slept_finds_it_gone_though_its_monotonic_clock_stood_still()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var host = LeaseHost.Start(etcd);
        var time = new ManualTime();
        var lease = host.Lease("slept", time);
        Assert.True(await lease.Acquire());

        time.SetWallClock(Ttl);

        Assert.False(lease.CheckLease());
    }

    [Fact]
    public async Task Renewals_follow_the_holders_clock_and_move_its_deadline()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var host = LeaseHost.Start(etcd, "akka.coordination.lease.etcd.heartbeat-timeout = 60s");
        var time = new ManualTime();
        var lease = host.Lease("moved", time);
        Assert.True(await lease.Acquire());

        // Five times a third of the TTL: without renewals it would be over.
        for (var i = 0; i < 5; i++)
        {
            var renewed = await RenewalsAsync(etcd);
            time.Advance(TimeSpan.FromSeconds(20));
            await Until.So(
                async () =>
                {
                    // A timer that was being set just then counts from now.
                    time.Advance(TimeSpan.FromMilliseconds(10));
                    return await RenewalsAsync(etcd) > renewed;
                },
                "etcd has renewed the lease");
        }

        Assert.True(lease.CheckLease());
    }

    private static Task<double> RenewalsAsync(EtcdProcess etcd) => etcd.MetricAsync("etcd_debugging_lease_renewed_total", CancellationToken.None);

    private static Task UntilAcquiredAsync(EtcdLease lease) => Until.So(async () =>
    {
        try
        {
            return await lease.Acquire();
        }
        catch (LeaseException)
        {
            return false;
        }
    }, "the lease is acquired");
}
