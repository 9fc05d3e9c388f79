using System.Diagnostics;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Etcd;
using AkkaLb.Messages;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support.Etcd;
using Etcdserverpb;
using Google.Protobuf;

namespace AkkaLb.Bench.Etcd;

/// <summary>A large table: what it costs a balancer in memory, and what the reports of all its members cost in processor time.</summary>
internal static class Members
{
    private const int PutsAtOnce = 64;
    private const int Rounds = 5;
    private const int OftenPerSecond = 4;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20);

    /// <summary>After a burst the balancer still compiles and collects: what it uses then is not idle.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(15);

    public static async Task RunAsync(Options options)
    {
        Console.WriteLine();
        Console.WriteLine($"## {Options.Number(options.Members)} members, least-load");
        Console.WriteLine();
        await using var etcd = await EtcdProcess.StartAsync();
        await using var node = await Node.StartAsync(etcd.Endpoint, "least-load");
        var workers = Enumerable.Range(1, options.Members).Select(i => node.WorkerOf($"worker-{i}", i)).ToList();
        await Task.Delay(Settle);
        var empty = node.Process.ResidentKib;
        await PutAsync(etcd, workers);
        await node.UntilMembersAsync(options.Members);
        Console.WriteLine($"resident memory of the balancer: {empty / 1024.0:0} MiB without members, {node.Process.ResidentKib / 1024.0:0} MiB "
            + $"with them");

        List<double> lag;
        await using (var registry = new EtcdRegistry(
            new EtcdSettings([new EtcdEndpoint("127.0.0.1", etcd.Port)]) { RequestTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System,
            new Random(1)))
        {
            lag = await WatchLag.MeasureAsync(node, registry, options.Members, options.Changes);
        }

        await Task.Delay(Settle);
        var idle = await ProcessorAsync(node, () => Task.Delay(options.Reporting));
        await ReportAsync(node, workers, TimeSpan.FromSeconds(10));
        Console.WriteLine($"idle, the balancer uses {idle:0.0} % of one processor");
        var reports = await BusyAsync(node, workers, options, idle);
        Console.WriteLine($"resident memory with a report of each: {node.Process.ResidentKib / 1024.0:0} MiB");
        await AssignAsync(node, workers, options);
        Print([.. reports, new("from the sending of a change to the watcher's word, p99: ms", 5, lag)]);
    }

    /// <summary>What reports cost at two rates. A part of that is waking threads, which hangs on how many come together, so what each further one
    /// costs is told beside it.</summary>
    /// <param name="idle">In percent of one processor.</param>
    private static async Task<List<Target>> BusyAsync(Node node, List<WorkerRecord> workers, Options options, double idle)
    {
        var (rare, dense, further) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var (few, fewMicros) = await MicrosASecondAsync(1);
            var (many, manyMicros) = await MicrosASecondAsync(OftenPerSecond);
            rare.Add(fewMicros / few);
            dense.Add(manyMicros / many);
            further.Add((manyMicros - fewMicros) / (many - few));
        }

        return
        [
            new($"a report, {Options.Number(workers.Count)} a second: us of the balancer's processor", 2, rare),
            new($"a report, {Options.Number(workers.Count * OftenPerSecond)} a second: us of the balancer's processor", 2, dense),
            new("each further report: us of the balancer's processor", 2, further),
        ];

        async Task<(double Reports, double Micros)> MicrosASecondAsync(int perSecond)
        {
            var sent = 0L;
            var busy = await ProcessorAsync(node, async () => sent = await ReportAsync(node, workers, options.Reporting, perSecond));
            return (sent / options.Reporting.TotalSeconds, (busy - idle) * 10_000);
        }
    }

    private static void Print(IEnumerable<Target> targets)
    {
        Console.WriteLine();
        Console.WriteLine("| target | wanted | minimum / median / maximum | met |");
        Console.WriteLine("| --- | --: | --: | --- |");
        foreach (var (name, atMost, figures) in targets)
        {
            figures.Sort();
            var median = figures[figures.Count / 2];
            var spread = $"{figures[0]:0.00} / {median:0.00} / {figures[^1]:0.00}";
            Console.WriteLine($"| {name} | <= {atMost} | {spread} | {(median <= atMost ? "yes" : "no")} |");
        }
    }

    private static async Task PutAsync(EtcdProcess etcd, List<WorkerRecord> workers)
    {
        using var connection = new EtcdConnection(
            new EtcdSettings([new EtcdEndpoint("127.0.0.1", etcd.Port)]) { RequestTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System);
        var keys = new EtcdKeyRange("/akkalb/workers/");
        var lease = await connection.GrantAsync(TimeSpan.FromHours(1), CancellationToken.None);
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            workers, new ParallelOptions { MaxDegreeOfParallelism = PutsAtOnce }, async (worker, cancellationToken) => await connection.PutAsync(
            new PutRequest { Key = keys.KeyOf(worker.Id), Value = ByteString.CopyFrom(RegistryValue.Write(worker)), Lease = lease.ID },
            cancellationToken));
        Console.WriteLine($"put in etcd in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }

    /// <summary>Processor time of the balancer while this runs, in percent of one processor.</summary>
    private static async Task<double> ProcessorAsync(Node node, Func<Task> meanwhile)
    {
        var (before, start) = (node.Process.Processor, Stopwatch.GetTimestamp());
        await meanwhile();
        return 100 * (node.Process.Processor - before) / Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Every worker's reports, so many a second, spread evenly; a beat that comes late sends what is due.</summary>
    private static async Task<long> ReportAsync(Node node, List<WorkerRecord> workers, TimeSpan time, int perSecond = 1)
    {
        using var timer = new PeriodicTimer(Beat);
        var start = Stopwatch.GetTimestamp();
        var sent = 0L;
        while (Stopwatch.GetElapsedTime(start) is var elapsed && elapsed < time)
        {
            for (var due = (long)(elapsed.TotalSeconds * workers.Count * perSecond); sent < due; sent++)
            {
                Report(node, workers[(int)(sent % workers.Count)]);
            }

            await timer.WaitForNextTickAsync();
        }

        return sent;
    }

    private static void Report(Node node, WorkerRecord worker)
    {
        var mib = 100 + (worker.Incarnation % 400);
        node.Balancer.Tell(new MemoryReport(
            new WorkerKey(worker.Id, worker.Incarnation), ++_sequence, TimeSpan.FromSeconds(1), mib << 20, mib << 19, 1L << 34, default,
            1_800_000_000_000));
    }

    private static long _sequence;

    /// <summary>Answers while the reports continue.</summary>
    private static async Task AssignAsync(Node node, List<WorkerRecord> workers, Options options)
    {
        var reporting = ReportAsync(node, workers, options.Reporting);
        var latency = new Spread();
        while (!reporting.IsCompleted)
        {
            var sent = Stopwatch.GetTimestamp();
            _ = (Assigned)await node.Balancer.Ask<object>(new Assign(1, 1, [], null, TimeSpan.FromSeconds(30)), TimeSpan.FromSeconds(30));
            latency.Add(Stopwatch.GetElapsedTime(sent));
        }

        await reporting;
        Console.WriteLine($"Assign, one after another, while the reports continue: {latency.Percentiles()}");
    }

    /// <param name="Figures">One of each round.</param>
    private sealed record Target(string Name, double AtMost, List<double> Figures);
}
