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

    /// <summary>.NET calls them counters, and they fall as well: each fall looks like a restart to whoever reckons rates.</summary>
    private static readonly string[] FalseCounters = ["dotnet.thread_pool.thread.count", "dotnet.thread_pool.queue.length"];

    /// <param name="program">Such as <c>balancer</c>.</param>
    public static MeterProviderBuilder AddProgramMeters(this MeterProviderBuilder metrics, string program) =>
        metrics.ConfigureResource(resource => Name(resource, program)).AddMeter(Ours, Runtime)
            .AddView(instrument => FalseCounters.Contains(instrument.Name) ? MetricStreamConfiguration.Drop : null);

    /// <inheritdoc cref="AddProgramMeters" path="/param"/>
    public static TracerProviderBuilder AddProgramSpans(this TracerProviderBuilder spans, string program) =>
        spans.ConfigureResource(resource => Name(resource, program)).AddSource(Ours);

    private static void Name(ResourceBuilder resource, string program)
    {
        if (Environment.GetEnvironmentVariable(ServiceName) is not { Length: > 0 })
        {
            resource.AddService($"akkalb-{program}", serviceVersion: NodeProgram.Version);
        }
    }
}
