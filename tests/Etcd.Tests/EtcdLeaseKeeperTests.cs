using AkkaLb.Tests.Support.Etcd;
using Etcdserverpb;
using Google.Protobuf;

namespace AkkaLb.Etcd.Tests;

/// <summary>Against a real etcd, which grants no less than 2 s (or 1 s where its election time-out is short).</summary>
[Trait("etcd", "each-release")]
public sealed class EtcdLeaseKeeperTests : IAsyncLifetime
{
    private static readonly ByteString Key = ByteString.CopyFromUtf8("/test/key");
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private EtcdProcess _etcd = null!;
    private EtcdConnection _connection = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _connection = new EtcdConnection(new EtcdSettings([new EtcdEndpoint("127.0.0.1", _etcd.Port)]), TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        _connection.Dispose();
        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task A_kept_lease_outlives_its_ttl_and_goes_with_its_keeper()
    {
        var keeper = await KeepAsync(ttlSeconds: 5);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (watch.Elapsed < keeper.Ttl * 1.3)
        {
            Assert.Equal(1, await CountAsync());
            Assert.True(keeper.IsHeld, keeper.LostReason);
            await timer.WaitForNextTickAsync();
        }

        await keeper.DisposeAsync();
        Assert.False(keeper.IsHeld);
        Assert.False(keeper.Lost.IsCancellationRequested);
        Assert.Null(keeper.LostReason);
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task A_lease_that_was_revoked_behind_its_keeper_is_lost()
    {
        await using var keeper = await KeepAsync();
        await _connection.RevokeAsync(keeper.LeaseId, CancellationToken.None);
        await LostAsync(keeper);
        Assert.Contains("does not know the lease", keeper.LostReason, StringComparison.Ordinal);
        Assert.False(keeper.IsHeld);
    }

    [Fact]
    public async Task A_lease_is_lost_when_etcd_stays_away_for_its_ttl()
    {
        await using var keeper = await KeepAsync();
        _etcd.Freeze();
        await LostAsync(keeper);
        Assert.Matches(@"^it could not be renewed within its \d+ s: etcd at \S+ did not answer within", keeper.LostReason);
        Assert.False(keeper.IsHeld);
        _etcd.Thaw();
    }

    [Fact]
    public async Task An_orphaned_lease_runs_out_by_itself()
    {
        var keeper = await KeepAsync();
        await keeper.OrphanAsync();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (await CountAsync() > 0)
        {
            Assert.True(watch.Elapsed < Bound, "the key is still there");
        }

        Assert.False(keeper.IsHeld);
    }

    private async Task<EtcdLeaseKeeper> KeepAsync(int ttlSeconds = 2)
    {
        var keeper = await EtcdLeaseKeeper.GrantAsync(_connection, TimeSpan.FromSeconds(ttlSeconds), CancellationToken.None);
        await _connection.PutAsync(new PutRequest { Key = Key, Value = Key, Lease = keeper.LeaseId }, CancellationToken.None);
        return keeper;
    }

    private async Task<long> CountAsync() =>
        (await _connection.RangeAsync(new RangeRequest { Key = Key, CountOnly = true }, CancellationToken.None)).Count;

    private static async Task LostAsync(EtcdLeaseKeeper keeper)
    {
        var lost = new TaskCompletionSource();
        await using var registration = keeper.Lost.Register(lost.SetResult);
        await lost.Task.WaitAsync(Bound);
    }
}
