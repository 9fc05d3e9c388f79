using System.Globalization;
using AkkaLb.Bench.Load;

namespace AkkaLb.Bench.Speed;

/// <summary>The two processes of a party: one answers, the other asks it.</summary>
internal sealed class Pair
{
    /// <summary>What a slice may take beyond its time: the driver itself gives up after 30 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _server;
    private readonly ChildProcess _driver;

    private Pair(ChildProcess server, ChildProcess driver) => (_server, _driver) = (server, driver);

    /// <param name="assembly">The party's program.</param>
    public static async Task<Pair> StartAsync(Party party, string assembly)
    {
        var server = await ChildProcess.StartAsync(assembly, party.Serve());
        return new Pair(server, await ChildProcess.StartAsync(assembly, party.Drive(server.Ready[2])));
    }

    /// <summary>Keeps so many calls in flight for a while.</summary>
    public async Task<Slice> SliceAsync(string call, int inFlight, TimeSpan time)
    {
        var before = _server.Processor;
        var answer = await _driver.AskAsync(
            string.Create(CultureInfo.InvariantCulture, $"{call} {inFlight} {time.TotalSeconds}"), time + Patience);
        var there = _server.Processor - before;
        return answer.Split(' ') is ["sliced", .. { Length: 6 } figures]
            ? Slice.Of([.. figures.Select(f => double.Parse(f, CultureInfo.InvariantCulture))], there)
            : throw new InvalidOperationException($"the driver answered {answer}");
    }
}

/// <summary>What one slice showed.</summary>
/// <param name="MicrosP50">Half of the calls took at most so long.</param>
/// <param name="MicrosP99">99 of 100 calls took at most so long.</param>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="CpuMicrosHere">Processor time of the process that asks, for each answer.</param>
/// <param name="CpuMicrosThere">Processor time of the process that answers, for each answer.</param>
/// <param name="BytesHere">Bytes that the process that asks allocated for each answer.</param>
internal sealed record Slice(
    double MicrosP50, double MicrosP99, double PerSecond, double CpuMicrosHere, double CpuMicrosThere, double BytesHere)
{
    public double CpuMicros => CpuMicrosHere + CpuMicrosThere;

    /// <param name="driver">The figures of <see cref="Driver"/>'s answer.</param>
    public static Slice Of(double[] driver, TimeSpan there)
    {
        var (count, elapsed, p50, p99, cpu, bytes) = (driver[0], driver[1], driver[2], driver[3], driver[4], driver[5]);
        return new Slice(p50 / 1e3, p99 / 1e3, count / elapsed * 1e9, cpu / 1e3 / count, there.TotalMicroseconds / count, bytes / count);
    }
}
