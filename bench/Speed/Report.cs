using System.Runtime.InteropServices;
using Akka.Actor;

namespace AkkaLb.Bench.Speed;

/// <summary>What is printed.</summary>
internal static class Report
{
    public static string Machine => $"{Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}, Akka "
        + $"{typeof(ActorSystem).Assembly.GetName().Version}, workstation GC in all processes, TCP over loopback";

    public static string Plan(Options options) => $"slices of {options.Slice.TotalSeconds:0.##} s, {options.Rounds} rounds in alternating order, "
        + $"after {options.WarmUp.TotalSeconds:0.##} s for each to warm up";

    /// <summary>Why somebody is not measured, and what to do.</summary>
    public static string NotBuilt(IEnumerable<Contender> missing, Options options)
    {
        var files = missing.Select(c => c.Party).Distinct().Select(p => Peers.PathOf(p, options.Peers));
        return $"Left out: {string.Join(", ", missing.Select(c => c.Name))}, for there is no {string.Join(" and no ", files)}. "
            + "To build them: dotnet build bench/Peers/Peers.slnx -c Release";
    }

    public static IEnumerable<string> Slices(Results results, IReadOnlyList<Contender> contenders)
    {
        var table = new Table(
            ">in flight", "contender", ">p50 us", ">p99 us", ">per second", ">CPU us, here", ">CPU us, there", ">bytes allocated here");
        foreach (var inFlight in Results.InFlight)
        {
            foreach (var contender in contenders)
            {
                table.Add($"{inFlight}", contender.Name, Cell(s => s.MicrosP50), Cell(s => s.MicrosP99), Cell(s => s.PerSecond),
                    Cell(s => s.CpuMicrosHere), Cell(s => s.CpuMicrosThere), Cell(s => s.BytesHere));

                string Cell(Func<Slice, double> figure) => results.Of(contender, inFlight, figure).ToText(Figure);
            }
        }

        return
        [
            "## What was measured", "", .. table.Lines(), "",
            "Minimum / median / maximum of the rounds. CPU and bytes are for one call; here is the process that asks. Of assign-100, p50 and p99",
            "are of a question, all else is of one of its hundred assignments.",
        ];
    }

    public static IEnumerable<string> Bounds(Results results)
    {
        var table = new Table("target", ">wanted", ">measured", "met");
        var left = 0;
        foreach (var target in Targets.All)
        {
            var wanted = $"{(target.IsAtMost ? "<=" : ">=")} {Figure(target.Bound)}";
            if (!target.Compared.All(results.Has))
            {
                left++;
            }
            else
            {
                var spread = target.Measure(results);
                table.Add(target.Name, wanted, spread.ToText(Figure), target.IsMetBy(spread) ? "yes" : "no");
            }
        }

        return
        [
            "## Targets", "", .. table.Lines(), "",
            "Minimum / median / maximum of the rounds, where a ratio is of the two slices of one round; the median decides.",
            .. left > 0 ? [$"Left out: {left} targets, whose contenders were not measured."] : Array.Empty<string>(),
        ];
    }

    /// <summary>Three digits and more.</summary>
    private static string Figure(double value) => value switch
    {
        < 10 => $"{value:0.00}",
        < 100 => $"{value:0.0}",
        _ => $"{value:#,0}",
    };
}
