using System.Diagnostics;
using Akka.Actor;
using AkkaLb.Balancer;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Registry;
using AkkaLb.Registry.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Bench.Etcd;

/// <summary>How long a change in membership is on its way.</summary>
internal static class WatchLag
{
    private const int Parts = 5;

    /// <summary>One worker more changes its state again and again, while the others renew; from the put's sending to the watcher's word to a
    /// balancer.</summary>
    /// <param name="members">How many there are.</param>
    /// <returns>The 99th percentile of each fifth of the changes, in milliseconds.</returns>
    public static async Task<List<double>> MeasureAsync(Node node, EtcdRegistry registry, int members, int changes)
    {
        var told = new Told();
        var target = node.System.ActorOf(Props.Create(() => new Stamp(told)));
        var next = told.NextAsync();
        var watcher = node.System.ActorOf(EtcdWatcherActor.Props(registry, target));
        await next;
        next = told.NextAsync();
        var worker = node.WorkerOf("changing", members + 1);
        var lease = ((RegisterOutcome.Registered)await registry.RegisterAsync(worker, TimeSpan.FromHours(1), CancellationToken.None)).LeaseId;
        await next;
        var (latency, part, parts) = (new Spread(), new Spread(), new List<double>());
        for (var i = 0; i < changes; i++)
        {
            worker = worker with { State = worker.State == WorkerState.Up ? WorkerState.Draining : WorkerState.Up };
            next = told.NextAsync();
            var sent = Stopwatch.GetTimestamp();
            await registry.UpdateAsync(lease, worker, CancellationToken.None);
            var took = Stopwatch.GetElapsedTime(sent, await next);
            latency.Add(took);
            part.Add(took);
            if ((i + 1) % (changes / Parts) == 0)
            {
                parts.Add(part.P99);
                part = new Spread();
            }
        }

        Console.WriteLine($"from the sending of a change to the watcher's word to the balancer: {latency.Percentiles()}");
        await registry.DeregisterAsync(lease, CancellationToken.None);
        await watcher.GracefulStop(TimeSpan.FromSeconds(10));
        await target.GracefulStop(TimeSpan.FromSeconds(10));
        return parts;
    }

    /// <summary>Stands where a balancer would.</summary>
    private sealed class Stamp : ReceiveActor
    {
        public Stamp(Told told) => ReceiveAny(m =>
        {
            if (m is Watched<Member>.Known)
            {
                told.Now(Stopwatch.GetTimestamp());
            }
        });
    }

    private sealed class Told
    {
        private TaskCompletionSource<long> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>When the next word comes. To be asked for before what causes it.</summary>
        public Task<long> NextAsync() => _next.Task.WaitAsync(TimeSpan.FromMinutes(1));

        public void Now(long timestamp)
        {
            var told = Interlocked.Exchange(ref _next, new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously));
            told.SetResult(timestamp);
        }
    }
}
