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

        await Task.Delay(Settle);
        var idle = await ProcessorAsync(node, () => Task.Delay(options.Reporting));
        var sent = 0L;
        await ReportAsync(node, workers, TimeSpan.FromSeconds(10));
        var busy = await ProcessorAsync(node, async () => sent = await ReportAsync(node, workers, options.Reporting));
        var perSecond = sent / options.Reporting.TotalSeconds;
        Console.WriteLine($"idle, the balancer uses {idle:0.0} % of one processor; with {perSecond:N0} reports a second {busy:0.0} %: "
            + $"{(busy - idle) * 10_000 / perSecond:0.0} us a report");
        Console.WriteLine($"resident memory with a report of each: {node.Process.ResidentKib / 1024.0:0} MiB");
        await AssignAsync(node, workers, options);
    }

    private static async Task PutAsync(EtcdProcess etcd, List<WorkerRecord> workers)
    {
        using var connection = new EtcdConnection(
            new EtcdSettings([new EtcdEndpoint("127.0.0.1", etcd.Port)]) { RequestTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System);
        var keys = new EtcdKeyRange("/akkalb/workers/");
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            workers, new ParallelOptions { MaxDegreeOfParallelism = PutsAtOnce }, async (worker, cancellationToken) => await connection.PutAsync(
            new PutRequest { Key = keys.KeyOf(worker.Id), Value = ByteString.CopyFrom(RegistryValue.Write(worker)) }, cancellationToken));
        Console.WriteLine($"put in etcd in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }

    /// <summary>Processor time of the balancer while this runs, in percent of one processor.</summary>
    private static async Task<double> ProcessorAsync(Node node, Func<Task> meanwhile)
    {
        var (before, start) = (node.Process.Processor, Stopwatch.GetTimestamp());
        await meanwhile();
        return 100 * (node.Process.Processor - before) / Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Every worker's report once a second, spread evenly; a beat that comes late sends what is due.</summary>
    private static async Task<long> ReportAsync(Node node, List<WorkerRecord> workers, TimeSpan time)
    {
        using var timer = new PeriodicTimer(Beat);
        var start = Stopwatch.GetTimestamp();
        var sent = 0L;
        while (Stopwatch.GetElapsedTime(start) is var elapsed && elapsed < time)
        {
            for (var due = (long)(elapsed.TotalSeconds * workers.Count); sent < due; sent++)
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
}
