using System.Diagnostics;
using AkkaLb.BuiltInJobs;
using AkkaLb.Client;
using AkkaLb.Core.Clients;

namespace AkkaLb.Bench.Load;

/// <summary>From a worker's SIGKILL to the first error its client is told, with jobs on the worker.</summary>
/// <remarks>Jobs may not run twice, so each that was on the worker ends with an error. Two workers stand; the one with jobs on it is killed and
/// replaced.</remarks>
internal static class Kills
{
    private const int JobsAtOnce = 32;
    private const int OnVictimMin = 8;
    private static readonly TimeSpan JobLength = TimeSpan.FromMilliseconds(20);

    public static async Task RunAsync(Options options)
    {
        Console.WriteLine();
        Console.WriteLine("## From kill -9 of a worker to the first error at its client");
        Console.WriteLine();
        using var balancer = await ChildProcess.StartAsync("AkkaLb.Balancer.dll", "--policy", "round-robin", "--port", "0");
        var address = balancer.Ready[2][(balancer.Ready[2].IndexOf('@', StringComparison.Ordinal) + 1)..];
        using var stays = await WorkerAsync("stays", address);
        await using var client = await BalancedClient.ConnectAsync(
            BalancedClientOptions.To(address) with { AkkaConfig = BuiltInSerializer.Binding });
        var (first, last, lost) = (new List<double>(), new List<double>(), 0);
        for (var kill = 0; kill < options.Kills; kill++)
        {
            var id = $"victim-{kill}";
            using var victim = await WorkerAsync(id, address);
            var errors = await KillAsync(client, victim, id);
            first.Add(errors[0]);
            last.Add(errors[^1]);
            lost += errors.Count;
        }

        Console.WriteLine($"{options.Kills} kills with {JobsAtOnce} jobs under way on 2 workers, {lost} jobs lost in all");
        Console.WriteLine("| ms after the kill | p50 | max |");
        Console.WriteLine("| --- | --: | --: |");
        Console.WriteLine($"| first error at the client | {Median(first):0} | {first.Max():0} |");
        Console.WriteLine($"| last error at the client | {Median(last):0} | {last.Max():0} |");
    }

    private static Task<ChildProcess> WorkerAsync(string id, string balancer) =>
        ChildProcess.StartAsync("AkkaLb.WorkerNode.dll", "--id", id, "--balancer", balancer, "--lease-ttl", "3");

    /// <summary>Keeps jobs going, kills the victim when enough are on it, and returns when each lost job's error came, in ms after the
    /// kill.</summary>
    private static async Task<List<double>> KillAsync(BalancedClient client, ChildProcess victim, string id)
    {
        var errors = new List<double>();
        long killedAt = 0;
        var doneByVictim = 0;
        using var enough = new CancellationTokenSource();
        var loops = Enumerable.Range(0, JobsAtOnce).Select(_ => LoopAsync()).ToList();
        // Some done, so that the connection stands: jobs that wait for it are not on the worker yet.
        while (Volatile.Read(ref doneByVictim) < JobsAtOnce
                || (await client.InFlightAsync()).Where(x => x.Key.Id == id).Sum(x => x.Value) < OnVictimMin)
        {
            await Task.Yield();
        }

        killedAt = Stopwatch.GetTimestamp();
        victim.Dispose();
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        await enough.CancelAsync();
        await Task.WhenAll(loops);
        errors.Sort();
        return errors.Count > 0 ? errors : throw new InvalidOperationException("no job was lost: nothing was measured");

        async Task LoopAsync()
        {
            while (!enough.IsCancellationRequested)
            {
                var run = await client.RunAsync(new SleepJob(JobLength));
                if (run.Outcome is JobOutcome.Done done && done.Worker.Id == id)
                {
                    Interlocked.Increment(ref doneByVictim);
                }
                else if (run.Outcome is JobOutcome.Failed { Error: JobError.WorkerLost })
                {
                    lock (errors)
                    {
                        errors.Add(Stopwatch.GetElapsedTime(killedAt).TotalMilliseconds);
                    }
                }
            }
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
