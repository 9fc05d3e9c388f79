using System.Diagnostics;
using HdrHistogram;

namespace AkkaLb.Bench.Load;

/// <summary>Measures two ways of asking in turns, so that whatever else the machine does meets both alike.</summary>
internal sealed class SideBySide(ChildProcess server, Options options)
{
    private static readonly int[] InFlight = [1, 32, 128];

    private readonly Process _self = Process.GetCurrentProcess();

    /// <summary>One call; it is over when its answer is there.</summary>
    public delegate Task Call();

    public async Task RunAsync(string what, string nameA, Call a, string nameB, Call b)
    {
        Console.WriteLine();
        Console.WriteLine($"## {what}");
        Console.WriteLine();
        Console.WriteLine($"warm-up: {options.WarmUp.TotalSeconds:0.#} s of each");
        foreach (var inFlight in InFlight)
        {
            await SliceAsync(a, inFlight, options.WarmUp / InFlight.Length);
            await SliceAsync(b, inFlight, options.WarmUp / InFlight.Length);
        }

        Console.WriteLine();
        Console.WriteLine($"| in flight | what | p50 us | p99 us | per second | CPU us a call, here + there | {nameA} / {nameB}, by rounds: median "
            + $"(middle half) |");
        Console.WriteLine("| --: | --- | --: | --: | --: | --: | --- |");
        foreach (var inFlight in InFlight)
        {
            var (sidesA, sidesB) = (new List<Slice>(), new List<Slice>());
            for (var round = 0; round < options.Rounds; round++)
            {
                // The order changes, so that a load that rises or falls favours nobody.
                if (round % 2 == 0)
                {
                    sidesA.Add(await SliceAsync(a, inFlight, options.Slice));
                    sidesB.Add(await SliceAsync(b, inFlight, options.Slice));
                }
                else
                {
                    sidesB.Add(await SliceAsync(b, inFlight, options.Slice));
                    sidesA.Add(await SliceAsync(a, inFlight, options.Slice));
                }
            }

            var pairs = sidesA.Zip(sidesB).ToList();
            // How much longer a call takes: by the median with one in flight, by the rate with many.
            var ratios = inFlight == 1
                ? Spread(pairs.Select(p => (double)p.First.Micros(50) / p.Second.Micros(50)))
                : Spread(pairs.Select(p => p.Second.PerSecond / p.First.PerSecond));
            var cpu = Spread(pairs.Select(p => p.First.CpuMicros / p.Second.CpuMicros));
            Row(inFlight, nameA, sidesA, $"{(inFlight == 1 ? "p50" : "time a call")} {ratios}");
            Row(inFlight, nameB, sidesB, $"CPU {cpu}");
        }
    }

    private static void Row(int inFlight, string name, List<Slice> slices, string ratio)
    {
        var all = new LongHistogram(TimeSpan.FromMinutes(1).Ticks * 100, 3);
        slices.ForEach(s => all.Add(s.Nanos));
        var count = slices.Sum(s => s.Count);
        var perSecond = count / slices.Sum(s => s.Elapsed.TotalSeconds);
        Console.WriteLine(
            $"| {inFlight} | {name} | {all.GetValueAtPercentile(50) / 1000.0:0} | {all.GetValueAtPercentile(99) / 1000.0:0} | {perSecond:#,0} "
            + $"| {slices.Sum(s => s.CpuHere.TotalMicroseconds) / count:0.0} + {slices.Sum(s => s.CpuThere.TotalMicroseconds) / count:0.0} | "
            + $"{ratio} |");
    }

    private static string Spread(IEnumerable<double> ratios)
    {
        var sorted = ratios.Order().ToList();
        return $"{sorted[sorted.Count / 2]:0.00} ({sorted[sorted.Count / 4]:0.00} to {sorted[sorted.Count * 3 / 4]:0.00})";
    }

    /// <summary>Keeps so many calls in flight for a while; those that are out at the end are waited for and count.</summary>
    private async Task<Slice> SliceAsync(Call call, int inFlight, TimeSpan time)
    {
        GC.Collect();
        var loops = new Task<LongHistogram>[inFlight];
        var (cpuHere, cpuThere) = (Here(), server.Processor);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < loops.Length; i++)
        {
            loops[i] = Task.Run(() => LoopAsync(call, start, time));
        }

        // A lost answer would be waited for until nobody does: a slice that hangs is a fault.
        var histograms = await Task.WhenAll(loops).WaitAsync(time + TimeSpan.FromSeconds(30));
        var elapsed = Stopwatch.GetElapsedTime(start);
        var (hereAfter, thereAfter) = (Here(), server.Processor);
        var all = histograms[0];
        for (var i = 1; i < histograms.Length; i++)
        {
            all.Add(histograms[i]);
        }

        return new Slice(all, elapsed, hereAfter - cpuHere, thereAfter - cpuThere);
    }

    private static async Task<LongHistogram> LoopAsync(Call call, long start, TimeSpan time)
    {
        var histogram = new LongHistogram(TimeSpan.FromMinutes(1).Ticks * 100, 3);
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            var before = Stopwatch.GetTimestamp();
            await call().ConfigureAwait(false);
            histogram.RecordValue((long)Stopwatch.GetElapsedTime(before).TotalNanoseconds);
        }

        return histogram;
    }

    private TimeSpan Here()
    {
        _self.Refresh();
        return _self.TotalProcessorTime;
    }

    private sealed record Slice(LongHistogram Nanos, TimeSpan Elapsed, TimeSpan CpuHere, TimeSpan CpuThere)
    {
        public long Count => Nanos.TotalCount;

        public double PerSecond => Count / Elapsed.TotalSeconds;

        public double CpuMicros => (CpuHere + CpuThere).TotalMicroseconds / Count;

        public double Micros(double percentile) => Nanos.GetValueAtPercentile(percentile) / 1000.0;
    }
}
