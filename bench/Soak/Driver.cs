using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using AkkaLb.BuiltInJobs;
using AkkaLb.Client;
using AkkaLb.Core.Clients;
using AkkaLb.Transport.Pipelines.Tls;

namespace AkkaLb.Bench.Soak;

/// <summary>A client in a process of its own: some callers who each run one job after the other, and tell what they saw.</summary>
/// <remarks>
/// It prints <c>client ID</c>, as its jobs' ids begin, <c>tick UTC-MS DONE FAILED</c> every 100 ms and
/// <c>failed SUBMITTED-UTC-MS KIND ERROR CAUSE</c> for the first failures, and at the end
/// <c>count KIND ERROR N</c> for each kind of job and each end, <c>worker ID N</c>, and <c>end SECONDS DONE FAILED LONGEST-MS</c>.
/// It ends after <c>--for</c> seconds or <c>--jobs</c> jobs, or when its standard input is closed.
/// </remarks>
internal static class Driver
{
    public const string Verb = "driver";

    private const int FailuresToldMax = 300;

    public static async Task<int> RunAsync(Arguments args)
    {
        var host = args.Find("--host") ?? "127.0.0.1";
        var options = BalancedClientOptions.To(args["--balancer"].Split(',')) with
        {
            Host = host,
            Messages = OddWorker.Messages,
            AkkaConfig = BuiltInSerializer.Binding,
            Tls = args.Find("--tls") is { } folder ? NodeTls.FromFiles($"{folder}/ca-node.crt", $"{folder}/ca-node.key", $"{folder}/ca.crt") : null,
        };
        await using var client = await BalancedClient.ConnectAsync(options);
        var job = new JobOptions { Deadline = TimeSpan.FromSeconds(args.Number("--deadline", 60)),
            IsIdempotent = args.Number("--idempotent", 0) > 0 };
        var kinds = (args.Find("--kinds") ?? "sleep").Split(',');
        var work = args.Number("--work", 20);
        var jobsMax = (long)args.Number("--jobs", long.MaxValue / 2);
        var callers = (int)args.Number("--callers", 8);
        using var end = new CancellationTokenSource();
        if (args.Find("--for") is { } seconds)
        {
            end.CancelAfter(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
        }

        _ = Task.Run(async () =>
        {
            while (await Console.In.ReadLineAsync() is not null)
            {
            }

            await end.CancelAsync();
        });
        var counts = new ConcurrentDictionary<(string Kind, string Error), int>();
        var workers = new ConcurrentDictionary<string, int>();
        var printing = new Lock();
        var isNamed = 0;
        long begun = 0, done = 0, failed = 0, longestTicks = 0;
        Print("ready driver");
        using var ticker = new Timer(_ => Print(
            $"tick {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()} {Interlocked.Read(ref done)} {Interlocked.Read(ref failed)}"), null, 0, 100);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(CallAsync)));
        var took = clock.Elapsed;
        await ticker.DisposeAsync();
        foreach (var ((kind, error), count) in counts.OrderBy(c => c.Key))
        {
            Print($"count {kind} {error} {count}");
        }

        foreach (var (id, count) in workers.OrderBy(w => w.Key))
        {
            Print($"worker {id} {count}");
        }

        Print($"end {took.TotalSeconds:0.000} {done} {failed} {TimeSpan.FromTicks(longestTicks).TotalMilliseconds:0}");
        return 0;

        async Task CallAsync()
        {
            while (!end.IsCancellationRequested && Interlocked.Increment(ref begun) is var number && number <= jobsMax)
            {
                var kind = kinds[number % kinds.Length];
                object message = kind == "sleep" ? new SleepJob(TimeSpan.FromMilliseconds(work)) : new Do(kind, (int)work);
                var submitted = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
                var (id, outcome) = await client.RunAsync(message, job);
                if (Interlocked.Exchange(ref isNamed, 1) == 0)
                {
                    Print($"client {id.Client:x}");
                }

                InterlockedMax(ref longestTicks, outcome.Total.Ticks);
                if (outcome is JobOutcome.Failed failure)
                {
                    var error = failure.Failure is { } reason ? $"{failure.Error}/{reason}" : $"{failure.Error}";
                    counts.AddOrUpdate((kind, error), 1, (_, n) => n + 1);
                    if (Interlocked.Increment(ref failed) <= FailuresToldMax)
                    {
                        Print($"failed {submitted} {kind} {error} {failure.Worker?.Id}: "
                            + $"{failure.Cause.ReplaceLineEndings(" ")[..Math.Min(failure.Cause.Length, 160)]}");
                    }
                }
                else
                {
                    counts.AddOrUpdate((kind, "done"), 1, (_, n) => n + 1);
                    workers.AddOrUpdate(((JobOutcome.Done)outcome).Worker.Id, 1, (_, n) => n + 1);
                    Interlocked.Increment(ref done);
                }
            }
        }

        void Print(string line)
        {
            lock (printing)
            {
                Console.Out.WriteLine(line);
                Console.Out.Flush();
            }
        }
    }

    private static void InterlockedMax(ref long target, long value)
    {
        for (var seen = Interlocked.Read(ref target); value > seen; seen = Interlocked.Read(ref target))
        {
            if (Interlocked.CompareExchange(ref target, value, seen) == seen)
            {
                return;
            }
        }
    }
}
