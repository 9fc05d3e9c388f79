using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;
using Etcdserverpb;
using Mvccpb;

namespace AkkaLb.Etcd.Tests;

/// <summary>Members that accept and never answer, or whose connections keep breaking, beside one that lives.</summary>
public sealed class SilentMembersTests : IAsyncLifetime
{
    private static readonly EtcdKeyRange Keys = new("/test/");
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private EtcdProcess _etcd = null!;

    public async Task InitializeAsync() => _etcd = await EtcdProcess.StartAsync();

    public async Task DisposeAsync() => await _etcd.DisposeAsync();

    [Fact]
    public async Task Two_silent_members_cost_a_read_and_a_renewal_no_more_than_one_request_timeout()
    {
        await using var a = new FaultyProxy(_etcd.Port);
        await using var b = new FaultyProxy(_etcd.Port);
        a.Silence();
        b.Silence();
        long lease;
        using (var known = To(_etcd.Port))
        {
            lease = (await known.GrantAsync(TimeSpan.FromMinutes(1), default)).ID;
        }

        // Whichever member is asked first, nobody is known to be silent yet.
        for (var first = 0; first < 3; first++)
        {
            int[] ports = [a.Port, b.Port, _etcd.Port];
            using var reading = To([.. ports[first..], .. ports[..first]]);
            await reading.CountAsync(Keys, default).WaitAsync(Bound);
            using var renewing = To([.. ports[first..], .. ports[..first]]);
            Assert.True((await renewing.KeepAliveAsync(lease, default).WaitAsync(Bound)).TTL > 0);
        }
    }

    [Fact]
    public async Task With_all_members_silent_a_read_fails_within_one_request_timeout_and_names_them()
    {
        await using var a = new FaultyProxy(_etcd.Port);
        await using var b = new FaultyProxy(_etcd.Port);
        a.Silence();
        b.Silence();
        using var connection = To(TimeSpan.FromSeconds(1), a.Port, b.Port);
        var told = await Assert.ThrowsAsync<RegistryUnavailableException>(() => connection.CountAsync(Keys, default).WaitAsync(Bound));
        Assert.Equal($"etcd at {a.Endpoint}, {b.Endpoint} did not answer within 1 s", told.Message);
    }

    [Fact]
    public async Task A_lease_whose_connections_break_again_and_again_is_kept_or_its_loss_is_told_and_giving_it_back_never_throws()
    {
        await using var proxy = new FaultyProxy(_etcd.Port);
        using var connection = To(TimeSpan.FromSeconds(2), proxy.Port);
        var keepers = new List<EtcdLeaseKeeper>();
        for (var i = 0; i < 20; i++)
        {
            keepers.Add(await EtcdLeaseKeeper.GrantAsync(connection, TimeSpan.FromSeconds(2), default));
        }

        // A renewal every 0.7 s of each, a break every 5 ms, for two lives of the leases.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var i = 0; i < 800; i++)
        {
            await timer.WaitForNextTickAsync();
            proxy.Break();
        }

        foreach (var keeper in keepers)
        {
            if (!keeper.IsHeld)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, keeper.Lost).ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(Bound);
            }

            await keeper.OrphanAsync();
            Assert.DoesNotContain("paused", keeper.LostReason ?? "", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_connection_that_the_network_has_forgotten_is_replaced_for_calls_leases_and_watches_though_nobody_closes_it()
    {
        await using var proxy = new FaultyProxy(_etcd.Port);
        // Without pings, which would find it out as well.
        using var connection = new EtcdConnection(
            new EtcdSettings([new EtcdEndpoint("127.0.0.1", proxy.Port)]) { RequestTimeout = TimeSpan.FromSeconds(1),
                PingDelay = TimeSpan.FromHours(1) },
            TimeProvider.System);
        await using var keeper = await EtcdLeaseKeeper.GrantAsync(connection, TimeSpan.FromMinutes(1), default);
        using var bound = new CancellationTokenSource(Bound);
        await using var watch = EtcdWatch.WatchAsync(connection, Keys, new Random(1), bound.Token).GetAsyncEnumerator(bound.Token);
        Assert.True(await watch.MoveNextAsync());

        proxy.ForgetOpen();
        var failures = 0;
        while (true)
        {
            try
            {
                await connection.CountAsync(Keys, bound.Token);
                break;
            }
            catch (RegistryUnavailableException)
            {
                failures++;
            }
        }

        // Else it was not forgotten.
        Assert.InRange(failures, 1, int.MaxValue);
        using var direct = To(_etcd.Port);
        var revision = (await direct.PutAsync(new PutRequest { Key = Keys.KeyOf("new"), Lease = keeper.LeaseId }, default)).Header.Revision;
        while ((watch.Current is Watched<KeyValue>.Known known ? known.Revision : 0) < revision)
        {
            Assert.True(await watch.MoveNextAsync());
        }

        Assert.True((await connection.KeepAliveAsync(keeper.LeaseId, default)).TTL > 0);
        Assert.True(keeper.IsHeld, keeper.LostReason);
    }

    private static EtcdConnection To(params int[] ports) => To(TimeSpan.FromSeconds(10), ports);

    private static EtcdConnection To(TimeSpan timeout, params int[] ports) => new(
        new EtcdSettings([.. ports.Select(p => new EtcdEndpoint("127.0.0.1", p))]) { RequestTimeout = timeout }, TimeProvider.System);
}
