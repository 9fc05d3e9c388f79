using System.Diagnostics;
using System.Globalization;
using HdrHistogram;

namespace AkkaLb.Bench.Speed;

/// <summary>The process that asks: keeps so many calls in flight for so long, whenever its standard input says so.</summary>
/// <remarks>The peers in <c>bench/Peers</c> compile this file too: all are measured by the same code.</remarks>
internal static class Driver
{
    /// <summary>One for each call in flight, used again by each slice.</summary>
    private static readonly List<LongHistogram> Histograms = [];

    /// <summary>Answers each line <c>CALL IN-FLIGHT SECONDS</c> with a line <c>sliced COUNT ELAPSED-NS P50-NS P99-NS CPU-NS ALLOCATED-BYTES</c>,
    /// until standard input ends.</summary>
    /// <param name="calls">By name; a call is over when its answer is there, and tells how many answers it counts for.</param>
    public static async Task RunAsync(IReadOnlyDictionary<string, Func<Task<int>>> calls)
    {
        Console.WriteLine("ready driver");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var words = line.Split(' ');
            var time = TimeSpan.FromSeconds(double.Parse(words[2], CultureInfo.InvariantCulture));
            Console.WriteLine(await SliceAsync(calls[words[0]], int.Parse(words[1], CultureInfo.InvariantCulture), time));
        }
    }

    private static async Task<string> SliceAsync(Func<Task<int>> call, int inFlight, TimeSpan time)
    {
        // Before the clock starts: they are large, and what is allocated is counted.
        while (Histograms.Count < inFlight)
        {
            Histograms.Add(NewHistogram());
        }

        var histograms = Histograms.Take(inFlight).ToList();
        histograms.ForEach(h => h.Reset());
        var loops = new Task<long>[inFlight];
        GC.Collect();
        var (cpu, allocated) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < loops.Length; i++)
        {
            var nanos = histograms[i];
            loops[i] = Task.Run(() => LoopAsync(call, nanos, start, time));
        }

        // Those that are out at the end are waited for and count. A slice that hangs is a fault: an answer was lost.
        var counts = await Task.WhenAll(loops).WaitAsync(time + TimeSpan.FromSeconds(30));
        var elapsed = Stopwatch.GetElapsedTime(start);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        var all = NewHistogram();
        histograms.ForEach(all.Add);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"sliced {counts.Sum()} {elapsed.TotalNanoseconds:0} {all.GetValueAtPercentile(50)} {all.GetValueAtPercentile(99)} "
                + $"{cpu.TotalNanoseconds:0} {allocated}");
    }

    /// <summary>One call after another, one at least.</summary>
    private static async Task<long> LoopAsync(Func<Task<int>> call, LongHistogram nanos, long start, TimeSpan time)
    {
        long count = 0;
        do
        {
            var before = Stopwatch.GetTimestamp();
            count += await call().ConfigureAwait(false);
            nanos.RecordValue((long)Stopwatch.GetElapsedTime(before).TotalNanoseconds);
        }
        while (Stopwatch.GetElapsedTime(start) < time);
        return count;
    }

    /// <summary>Up to a minute, to three digits.</summary>
    private static LongHistogram NewHistogram() => new(60_000_000_000, 3);
}
