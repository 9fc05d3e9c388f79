using System.Diagnostics;
using System.Globalization;
using AkkaLb.Bench.Load;
using AkkaLb.Etcd;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Bench.Etcd;

/// <summary>A soak: etcd is away again and again, in three ways, and everything that uses it has to be back within <see cref="BackWithin"/> each
/// time.</summary>
/// <remarks>Connections and watches in this process; a balancer and workers as real programs. The leases of the workers are revoked while etcd is
/// away, so that each of them has to find that out and to register again.</remarks>
internal static class Outages
{
    private const int Watches = 10;
    private const int Seed = 4053;
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);
    private static readonly EtcdKeyRange Marks = new("/outages/");
    private static readonly EtcdKeyRange Workers = new("/akkalb/workers/");

    /// <returns>Whether all were back in time, each time.</returns>
    public static async Task<bool> RunAsync(OutageOptions options)
    {
        var random = new Random(Seed);
        var run = Stopwatch.StartNew();
        await using var etcd = await EtcdProcess.StartAsync();
        await using var proxy = new FaultyProxy(etcd.Port);
        using var direct = To(etcd.Port, TimeSpan.FromSeconds(10));
        var connections = Enumerable.Range(0, options.Connections).Select(_ => To(proxy.Port, RequestTimeout)).ToArray();
        using var over = new CancellationTokenSource();
        var watches = connections.Take(Watches).Select(c => new Mark(c, over.Token)).ToArray();
        await using var node = await Node.StartAsync(proxy.Endpoint, "round-robin");
        var workers = await Task.WhenAll(Enumerable.Range(1, options.Workers).Select(i => ChildProcess.StartAsync(
            "AkkaLb.WorkerNode.dll", "--id", $"w{i}", "--etcd", proxy.Endpoint, "--lease-ttl", "5", "--heartbeat", "1000")));
        await node.UntilMembersAsync(options.Workers);
        Console.WriteLine(
            $"{options.Count} outages; {connections.Length} connections, {watches.Length} watches, {workers.Length} workers, 1 balancer; seed "
                + $"{Seed}");

        var (connection, watch) = (new Slowest("a connection"), new Slowest("a watch"));
        var (worker, balancer) = (new Slowest("a worker"), new Slowest("the balancer's table"));
        for (var outage = 1; outage <= options.Count; outage++)
        {
            var kind = random.Next(3);
            var end = await BeginAsync(proxy, kind);
            await RevokeWorkersAsync(direct);
            await AskDuringAsync(connections, TimeSpan.FromMilliseconds(random.Next(50, 2500)));
            end();
            var ended = Stopwatch.GetTimestamp();
            var put = await direct.PutAsync(new PutRequest { Key = Marks.KeyOf("mark"), Value = ByteString.CopyFromUtf8($"{outage}") }, default);
            using var late = new CancellationTokenSource(GiveUpAfter);
            await Task.WhenAll(
            [
                .. connections.Select((c, i) => connection.MeasureAsync($"connection {i}, outage {outage}", ended, UntilBackAsync(c, late.Token))),
                .. watches.Select((w, i) => watch.MeasureAsync(
                    $"watch {i}, outage {outage}", ended, w.UntilAsync(put.Header.Revision).WaitAsync(late.Token))),
                worker.MeasureAsync($"outage {outage}", ended, UntilRegisteredAsync(direct, options.Workers, late.Token)),
                balancer.MeasureAsync($"outage {outage}", ended, node.UntilMembersAsync(options.Workers).WaitAsync(late.Token)),
            ]);
            if (outage % 25 == 0)
            {
                Console.WriteLine($"{outage} outages after {run.Elapsed.TotalSeconds:0} s");
            }
        }

        await over.CancelAsync();
        await Task.WhenAll(watches.Select(w => w.Ended));
        Slowest[] all = [connection, watch, worker, balancer];
        Console.WriteLine();
        Console.WriteLine("| slowest to be back | ms | median | when | not within 10 s |");
        Console.WriteLine("| --- | --: | --: | --- | --: |");
        foreach (var slowest in all)
        {
            Console.WriteLine(slowest.Row());
        }

        foreach (var disposed in connections)
        {
            disposed.Dispose();
        }

        return all.All(s => s.Stuck == 0);
    }

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

    private static async Task RevokeWorkersAsync(EtcdConnection direct)
    {
        foreach (var lease in (await direct.ReadAsync(Workers, default)).Kvs.Select(kv => kv.Lease))
        {
            await direct.RevokeAsync(lease, default);
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
                await Task.Delay(AskAgain);
            }
        }));
    }

    private static async Task UntilBackAsync(EtcdConnection connection, CancellationToken late)
    {
        while (!await TryAsync(connection, late))
        {
            await Task.Delay(AskAgain, late);
        }
    }

    private static async Task UntilRegisteredAsync(EtcdConnection direct, int count, CancellationToken late)
    {
        while ((await direct.CountAsync(Workers, late)).Count != count)
        {
            await Task.Delay(LookAgain, late);
        }
    }

    private static async Task<bool> TryAsync(EtcdConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.CountAsync(Marks, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is RegistryUnavailableException || (e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private static EtcdConnection To(int port, TimeSpan timeout) =>
        new(new EtcdSettings([new EtcdEndpoint("127.0.0.1", port)]) { RequestTimeout = timeout }, TimeProvider.System);

    /// <summary>How long something took to be back, and when it took longest. Thread-safe.</summary>
    private sealed class Slowest(string name)
    {
        private readonly Lock _lock = new();
        private readonly List<TimeSpan> _times = [];
        private (TimeSpan Time, string When) _worst;

        public int Stuck { get; private set; }

        public async Task MeasureAsync(string when, long since, Task back)
        {
            await back.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var time = Stopwatch.GetElapsedTime(since);
            lock (_lock)
            {
                _times.Add(time);
                _worst = time > _worst.Time ? (time, when) : _worst;
                if (!back.IsCompletedSuccessfully || time > BackWithin)
                {
                    Stuck++;
                    Console.WriteLine($"{name} is {(back.IsCompletedSuccessfully ? "late" : "stuck")}: {when}, {time.TotalSeconds:0.0} s");
                }
            }
        }

        public string Row()
        {
            _times.Sort();
            var median = _times[_times.Count / 2].TotalMilliseconds;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {_worst.Time.TotalMilliseconds:N0} | {median:N0} | {_worst.When} | {Stuck} of {_times.Count} |");
        }
    }

    /// <summary>A watch, and how far it has come.</summary>
    private sealed class Mark
    {
        private readonly Lock _lock = new();
        private long _told;
        private long _awaited = long.MaxValue;
        private TaskCompletionSource _reached = new();

        public Mark(EtcdConnection connection, CancellationToken over) => Ended = RunAsync(connection, over);

        public Task Ended { get; }

        public Task UntilAsync(long revision)
        {
            lock (_lock)
            {
                (_awaited, _reached) = (revision, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                Check();
                return _reached.Task;
            }
        }

        private async Task RunAsync(EtcdConnection connection, CancellationToken over)
        {
            try
            {
                await foreach (var e in EtcdWatch.WatchAsync(connection, Marks, new Random(Seed), over))
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
            if (_told >= _awaited)
            {
                _reached.TrySetResult();
            }
        }
    }
}
