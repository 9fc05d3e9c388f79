using System.Diagnostics;
using System.Diagnostics.Metrics;
using AkkaLb.Programs.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace AkkaLb.Programs.Tests.Telemetry;

/// <summary>What a program's metrics are, as an exporter gets them.</summary>
public sealed class ProgramMetersTests
{
    [Fact]
    public void What_is_measured_in_a_recorded_span_has_an_exemplar_with_its_trace_and_nothing_else_has()
    {
        using var meter = new Meter("AkkaLb.Tests.Exemplars");
        var durations = meter.CreateHistogram<double>("a.duration", "s");
        using var exporter = new Exemplars();
        using var reader = new BaseExportingMetricReader(exporter);
        using var provider = Sdk.CreateMeterProviderBuilder().AddProgramMeters("balancer").AddReader(reader).Build();
        using var span = new Activity("a job") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
        durations.Record(1);
        span.Stop();
        durations.Record(100);

        Assert.True(provider.ForceFlush());

        Assert.Equal([$"a.duration 1 {span.TraceId}"], exporter.Found);
    }

    private sealed class Exemplars : BaseExporter<Metric>
    {
        public List<string> Found { get; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    if (metric.MeterName.StartsWith("AkkaLb.Tests", StringComparison.Ordinal) && point.TryGetExemplars(out var exemplars))
                    {
                        foreach (ref readonly var exemplar in exemplars)
                        {
                            Found.Add($"{metric.Name} {exemplar.DoubleValue} {exemplar.TraceId}");
                        }
                    }
                }
            }

            return ExportResult.Success;
        }
    }
}
