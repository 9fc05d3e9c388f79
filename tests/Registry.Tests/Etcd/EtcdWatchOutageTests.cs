using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>Each test has an etcd of its own, and does to it what it must.</summary>
[Trait("etcd", "each-release")]
public sealed class EtcdWatchOutageTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _bound = Bound.New();
    private EtcdProcess _etcd = null!;
    private EtcdSettings _settings = null!;
    private EtcdRegistry _registry = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _settings = Settings.For(_etcd);
        _registry = _settings.Open();
    }

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        await _etcd.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_watch_survives_a_restart_and_tells_only_what_changed(bool isKilled)
    {
        await _registry.AddAsync(Worker("stays"));
        await using var watch = new WatchProbe(_registry);
        await watch.UntilMembersAreAsync("stays");

        await StopAsync(isKilled);
        await watch.NextAsync<Watched<Member>.Down>();
        await _etcd.RestartAsync();
        await watch.NextAsync<Watched<Member>.Up>();
        await AddWithPatienceAsync(Worker("new"));
        await watch.UntilMembersAreAsync("stays", "new");

        Assert.Single(watch.Reads);
        Assert.Equal("new", Assert.Single(watch.Changes).Item!.Worker.Id);
    }

    [Fact]
    public async Task Changes_made_while_the_watch_was_away_are_told_once_and_nobody_else_is_removed()
    {
        await _registry.AddAsync(Worker("stays"));
        var leaves = (await _registry.AddAsync(Worker("leaves"))).LeaseId;
        await using var proxy = new FaultyProxy(_etcd.Port);
        await using var watcher = Settings.For(proxy.Port).Open();
        await using var watch = new WatchProbe(watcher);
        await watch.UntilMembersAreAsync("stays", "leaves");

        proxy.Cut();
        await watch.NextAsync<Watched<Member>.Down>();
        _etcd.Kill();
        await _etcd.RestartAsync();
        await AddWithPatienceAsync(Worker("new"));
        await _registry.DeregisterAsync(leaves, _bound.Token);
        proxy.Mend();
        await watch.NextAsync<Watched<Member>.Up>();
        await watch.UntilMembersAreAsync("stays", "new");

        Assert.Single(watch.Reads);
        Assert.Collection(
            watch.Changes,
            c => Assert.Equal("new", c.Item!.Worker.Id),
            c => Assert.Equal(new KeyChange<Member>("leaves", null), c));
    }

    [Fact]
    public async Task What_was_compacted_while_the_watch_was_away_comes_as_a_snapshot()
    {
        var lease = (await _registry.AddAsync(Worker("w1"))).LeaseId;
        await using var proxy = new FaultyProxy(_etcd.Port);
        await using var watcher = Settings.For(proxy.Port).Open();
        await using var watch = new WatchProbe(watcher);
        await watch.NextReadAsync();

        proxy.Cut();
        await watch.NextAsync<Watched<Member>.Down>();
        await _registry.DeregisterAsync(lease, _bound.Token);
        await _registry.AddAsync(Worker("w2"));
        var head = await _registry.AddAsync(Worker("w3"));
        await _etcd.Etcdctl("compact", $"{(await _etcd.StatusAsync()).Revision}");
        proxy.Mend();

        var snapshot = await watch.NextReadAsync();
        Assert.Equal(["w2", "w3"], snapshot.All.Select(m => m.Worker.Id));
        Assert.Matches(@"^etcd has compacted what came behind revision \d+, everything before \d+$", snapshot.Because);
        Assert.True(await _registry.UpdateAsync(head.LeaseId, Worker("w3") with { State = WorkerState.Draining }, _bound.Token));
        Assert.Equal(WorkerState.Draining, Assert.Single((await watch.NextChangeAsync()).Changes!).Item!.Worker.State);
    }

    [Fact]
    public async Task Another_cluster_at_the_same_address_comes_as_a_snapshot()
    {
        await _registry.AddAsync(Worker("before"));
        await using var watch = new WatchProbe(_registry);
        await watch.UntilMembersAreAsync("before");

        _etcd.Wipe();
        await _etcd.RestartAsync();
        var snapshot = await watch.NextReadAsync();
        Assert.Empty(snapshot.All);
        Assert.Equal("etcd answers with the id of another cluster", snapshot.Because);
        await AddWithPatienceAsync(Worker("after"));
        await watch.UntilMembersAreAsync("after");
    }

    [Fact]
    public async Task A_cluster_that_came_back_older_comes_as_a_snapshot_and_its_changes_are_told()
    {
        await _registry.AddAsync(Worker("w1"));
        var backup = await _etcd.BackUpAsync();
        await _registry.AddAsync(Worker("w2"));
        await using var watch = new WatchProbe(_registry);
        await watch.UntilMembersAreAsync("w1", "w2");

        await _etcd.RestoreAsync(backup);
        await _etcd.RestartAsync();

        var snapshot = await watch.NextReadAsync();
        Assert.Equal(["w1"], snapshot.All.Select(m => m.Worker.Id));
        Assert.EndsWith("it came back older", snapshot.Because, StringComparison.Ordinal);
        await AddWithPatienceAsync(Worker("w3"));
        await watch.UntilMembersAreAsync("w1", "w3");
    }

    [Fact]
    public async Task A_cluster_that_came_back_older_and_has_overtaken_the_watch_since_is_found_out()
    {
        await _registry.AddAsync(Worker("w1"));
        var backup = await _etcd.BackUpAsync();
        await _registry.AddAsync(Worker("w2"));
        await using var proxy = new FaultyProxy(_etcd.Port);
        await using var watcher = (
            Settings.For(proxy.Port) with { LivenessInterval = TimeSpan.FromMilliseconds(200), ResyncInterval = TimeSpan.FromMinutes(10) }).Open();
        await using var watch = new WatchProbe(watcher);
        await watch.UntilMembersAreAsync("w1", "w2");

        var told = (await _etcd.StatusAsync()).Revision;
        proxy.Cut();
        await watch.NextAsync<Watched<Member>.Down>();
        await _etcd.RestoreAsync(backup);
        await _etcd.RestartAsync();
        while ((await _etcd.StatusAsync()).Revision <= told)
        {
            await _etcd.Etcdctl("put", "/elsewhere", "");
        }

        proxy.Mend();
        await watch.UntilMembersAreAsync("w1");
        Assert.Equal("etcd holds something else than it told", watch.Reads.Last().Because);
    }

    [Fact]
    public async Task A_stream_that_is_cut_while_etcd_answers_resumes_without_loss_and_without_a_word()
    {
        await using var proxy = new FaultyProxy(_etcd.Port);
        // So short that every stream has stood for longer when it is cut.
        var delay = TimeSpan.FromTicks(1);
        var settings = Settings.For(proxy.Port) with { ReconnectDelayMin = delay, ReconnectDelayMax = delay };
        await using var watcher = settings.Open();
        await using var watch = new WatchProbe(watcher);
        await watch.NextReadAsync();
        for (var i = 0; i < 20; i++)
        {
            // Seen through the stream that is cut next: it was open.
            await _registry.AddAsync(Worker($"w{i}"));
            while (watch.Changes.Count() <= i)
            {
                await watch.NextChangeAsync();
            }

            proxy.Break();
        }

        Assert.DoesNotContain(watch.Seen, e => e is Watched<Member>.Down or Watched<Member>.Up);
        Assert.Single(watch.Reads);
    }

    [Fact]
    public async Task A_watch_cut_again_and_again_during_200_registrations_and_leaves_misses_none_of_them()
    {
        const int registrations = 200;
        await using var proxy = new FaultyProxy(_etcd.Port);
        await using var watcher = Settings.For(proxy.Port).Open();
        await using var watch = new WatchProbe(watcher);
        await watch.NextReadAsync();
        var (random, there, made) = (new Random(4053), new List<(string Id, long Lease)>(), new List<string>());
        for (var i = 0; i < registrations; i++)
        {
            there.Add(($"w{i}", (await _registry.AddAsync(Worker($"w{i}"))).LeaseId));
            made.Add($"w{i} came");
            if (random.Next(3) == 0)
            {
                var leaver = random.Next(there.Count);
                await _registry.DeregisterAsync(there[leaver].Lease, _bound.Token);
                made.Add($"{there[leaver].Id} left");
                there.RemoveAt(leaver);
            }

            // Cut in the midst, ten times; and each time the stream was open, for all so far has come through it.
            if (i % 20 == 9)
            {
                while (watch.Changes.Count() < made.Count)
                {
                    await watch.NextChangeAsync();
                }

                proxy.Break();
            }
        }

        await watch.UntilMembersAreAsync([.. there.Select(w => w.Id)]);
        Assert.Equal(made, watch.Changes.Select(c => $"{c.Id} {(c.Item is null ? "left" : "came")}"));
        Assert.Single(watch.Reads);
    }

    [Fact]
    public async Task Only_one_disconnection_is_told_per_outage()
    {
        await using var watch = new WatchProbe(_registry);
        await watch.NextReadAsync();
        _etcd.Kill();
        await watch.NextAsync<Watched<Member>.Down>();
        await _etcd.RestartAsync();
        await watch.NextAsync<Watched<Member>.Up>();
        Assert.Single(watch.Seen.OfType<Watched<Member>.Down>());
    }

    [Fact]
    public async Task A_watch_that_begins_before_etcd_says_so_and_then_connects()
    {
        _etcd.Kill();
        await using var watch = new WatchProbe(_registry);
        await watch.NextAsync<Watched<Member>.Down>();
        await _etcd.RestartAsync();
        await watch.NextReadAsync();
        Assert.Collection(
            watch.Seen,
            e => Assert.IsType<Watched<Member>.Down>(e),
            e => Assert.IsType<Watched<Member>.Up>(e),
            e => Assert.IsType<Watched<Member>.Known>(e));
    }

    [Fact]
    public async Task A_frozen_etcd_is_noticed_by_liveness_reads_and_the_watch_continues_after_the_thaw()
    {
        var settings = _settings with { RequestTimeout = TimeSpan.FromMilliseconds(500), LivenessInterval = TimeSpan.FromMilliseconds(100) };
        await using var registry = settings.Open();
        await using var watch = new WatchProbe(registry);
        await watch.NextReadAsync();

        _etcd.Freeze();
        Assert.Contains("did not answer within 0.5 s", (await watch.NextAsync<Watched<Member>.Down>()).Reason, StringComparison.Ordinal);
        _etcd.Thaw();
        await watch.NextAsync<Watched<Member>.Up>();
        await AddWithPatienceAsync(Worker("w1"));
        await watch.UntilMembersAreAsync("w1");
    }

    [Fact]
    public async Task A_frozen_etcd_is_noticed_by_pings_when_nothing_else_asks()
    {
        // 6 s is the shortest delay etcd tolerates; the package's own setting would take a minute.
        var settings = _settings with
        {
            PingDelay = TimeSpan.FromSeconds(6),
            PingTimeout = TimeSpan.FromSeconds(1),
            LivenessInterval = TimeSpan.FromMinutes(5),
            ResyncInterval = TimeSpan.FromMinutes(5),
        };
        await using var registry = settings.Open();
        await using var watch = new WatchProbe(registry);
        await watch.NextReadAsync();

        _etcd.Freeze();

        var reason = (await watch.NextAsync<Watched<Member>.Down>()).Reason;
        Assert.DoesNotContain("does not speak etcd's protocol", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resync_of_a_quiet_watch_tells_nothing()
    {
        var settings = _settings with { LivenessInterval = TimeSpan.FromMilliseconds(10), ResyncInterval = TimeSpan.FromMilliseconds(10) };
        await using var registry = settings.Open();
        await using var watch = new WatchProbe(registry);
        await watch.NextReadAsync();
        const string Reads = "etcd_debugging_mvcc_range_total";
        var before = await _etcd.MetricAsync(Reads, _bound.Token);
        await _etcd.UntilMetricAsync(Reads, reads => reads >= before + 20, _bound.Token);

        await _registry.AddAsync(Worker("w1"));
        await watch.UntilMembersAreAsync("w1");
        Assert.DoesNotContain(watch.Seen, e => e is Watched<Member>.Down or Watched<Member>.Up);
    }

    [Fact]
    public async Task A_watch_that_ends_leaves_no_stream_behind_in_etcd()
    {
        const string Streams = "etcd_debugging_mvcc_watch_stream_total";
        // etcd's JSON gateway and others may hold streams of their own.
        var before = await _etcd.MetricAsync(Streams, _bound.Token);
        await using var watch = new WatchProbe(_registry);
        await watch.NextReadAsync();
        Assert.Equal(before + 1, await _etcd.MetricAsync(Streams, _bound.Token));

        await watch.CancelAsync();

        await _etcd.UntilMetricAsync(Streams, streams => streams == before, _bound.Token);
    }

    private async Task StopAsync(bool isKilled)
    {
        if (isKilled)
        {
            _etcd.Kill();
        }
        else
        {
            await _etcd.StopGracefullyAsync();
        }
    }

    /// <summary>As a worker does: right after a restart a first try may meet the old connection.</summary>
    private async Task AddWithPatienceAsync(WorkerRecord worker)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            try
            {
                await _registry.AddAsync(worker);
                return;
            }
            catch (RegistryUnavailableException)
            {
            }
        }
        while (await pause.WaitForNextTickAsync(_bound.Token));
    }
}
