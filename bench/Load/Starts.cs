namespace AkkaLb.Bench.Load;

/// <summary>The real programs, each from its start to its ready line, and an idle worker's memory.</summary>
internal static class Starts
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Options options)
    {
        Console.WriteLine();
        Console.WriteLine("## Start of the programs");
        Console.WriteLine();
        var programs = options.Programs ?? AppContext.BaseDirectory;
        var (balancers, workers, balancerKib, workerKib) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var (balancerShares, workerShares) = (new List<double>(), new List<double>());
        for (var run = 0; run < options.Starts; run++)
        {
            using var balancer = await ChildProcess.StartAsync(
                Path.Combine(programs, "AkkaLb.Balancer.dll"), "--policy", "round-robin", "--port", "0");
            balancers.Add(balancer.ReadyAfter.TotalMilliseconds);
            var address = balancer.Ready[2];
            using var worker = await ChildProcess.StartAsync(
                Path.Combine(programs, "AkkaLb.WorkerNode.dll"), "--id", $"bench-{run}", "--balancer",
                address[(address.IndexOf('@', StringComparison.Ordinal) + 1)..]);
            workers.Add(worker.ReadyAfter.TotalMilliseconds);
            await Task.Delay(Idle);
            balancerKib.Add(balancer.ResidentKib);
            workerKib.Add(worker.ResidentKib);
            var (before, beforeWorker) = (balancer.Processor, worker.Processor);
            await Task.Delay(Idle);
            balancerShares.Add(100 * (balancer.Processor - before) / Idle);
            workerShares.Add(100 * (worker.Processor - beforeWorker) / Idle);
        }

        Console.WriteLine($"| {options.Starts} runs: median (least to most) | balancer | worker |");
        Console.WriteLine("| --- | --: | --: |");
        Console.WriteLine($"| start of the process to its ready line, ms | {Spread(balancers, 1)} | {Spread(workers, 1)} |");
        Console.WriteLine($"| resident memory {Idle.TotalSeconds} s after the worker was ready, MiB | {Spread(balancerKib, 1024)} | "
            + $"{Spread(workerKib, 1024)} |");
        Console.WriteLine($"| processor time in the {Idle.TotalSeconds} s after that, of one processor, in tenths of a percent | "
            + $"{Spread(balancerShares, 0.1)} | {Spread(workerShares, 0.1)} |");
    }

    private static string Spread(List<double> values, double unit)
    {
        values.Sort();
        return $"{values[values.Count / 2] / unit:0} ({values[0] / unit:0} to {values[^1] / unit:0})";
    }
}
