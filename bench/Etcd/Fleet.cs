using System.Diagnostics;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Worker;

namespace AkkaLb.Bench.Etcd;

/// <summary>Many workers, each with its own registration actor and lease, in this process; the balancer and etcd are processes of their
/// own.</summary>
internal static class Fleet
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(Options options)
    {
        Console.WriteLine();
        Console.WriteLine($"## {Options.Number(options.Fleet)} workers under leases of {Ttl.TotalSeconds} s, renewed every "
            + $"{Heartbeat.TotalSeconds} s");
        Console.WriteLine();
        await using var etcd = await EtcdProcess.StartAsync();
        await using var registry = new EtcdRegistry(
            new EtcdSettings([new EtcdEndpoint("127.0.0.1", etcd.Port)]) { RequestTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System,
            new Random(1));
        await using (var node = await Node.StartAsync(etcd.Endpoint, "round-robin"))
        {
            var start = Stopwatch.GetTimestamp();
            var owner = node.System.ActorOf(Props.Create(() => new Silent()));
            for (var i = 1; i <= options.Fleet; i++)
            {
                var settings = new RegistrationSettings(
                    Ttl, Heartbeat, TimeSpan.FromMinutes(1), new BackOff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1)));
                node.System.ActorOf(RegistrationActor.Props(
                    node.WorkerOf($"worker-{i}", i), registry, settings, new Random(i), owner), $"registration-{i}");
            }

            await node.UntilMembersAsync(options.Fleet);
            Console.WriteLine($"from the first registration to the complete table of a balancer that runs: "
                + $"{Stopwatch.GetElapsedTime(start).TotalMilliseconds:N0} ms");

            start = Stopwatch.GetTimestamp();
            await using (var second = await Node.StartAsync(etcd.Endpoint, "round-robin"))
            {
                await second.UntilMembersAsync(options.Fleet);
                Console.WriteLine($"from the start of another balancer's process to its complete table: "
                    + $"{Stopwatch.GetElapsedTime(start).TotalMilliseconds:N0} ms, of which {second.Process.ReadyAfter.TotalMilliseconds:N0} ms to "
                    + $"its ready line");
            }

            await WatchLag.MeasureAsync(node, registry, options.Fleet, options.Changes);
            var keys = await etcd.Etcdctl("get", "--prefix", "/akkalb/workers/", "--keys-only");
            Console.WriteLine($"keys in etcd at the end: {keys.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length}");
        }
    }

    private sealed class Silent : ReceiveActor
    {
        public Silent() => ReceiveAny(_ => { });
    }
}
