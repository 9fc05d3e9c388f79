using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Balancer;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Messages;
using AkkaLb.Registry.Embedded;
using HdrHistogram;

namespace AkkaLb.Bench.Load;

/// <summary>What the coming and going of workers does to those who ask for assignments meanwhile.</summary>
/// <remarks>One process: the embedded registry, its watcher and the balancer as they run in the program, registrations sent as workers send them,
/// and askers beside them. Everything but the network is in it, and the registry's own work counts too.</remarks>
internal static class Churn
{
    private const int Joins = 100;
    private const int Askers = 4;
    private static readonly TimeSpan Ttl = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(1);

    public static async Task RunAsync(Options options)
    {
        Console.WriteLine();
        Console.WriteLine("## Workers that join and leave while others ask");
        Console.WriteLine();
        Console.WriteLine($"{Askers} askers, each with one Assign under way and {Between.TotalMilliseconds} ms between two; milliseconds");
        Console.WriteLine("| policy | members | what happens | takes | asked | p50 | p99 | longest |");
        Console.WriteLine("| --- | --: | --- | --: | --: | --: | --: | --: |");
        foreach (var policy in new[] { Policy.RoundRobin, Policy.LeastLoad })
        {
            foreach (var members in options.ChurnMembers)
            {
                await RunAsync(policy, members);
            }
        }
    }

    private static async Task RunAsync(string policy, int members)
    {
        // Named changes are logged, as in the program; the lines go nowhere.
        var system = ActorSystem.Create(
            SystemConfig.SystemName,
            ConfigurationFactory.ParseString(
                "akka { loglevel = INFO, stdout-loglevel = OFF, loggers = [] }").WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));
        var registry = system.ActorOf(EmbeddedRegistryActor.Props(), EmbeddedRegistryActor.ActorName);
        var balancer = system.ActorOf(
            BalancerActor.Props("bench", ServiceRules.All(Policy.Of(policy), BalancerLimits.Default), new Random(1)), BalancerActor.ActorName);
        system.ActorOf(EtcdWatcherActor.Props(new EmbeddedRegistry(system, registry, Patience), balancer), EtcdWatcherActor.ActorName);
        var leases = new List<long>();
        await RegisterAsync(0, members, life: 1);
        await UntilKnownAsync(members);

        // To warm up, and for the first rebuild.
        await MeasureAsync(() => Task.Delay(TimeSpan.FromSeconds(2)));
        await RowAsync("nothing, for a second", () => Task.Delay(TimeSpan.FromSeconds(1)));
        await RowAsync($"{Joins} join at once", async () =>
        {
            await RegisterAsync(members, Joins, life: 1);
            await UntilKnownAsync(members + Joins);
        });
        await RowAsync($"{Joins} join within a second", async () =>
        {
            for (var i = 0; i < Joins; i++)
            {
                await RegisterAsync(members + Joins + i, 1, life: 1);
                await Task.Delay(TimeSpan.FromMilliseconds(10));
            }

            await UntilKnownAsync(members + (2 * Joins));
        });
        await RowAsync("all leave and come again as other incarnations", async () =>
        {
            foreach (var lease in leases)
            {
                registry.Tell(new Deregister(lease), ActorRefs.NoSender);
            }

            leases.Clear();
            await RegisterAsync(0, members, life: 2);
            await UntilKnownAsync(members);
        });
        await system.Terminate();

        async Task RegisterAsync(int from, int count, int life)
        {
            var answers = Enumerable.Range(from, count).Select(i => registry.Ask<Registered>(new Register(Worker(i, life), Ttl), Patience)).ToList();
            foreach (var answer in answers)
            {
                leases.Add((await answer).LeaseId);
            }
        }

        async Task UntilKnownAsync(int count)
        {
            while ((await balancer.Ask<BalancerState>(new GetBalancerState(0, 0), Patience)).MemberCount != count)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1));
            }
        }

        async Task RowAsync(string what, Func<Task> happen)
        {
            var (nanos, took) = await MeasureAsync(happen);
            Console.WriteLine(
                $"| {policy} | {members:#,0} | {what} | {took.TotalMilliseconds:#,0} | {nanos.TotalCount:#,0} | {Ms(50)} | {Ms(99)} | {Ms(100)} |");

            string Ms(double percentile) => (nanos.GetValueAtPercentile(percentile) / 1e6).ToString("0.0");
        }

        async Task<(LongHistogram Nanos, TimeSpan Took)> MeasureAsync(Func<Task> happen)
        {
            using var over = new CancellationTokenSource();
            var start = Stopwatch.GetTimestamp();
            var askers = Enumerable.Range(0, Askers).Select(_ => Task.Run(() => AskAsync(over.Token))).ToList();
            await happen();
            var took = Stopwatch.GetElapsedTime(start);
            await over.CancelAsync();
            var all = await Task.WhenAll(askers);
            foreach (var other in all[1..])
            {
                all[0].Add(other);
            }

            return (all[0], took);
        }

        // An answer is awaited to its end, however long it takes: what is out when the change is over counts.
        async Task<LongHistogram> AskAsync(CancellationToken over)
        {
            var nanos = new LongHistogram(Patience.Ticks * 100, 3);
            do
            {
                var asked = Stopwatch.GetTimestamp();
                await balancer.Ask<object>(new Assign(1, 1, [], null, Patience), Patience, CancellationToken.None);
                nanos.RecordValue((long)Stopwatch.GetElapsedTime(asked).TotalNanoseconds);
                await Task.Delay(Between, CancellationToken.None);
            }
            while (!over.IsCancellationRequested);
            return nanos;
        }
    }

    private static WorkerRecord Worker(int i, int life) => new(
        $"worker-{i}", (i * 10L) + life, $"akka.tcp://AkkaLb@10.{i / 62_500}.{i / 250 % 250}.{i % 250}:4711/user/worker#{(i * 10) + life}",
        WorkerState.Up, 64, 1000, "0.1.0");
}
