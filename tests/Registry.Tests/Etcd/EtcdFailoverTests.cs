using System.Diagnostics;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Etcd;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>Several endpoints, one of which is dead, frozen or silent.</summary>
public sealed class EtcdFailoverTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _bound = new(TimeSpan.FromSeconds(60));
    private EtcdProcess _etcd = null!;

    public async Task InitializeAsync() => _etcd = await EtcdProcess.StartAsync();

    public async Task DisposeAsync() => await _etcd.DisposeAsync();

    [Fact]
    public async Task A_request_goes_to_the_member_that_lives_when_nobody_listens_at_the_other()
    {
        await using var registry = To(FreePorts.Take(), _etcd.Port).Open();
        await registry.ProbeAsync(_bound.Token);
        for (var i = 0; i < 20; i++)
        {
            var lease = (await registry.AddAsync(Worker($"w{i}"))).LeaseId;
            Assert.IsType<KeepAliveOutcome.Kept>(await registry.KeepAliveAsync(lease, _bound.Token));
        }
    }

    [Fact]
    public async Task A_probe_needs_only_one_endpoint_that_answers()
    {
        await using var silent = new FaultyProxy(_etcd.Port);
        silent.Silence();
        await using var registry = (To(silent.Port, _etcd.Port) with { RequestTimeout = TimeSpan.FromSeconds(6) }).Open();
        for (var i = 0; i < 4; i++)
        {
            await registry.ProbeAsync(_bound.Token);
        }
    }

    [Fact]
    public async Task A_watch_that_goes_into_a_silent_network_is_opened_elsewhere_without_waiting_for_pings()
    {
        await using var a = new FaultyProxy(_etcd.Port);
        await using var b = new FaultyProxy(_etcd.Port);
        var settings = To(a.Port, b.Port) with
        {
            RequestTimeout = TimeSpan.FromSeconds(1),
            LivenessInterval = TimeSpan.FromMilliseconds(200),
            ResyncInterval = TimeSpan.FromMinutes(10),
            PingDelay = TimeSpan.FromMinutes(10),
        };
        await using var watcher = settings.Open();
        await using var watch = new WatchProbe(watcher);
        await watch.NextReadAsync();
        await using var workers = Settings.For(_etcd).Open();

        // The watch goes through one of the two: in one of these rounds through the silent one.
        a.Silence();
        await workers.AddAsync(Worker("w1"));
        await watch.UntilMembersAreAsync("w1");
        a.Mend();
        b.Silence();
        await workers.AddAsync(Worker("w2"));
        await watch.UntilMembersAreAsync("w1", "w2");

        Assert.Contains("is silent though there are changes", Assert.Single(
            watch.Seen.OfType<Watched<Member>.Down>()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Renewals_reach_another_member_in_time_when_one_is_frozen()
    {
        var ttl = TimeSpan.FromSeconds(3);
        await using var cluster = await EtcdCluster.StartAsync();
        Assert.True(EtcdEndpoints.TryParse(cluster.Endpoints, out var endpoints, out _));
        await using var registry = new EtcdSettings(endpoints).Open();
        var lease = (await registry.AddAsync(Worker("w1"), ttl)).LeaseId;
        var leader = await cluster.LeaderAsync(_bound.Token);
        cluster.Members.First(m => m != leader).Freeze();

        using var timer = new PeriodicTimer(ttl / 3);
        for (var renewal = 0; renewal < 6; renewal++)
        {
            await timer.WaitForNextTickAsync(_bound.Token);
            while (!await IsKeptAsync())
            {
                // The frozen member was asked. The next one is asked at once.
            }
        }

        async Task<bool> IsKeptAsync()
        {
            try
            {
                Assert.IsType<KeepAliveOutcome.Kept>(await registry.KeepAliveAsync(lease, _bound.Token));
                return true;
            }
            catch (RegistryUnavailableException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task With_everybody_gone_nobody_is_asked_in_a_loop()
    {
        await using var a = new FaultyProxy(_etcd.Port);
        await using var b = new FaultyProxy(_etcd.Port);
        a.Cut();
        b.Cut();
        await using var registry = new EtcdSettings(To(a.Port, b.Port).Endpoints).Open();
        var began = Stopwatch.GetTimestamp();
        await using var watch = new WatchProbe(registry);

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (a.Accepted + b.Accepted < 30)
        {
            await timer.WaitForNextTickAsync(_bound.Token);
        }

        // The pauses alone, at their shortest: 50, 100, 200, 400 and 800 ms. A loop would be here at once.
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromSeconds(1), TimeSpan.MaxValue);
    }

    private static EtcdSettings To(params int[] ports) =>
        Settings.For(ports[0]) with { Endpoints = [.. ports.Select(p => new EtcdEndpoint("127.0.0.1", p))] };
}
