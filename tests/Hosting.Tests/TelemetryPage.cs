using System.Diagnostics.Metrics;
using AkkaLb.Tests.Support;

namespace AkkaLb.Hosting.Tests;

/// <summary>The tables of docs/telemetry.md, beside what was measured.</summary>
internal static class TelemetryPage
{
    /// <summary>The rows of these meters: meter, instrument, kind with unit, and attributes.</summary>
    public static IEnumerable<string> Rows(params string[] meters) =>
        File.ReadAllLines(Path.Combine(Repository.Root, "docs", "telemetry.md"))
            .Where(line => meters.Any(meter => line.StartsWith($"| `{meter}` |", StringComparison.Ordinal)))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Where(cells => cells.Length == 7)
            .Select(cells => $"{cells[1]} {cells[2]} {cells[3]}: {cells[4]}").Order();

    /// <summary>An instrument as a row names it.</summary>
    /// <param name="attributes">That its measurements had.</param>
    public static string Row(Instrument instrument, IEnumerable<string> attributes)
    {
        var sorted = attributes.Distinct().OrderByDescending(k => k[0] == 'r').ThenBy(k => k, StringComparer.Ordinal);
        var attributesText = string.Join(", ", sorted.Select(a => $"`{a}`"));
        return $"`{instrument.Meter.Name}` `{instrument.Name}` {Kind(instrument)}, `{instrument.Unit}`: {attributesText}";
    }

    private static string Kind(Instrument instrument) => instrument switch
    {
        Histogram<double> => "histogram",
        ObservableUpDownCounter<long> => "up-down counter",
        Counter<long> or ObservableCounter<long> => "counter",
        ObservableGauge<long> or ObservableGauge<double> => "gauge",
        _ => throw new ArgumentException(instrument.Name, nameof(instrument)),
    };
}
