using System.Globalization;
using AkkaLb.ClientNode.Commands;

namespace AkkaLb.Bench.Lab.Work;

/// <summary>Makes the jobs of a run from its setting: the same setting makes the same jobs.</summary>
/// <param name="setting">What is asked for.</param>
/// <param name="trace">The file's rows; null for Poisson arrivals.</param>
internal sealed class WorkloadMaker(Setting setting, Trace? trace)
{
    /// <summary>What a job holds in memory on average while it is at a worker, waiting or running.</summary>
    public const double JobBytesMean = 16 << 20;

    private readonly Streams _streams = new(setting.Seed);
    private readonly List<string> _notes = [];

    /// <summary>Jobs a second, so that the work that arrives is the asked share of what the workers can do.</summary>
    private double Rate => setting.Utilisation * setting.Capability / setting.ServiceTime;

    public Workload Make()
    {
        var random = _streams.Of("clients");
        int[] clients = [.. Enumerable.Range(0, setting.Jobs).Select(_ => random.Next(setting.Clients))];
        if (trace is not null && setting.Jobs > trace.Seconds.Length)
        {
            _notes.Add(Text($"the file's {trace.Seconds.Length} rows are repeated end to end until there are {setting.Jobs} jobs"));
        }

        return new Workload(Arrivals(), Durations(), Bytes(), clients, _notes);
    }

    private double[] Arrivals() => trace is null ? Poisson() : trace.Arrivals(setting.Jobs, Rate);

    private double[] Poisson()
    {
        var (random, at, rate) = (_streams.Of("arrivals"), 0.0, Rate);
        var arrivals = new double[setting.Jobs];
        for (var i = 0; i < arrivals.Length; i++)
        {
            arrivals[i] = at += Exponential(random) / rate;
        }

        return arrivals;
    }

    private double[] Durations()
    {
        if (setting.Durations == Work.Durations.File)
        {
            return FromFile(trace!.Duration!);
        }

        var random = _streams.Of("durations");
        Func<Random, double> draw = setting.Durations == Work.Durations.Pareto ? BoundedPareto.Draw : Exponential;
        var durations = new double[setting.Jobs];
        for (var i = 0; i < durations.Length; i++)
        {
            durations[i] = draw(random) * setting.ServiceTime;
        }

        return durations;
    }

    /// <summary>Scaled so that the mean of the rows that are used is the service time asked for.</summary>
    private double[] FromFile(double[] weights)
    {
        var used = Trace.Repeated(weights, setting.Jobs);
        var longest = setting.Jobs * setting.Speeds.Parts.Min(p => p.Speed) / (setting.Utilisation * setting.Capability);
        if (DurationCap.Of(used, longest) is { } cap)
        {
            var capped = used.Count(weight => weight > cap);
            _notes.Add(Text($"{capped} of {used.Length} durations would outlast the run and are cut to {longest:0.##} mean service times"));
            used = Array.ConvertAll(used, weight => Math.Min(weight, cap));
        }

        var mean = used.Average();
        return Array.ConvertAll(used, weight => weight / mean * setting.ServiceTime);
    }

    private long[] Bytes()
    {
        if (trace?.Memory is not { } weights)
        {
            var bytes = new long[setting.Jobs];
            Array.Fill(bytes, (long)JobBytesMean);
            return bytes;
        }

        var used = Trace.Repeated(weights, setting.Jobs);
        var mean = used.Average();
        return Array.ConvertAll(used, weight => mean > 0 ? (long)(weight / mean * JobBytesMean) : 0);
    }

    private static double Exponential(Random random) => -Math.Log(1 - random.NextDouble());

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
