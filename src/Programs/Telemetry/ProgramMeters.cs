using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AkkaLb.Programs.Telemetry;

/// <summary>What a program measures: AkkaLb's own meters and spans, and what .NET says of the process.</summary>
internal static class ProgramMeters
{
    private const string ServiceName = "OTEL_SERVICE_NAME";

    /// <summary>Meters and sources of spans.</summary>
    private const string Ours = "AkkaLb.*";

    private const string Runtime = "System.Runtime";

    /// <summary>The operator's own choice.</summary>
    private const string ExemplarFilter = "OTEL_METRICS_EXEMPLAR_FILTER";

    /// <summary>.NET calls them counters, and they fall as well: each fall looks like a restart to whoever reckons rates.</summary>
    private static readonly string[] FalseCounters = ["dotnet.thread_pool.thread.count", "dotnet.thread_pool.queue.length"];

    /// <summary>What is measured in a span that is recorded is told with its trace: an exemplar.</summary>
    /// <param name="program">Such as <c>balancer</c>.</param>
    public static MeterProviderBuilder AddProgramMeters(this MeterProviderBuilder metrics, string program)
    {
        metrics.ConfigureResource(resource => Name(resource, program)).AddMeter(Ours, Runtime)
            .AddView(instrument => FalseCounters.Contains(instrument.Name) ? MetricStreamConfiguration.Drop : null);
        return IsSet(ExemplarFilter) ? metrics : metrics.SetExemplarFilter(ExemplarFilterType.TraceBased);
    }

    /// <inheritdoc cref="AddProgramMeters" path="/param"/>
    public static TracerProviderBuilder AddProgramSpans(this TracerProviderBuilder spans, string program) =>
        spans.ConfigureResource(resource => Name(resource, program)).AddSource(Ours);

    private static void Name(ResourceBuilder resource, string program)
    {
        if (!IsSet(ServiceName))
        {
            resource.AddService($"akkalb-{program}", serviceVersion: NodeProgram.Version);
        }
    }

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };
}
