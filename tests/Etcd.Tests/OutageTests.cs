using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;
using Xunit.Abstractions;

namespace AkkaLb.Etcd.Tests;

/// <summary>Many connections, many outages of etcd: no connection may stay away from it. The long form is <c>bench/Etcd -- outages</c>.</summary>
public sealed class OutageTests(ITestOutputHelper output)
{
    private const int Connections = 40;
    private const int Watches = 5;
    private const int Outages = 12;

    /// <summary>Short, so that time-outs pass in the middle of every outage.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly EtcdKeyRange Keys = new("/test/");

    [Fact]
    public async Task After_every_outage_each_connection_and_each_watch_is_back()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var etcd = await EtcdProcess.StartAsync();
        await using var proxy = new FaultyProxy(etcd.Port);
        using var direct = To(etcd.Port, TimeSpan.FromSeconds(10));
        var connections = Enumerable.Range(0, Connections).Select(_ => To(proxy.Port, RequestTimeout)).ToArray();
        using var over = new CancellationTokenSource();
        var watchers = connections.Take(Watches).Select(c => new Watcher(c, seed, over.Token)).ToArray();
        try
        {
            for (var outage = 1; outage <= Outages; outage++)
            {
                var mends = await BeginAsync(proxy, random.Next(3));
                await AskDuringAsync(connections, TimeSpan.FromMilliseconds(random.Next(50, 800)));
                mends();
                var put = await direct.PutAsync(new PutRequest { Key = Keys.KeyOf("outage"), Value = ByteString.CopyFromUtf8($"{outage}") }, default);
                using var late = new CancellationTokenSource(BackWithin);
                var back = await Task.WhenAll(connections.Select(c => IsBackAsync(c, late.Token)));
                Assert.True(back.All(b => b), $"after outage {outage} {back.Count(b => !b)} connections are not back; seed {seed}");
                foreach (var watcher in watchers)
                {
                    await watcher.UntilToldAsync(put.Header.Revision).WaitAsync(Bound);
                }
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(watchers.Select(w => w.Ended));
            foreach (var connection in connections)
            {
                connection.Dispose();
            }
        }
    }

    /// <returns>What ends it.</returns>
    private static async Task<Action> BeginAsync(FaultyProxy proxy, int kind)
    {
        switch (kind)
        {
            case 0:
                await proxy.CloseAsync();
                return proxy.Open;
            case 1:
                proxy.Cut();
                return proxy.Mend;
            default:
                proxy.Break();
                proxy.Silence();
                return proxy.Mend;
        }
    }

    private static async Task AskDuringAsync(EtcdConnection[] connections, TimeSpan time)
    {
        using var over = new CancellationTokenSource(time);
        await Task.WhenAll(connections.Select(async c =>
        {
            while (!over.IsCancellationRequested)
            {
                await TryAsync(c, over.Token);
                await Task.Delay(10, CancellationToken.None);
            }
        }));
    }

    private static async Task<bool> IsBackAsync(EtcdConnection connection, CancellationToken late)
    {
        while (!late.IsCancellationRequested)
        {
            if (await TryAsync(connection, late))
            {
                return true;
            }

            await Task.Delay(10, CancellationToken.None);
        }

        return false;
    }

    private static async Task<bool> TryAsync(EtcdConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.CountAsync(Keys, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is RegistryUnavailableException or OperationCanceledException)
        {
            return false;
        }
    }

    private static EtcdConnection To(int port, TimeSpan timeout) =>
        new(
            new EtcdSettings([new EtcdEndpoint("127.0.0.1", port)])
            {
                RequestTimeout = timeout,
                ReconnectDelayMax = TimeSpan.FromMilliseconds(300),
            },
            TimeProvider.System);

    private sealed class Watcher
    {
        private readonly Lock _lock = new();
        private long _told;
        private (long Revision, TaskCompletionSource Told)? _awaited;

        public Watcher(EtcdConnection connection, int seed, CancellationToken over) => Ended = RunAsync(connection, seed, over);

        public Task Ended { get; }

        public Task UntilToldAsync(long revision)
        {
            lock (_lock)
            {
                _awaited = (revision, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                Check();
                return _awaited.Value.Told.Task;
            }
        }

        private async Task RunAsync(EtcdConnection connection, int seed, CancellationToken over)
        {
            try
            {
                await foreach (var e in EtcdWatch.WatchAsync(connection, Keys, new Random(seed), over))
                {
                    lock (_lock)
                    {
                        _told = e is Watched<KeyValue>.Known known ? known.Revision : _told;
                        Check();
                    }
                }
            }
            catch (OperationCanceledException)
            {
            }
        }

        private void Check()
        {
            if (_awaited is { } awaited && _told >= awaited.Revision)
            {
                awaited.Told.TrySetResult();
            }
        }
    }
}
