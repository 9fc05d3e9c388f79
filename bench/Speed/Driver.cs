using System.Diagnostics;
using System.Globalization;
using HdrHistogram;

namespace AkkaLb.Bench.Speed;

/// <summary>The process that asks: keeps so many calls in flight for so long, whenever its standard input says so.</summary>
/// <remarks>The peers in <c>bench/Peers</c> compile this file too: all are measured by the same code.</remarks>
internal static class Driver
{
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
        GC.Collect();
        var self = Process.GetCurrentProcess();
        var (cpu, allocated, start) = (self.TotalProcessorTime, GC.GetTotalAllocatedBytes(), Stopwatch.GetTimestamp());
        var loops = new Task<(LongHistogram Nanos, long Count)>[inFlight];
        for (var i = 0; i < loops.Length; i++)
        {
            loops[i] = Task.Run(() => LoopAsync(call, start, time));
        }

        // Those that are out at the end are waited for and count. A slice that hangs is a fault: an answer was lost.
        var done = await Task.WhenAll(loops).WaitAsync(time + TimeSpan.FromSeconds(30));
        var elapsed = Stopwatch.GetElapsedTime(start);
        self.Refresh();
        cpu = self.TotalProcessorTime - cpu;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        var all = NewHistogram();
        long count = 0;
        foreach (var (nanos, answers) in done)
        {
            all.Add(nanos);
            count += answers;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"sliced {count} {elapsed.TotalNanoseconds:0} {all.GetValueAtPercentile(50)} {all.GetValueAtPercentile(99)} "
                + $"{cpu.TotalNanoseconds:0} {allocated}");
    }

    private static async Task<(LongHistogram Nanos, long Count)> LoopAsync(Func<Task<int>> call, long start, TimeSpan time)
    {
        var histogram = NewHistogram();
        long count = 0;
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            var before = Stopwatch.GetTimestamp();
            count += await call().ConfigureAwait(false);
            histogram.RecordValue((long)Stopwatch.GetElapsedTime(before).TotalNanoseconds);
        }

        return (histogram, count);
    }

    /// <summary>Up to a minute, to three digits.</summary>
    private static LongHistogram NewHistogram() => new(60_000_000_000, 3);
}
