using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using AkkaLb.BuiltInJobs;
using AkkaLb.Client;
using AkkaLb.ClientNode;
using AkkaLb.ClientNode.Commands;
using AkkaLb.Core.Clients;
using AkkaLb.Core.Policies;
using AkkaLb.Programs;
using AkkaLb.Worker;
using Spectre.Console;

namespace AkkaLb.Demo;

/// <summary>The demo: start everything, count, kill a worker in the middle, tell how it went, leave nothing behind.</summary>
internal static class DemoRun
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(5);

    public static async Task<int> RunAsync(IReadOnlyList<string> files, bool withEtcd)
    {
        using var interrupted = new CancellationTokenSource();
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        var children = new Children();
        try
        {
            var plan = await Plan.MakeAsync(files, interrupted.Token).ConfigureAwait(false);
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{files.Count} files in {plan.Chunks} pieces of at most {plan.ChunkBytesMax} bytes, each taking {plan.Pace.TotalMilliseconds:0} "
                    + $"ms at least"));
            return await RunAsync(files, withEtcd, plan, children, interrupted.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("interrupted").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProgramException(ExitCode.Usage, e.Message, e);
        }
        catch (NoBalancerException e)
        {
            throw new ProgramException(ExitCode.Unreachable, e.Message, e);
        }
        finally
        {
            // The workers first, all at once, so that they can still say goodbye to balancer and etcd.
            await Task.WhenAll(children.Workers.Select(w => w.DisposeAsync().AsTask())).ConfigureAwait(false);
            await DisposeAsync(children.Balancer).ConfigureAwait(false);
            await DisposeAsync(children.Etcd).ConfigureAwait(false);
        }

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted.Cancel();
        }
    }

    private static async Task DisposeAsync(IAsyncDisposable? child)
    {
        if (child is not null)
        {
            await child.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<int> RunAsync(
        IReadOnlyList<string> paths, bool withEtcd, Plan plan, Children children, CancellationToken interrupted)
    {
        string[] registry = [];
        if (withEtcd)
        {
            var etcd = await DemoEtcd.StartAsync(StartTimeout, interrupted).ConfigureAwait(false);
            children.Etcd = etcd;
            registry = ["--etcd", etcd.Endpoint];
            Console.Out.WriteLine($"started etcd at {etcd.Endpoint}");
        }

        var balancer = Child.StartNode("balancer", "AkkaLb.Balancer", ["--policy", Policy.RoundRobin, "--port", "0", .. registry]);
        children.Balancer = balancer;
        var ready = await balancer.ReadyAsync(StartTimeout, interrupted).ConfigureAwait(false);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"started balancer, pid {balancer.Pid}: {ready}"));
        var address = new Uri(ready.Split(' ')[2].Replace("akka.tcp://AkkaLb@", "tcp://", StringComparison.Ordinal)).Authority;

        var workers = new List<(string Id, Child Process)>();
        foreach (var id in new[] { "worker-1", "worker-2", "worker-3" })
        {
            var worker = Child.StartNode(id, "AkkaLb.WorkerNode", ["--id", id, "--balancer", address, .. registry]);
            children.Workers.Add(worker);
            workers.Add((id, worker));
        }

        foreach (var (id, process) in workers)
        {
            var line = await process.ReadyAsync(StartTimeout, interrupted).ConfigureAwait(false);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"started {id}, pid {process.Pid}: {line}"));
        }

        var options = BalancedClientOptions.To(address) with { AkkaConfig = BuiltInSerializer.Binding };
        await using var client = await BalancedClient.ConnectAsync(options, interrupted).ConfigureAwait(false);
        return await CountAsync(paths, plan, client, workers[1], interrupted).ConfigureAwait(false);
    }

    private static async Task<int> CountAsync(
        IReadOnlyList<string> paths, Plan plan, BalancedClient client, (string Id, Child Process) victim, CancellationToken interrupted)
    {
        var files = paths.Select(p => new FileWords(p)).ToList();
        var tally = new JobTally();
        var failures = new List<JobRun>();
        var watch = Stopwatch.StartNew();
        var counting = new WordCountRun(client, plan.ChunkBytesMax, plan.Pace, Ended).RunAsync(files, Plan.Concurrency, interrupted);
        int? onVictim;
        await using (RunProgress.Start(client, tally, () => files.Sum(f => f.Begun), plan.Chunks, null, isQuiet: false))
        {
            onVictim = await KillInTheMiddleAsync(client, victim, tally, plan, counting, interrupted).ConfigureAwait(false);
            await counting.WaitAsync(interrupted).ConfigureAwait(false);
        }

        interrupted.ThrowIfCancellationRequested();
        var summary = tally.Summarize(watch.Elapsed);
        var total = files.Sum(f => f.Words ?? 0);
        Report.Print(summary, victim.Id, victim.Process.Pid, onVictim, total, plan.Words);
        await Report.CompareWithWcAsync(paths, total, interrupted).ConfigureAwait(false);
        foreach (var failed in failures.Take(5))
        {
            await Console.Error.WriteLineAsync(JobFailedException.Describe(failed.Id, (JobOutcome.Failed)failed.Outcome)).ConfigureAwait(false);
        }

        return summary.Failed == 0 && total == plan.Words ? ExitCode.Ok : ExitCode.JobsFailed;

        void Ended(JobRun run)
        {
            tally.Add(run);
            if (run.Outcome is JobOutcome.Failed)
            {
                lock (failures)
                {
                    failures.Add(run);
                }
            }
        }
    }

    /// <summary>Kills the victim once a third of the pieces are counted and some are on it.</summary>
    /// <returns>How many were on it, as the client saw it right before; null when counting was over first, and nobody was killed.</returns>
    private static async Task<int?> KillInTheMiddleAsync(
        BalancedClient client, (string Id, Child Process) victim, JobTally tally, Plan plan, Task counting, CancellationToken interrupted)
    {
        while (!counting.IsCompleted)
        {
            if (tally.Done >= plan.Chunks / 3)
            {
                var inFlight = await client.InFlightAsync(interrupted).ConfigureAwait(false);
                var onVictim = inFlight.Where(x => x.Key.Id == victim.Id).Sum(x => x.Value);
                if (onVictim > 0)
                {
                    victim.Process.Kill();
                    return onVictim;
                }
            }

            await Task.Delay(LookAgain, interrupted).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>What has been started, and has to be gone in the end.</summary>
    private sealed class Children
    {
        public DemoEtcd? Etcd { get; set; }

        public Child? Balancer { get; set; }

        public List<Child> Workers { get; } = [];
    }
}
