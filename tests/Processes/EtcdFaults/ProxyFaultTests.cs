using AkkaLb.Core;
using AkkaLb.Etcd;
using AkkaLb.Processes.Harness;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>A network between the balancer and etcd that breaks connections, or swallows everything.</summary>
public sealed class ProxyFaultTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_watch_cut_again_and_again_during_200_registrations_and_leaves_misses_none_of_them()
    {
        const int registrations = 200;
        const int cutEvery = 20;
        await using var etcd = await EtcdProcess.StartAsync();
        await using var proxy = new FaultyProxy(etcd.Port);
        await using var scene = await FaultScene.StartAsync(output, etcd.Endpoint, proxy.Endpoint);
        await scene.AddWorkersAsync("real");
        scene.Note("before", await etcd.StatusAsync());
        Assert.True(EtcdEndpoints.TryParse(etcd.Endpoint, out var endpoints, out _));
        await using var registry = new EtcdRegistry(new EtcdSettings(endpoints), TimeProvider.System, new Random(4053));
        var random = new Random(4053);
        var there = new List<(string Id, long Lease)>();
        var (left, cuts) = (0, 0);

        // The watch is away for moments: what it tells late is late by a reconnection at most.
        scene.CutOffBegins();
        for (var i = 0; i < registrations; i++)
        {
            var worker = new WorkerRecord($"f{i}", i + 1, $"akka.tcp://AkkaLb@127.0.0.1:4100/user/worker#{i + 1}", WorkerState.Up, 64, 1000, "test");
            var registered = Assert.IsType<RegisterOutcome.Registered>(await registry.RegisterAsync(worker, TimeSpan.FromMinutes(10), default));
            there.Add((worker.Id, registered.LeaseId));
            if (random.Next(3) == 0)
            {
                var leaver = random.Next(there.Count);
                await registry.DeregisterAsync(there[leaver].Lease, default);
                there.RemoveAt(leaver);
                left++;
            }

            if (i % cutEvery == cutEvery - 1)
            {
                // The first cut finds an open watch, and so does each later one: else it would cut nothing.
                await scene.UntilAsync(s => s.Watcher.IsConnected);
                proxy.Break();
                cuts++;
            }
        }

        scene.Note($"{registrations} registered, {left} left, cut {cuts} times");
        await scene.UntilAsync(s => s.Watcher.IsConnected && s.Watcher.Disconnects >= 1);
        scene.CutOffEnds();
        var keys = await scene.UntilEqualAsync();
        scene.Note("after", await etcd.StatusAsync());
        Assert.Equal(there.Select(w => w.Id).Append("real").Order(), keys.Keys.Order());
        // Nothing had to be read again: every break was bridged.
        Assert.Equal(0, (await scene.Balancer.AskAsync()).Watcher.Resyncs);
        foreach (var (_, lease) in there)
        {
            await registry.DeregisterAsync(lease, default);
        }

        await scene.UntilEtcdHoldsAsync("real");
        await scene.UntilEqualAsync();
        await scene.AssertRulesHeldAsync();
    }

    [Fact]
    public async Task A_balancer_whose_only_etcd_never_answers_does_not_start_and_says_so_in_one_line()
    {
        await using var proxy = new FaultyProxy(FreePorts.Take());
        proxy.Silence();
        await using var balancer = NodeProcess.Balancer("--policy", "round-robin", "--port", "0", "--etcd", proxy.Endpoint, "--wait", "0");

        var ending = await balancer.EndedAsync();

        output.WriteLine($"{proxy.Accepted} connections accepted; {ending}");
        Assert.Equal(3, ending.ExitCode);
        Assert.Empty(ending.Output);
        Assert.Equal($"AkkaLb.Balancer: etcd at {proxy.Endpoint} did not answer within 2 s: check --etcd, and that etcd is running",
            Assert.Single(ending.Error));
        Assert.True(proxy.Accepted >= 1, "nobody was asked");
    }
}
