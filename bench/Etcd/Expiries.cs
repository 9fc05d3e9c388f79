using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using AkkaLb.Bench.Load;
using AkkaLb.Core;
using AkkaLb.Etcd;
using AkkaLb.Messages;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;
using Mvccpb;

namespace AkkaLb.Bench.Etcd;

/// <summary>From kill -9 of a worker to the last assignment that names it and to its removal, beside the DELETE that etcd tells a watcher of our
/// own.</summary>
/// <remarks>Real programs. Each question to the balancer asks for two full rounds of round robin, so that an answer without a worker means that
/// the worker is gone from the table. Victims are killed at random phases between two renewals, a few in each round.</remarks>
internal static class Expiries
{
    private const int VictimsAtOnce = 4;
    private const int PicksPerQuestion = 2 * (VictimsAtOnce + 1);

    public static async Task RunAsync(Options options)
    {
        await RunAsync(options, 2);
        await RunAsync(options, 5);
    }

    private static async Task RunAsync(Options options, int ttlSeconds)
    {
        Console.WriteLine();
        Console.WriteLine($"## kill -9 of a worker with a lease of {ttlSeconds} s");
        Console.WriteLine();
        await using var etcd = await EtcdProcess.StartAsync();
        await using var node = await Node.StartAsync(etcd.Endpoint, "round-robin");
        using var connection = new EtcdConnection(new EtcdSettings([new EtcdEndpoint("127.0.0.1", etcd.Port)]), TimeProvider.System);
        using var over = new CancellationTokenSource();
        var deleted = new ConcurrentDictionary<string, long>();
        var watching = WatchAsync(connection, deleted, over.Token);
        using var stays = await WorkerAsync("stays", etcd.Endpoint, ttlSeconds);
        var random = new Random(4053);
        var victims = new List<Victim>();
        while (victims.Count < options.Kills)
        {
            var atOnce = Math.Min(VictimsAtOnce, options.Kills - victims.Count);
            var round = await Task.WhenAll(Enumerable.Range(victims.Count, atOnce).Select(async n =>
                new Victim($"victim-{n}", await WorkerAsync($"victim-{n}", etcd.Endpoint, ttlSeconds))));
            await KillAsync(node.Balancer, round, ttlSeconds, random);
            victims.AddRange(round);
        }

        await over.CancelAsync();
        await watching;
        Print(victims, deleted);
    }

    private static Task<ChildProcess> WorkerAsync(string id, string etcd, int ttlSeconds) => ChildProcess.StartAsync(
        "AkkaLb.WorkerNode.dll", "--id", id, "--etcd", etcd, "--lease-ttl", $"{ttlSeconds}", "--heartbeat", $"{ttlSeconds * 1000 / 3}");

    private static async Task KillAsync(IActorRef balancer, Victim[] victims, int ttlSeconds, Random random)
    {
        // A question until all are named, so that none is killed before the balancer knows it.
        while (victims.Any(v => v.LastNamedAt == 0))
        {
            await AskAsync(balancer, victims);
        }

        var killing = Task.WhenAll(victims.Select(async v =>
        {
            await Task.Delay(TimeSpan.FromSeconds(ttlSeconds / 3.0 * random.NextDouble()));
            v.KilledAt = Stopwatch.GetTimestamp();
            v.Process.Dispose();
        }));
        while (victims.Any(v => v.GoneAt == 0))
        {
            await AskAsync(balancer, victims);
        }

        await killing;
    }

    private static async Task AskAsync(IActorRef balancer, Victim[] victims)
    {
        var answer = (Assigned)await balancer.Ask<object>(
            new Assign(1, PicksPerQuestion, [], null, TimeSpan.FromSeconds(30)), TimeSpan.FromSeconds(30));
        var now = Stopwatch.GetTimestamp();
        var named = answer.Workers.Select(w => w.Worker.Id).ToHashSet();
        foreach (var victim in victims)
        {
            if (named.Contains(victim.Id))
            {
                victim.LastNamedAt = now;
            }
            else if (victim.KilledAt != 0 && victim.GoneAt == 0)
            {
                victim.GoneAt = now;
            }
        }
    }

    private static async Task WatchAsync(EtcdConnection connection, ConcurrentDictionary<string, long> deleted, CancellationToken over)
    {
        var keys = new EtcdKeyRange("/akkalb/workers/");
        try
        {
            await foreach (var e in EtcdWatch.WatchAsync(connection, keys, new Random(1), over))
            {
                foreach (var change in (e as Watched<KeyValue>.Known)?.Changes ?? [])
                {
                    if (change.Item is null)
                    {
                        deleted[change.Id] = Stopwatch.GetTimestamp();
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Over.
        }
    }

    private static void Print(List<Victim> victims, ConcurrentDictionary<string, long> deleted)
    {
        var (toDelete, toLast, toGone, deleteToLast, deleteToGone) = (new Spread(), new Spread(), new Spread(), new Spread(), new Spread());
        foreach (var victim in victims)
        {
            var deletedAt = deleted[victim.Id];
            toDelete.Add(Stopwatch.GetElapsedTime(victim.KilledAt, deletedAt));
            toLast.Add(Stopwatch.GetElapsedTime(victim.KilledAt, victim.LastNamedAt));
            toGone.Add(Stopwatch.GetElapsedTime(victim.KilledAt, victim.GoneAt));
            deleteToLast.Add(Stopwatch.GetElapsedTime(deletedAt, victim.LastNamedAt));
            deleteToGone.Add(Stopwatch.GetElapsedTime(deletedAt, victim.GoneAt));
        }

        Console.WriteLine($"| {victims.Count} kills, ms | least | p50 | largest |");
        Console.WriteLine("| --- | --: | --: | --: |");
        Console.WriteLine(toDelete.Row("kill to etcd's DELETE at a watcher of our own"));
        Console.WriteLine(toLast.Row("kill to the last answer that names the worker"));
        Console.WriteLine(toGone.Row("kill to the first full round without it"));
        Console.WriteLine(deleteToLast.Row("DELETE to the last answer that names it"));
        Console.WriteLine(deleteToGone.Row("DELETE to the first full round without it"));
    }

    private sealed class Victim(string id, ChildProcess process)
    {
        public string Id => id;

        public ChildProcess Process => process;

        public long KilledAt { get; set; }

        public long LastNamedAt { get; set; }

        public long GoneAt { get; set; }
    }
}
