using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AkkaLb.Programs.Telemetry;

/// <summary>Sends a program's metrics and spans by OTLP, where OpenTelemetry's own environment variables name a receiver
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>).</summary>
/// <param name="program">Such as <c>balancer</c>; <c>OTEL_SERVICE_NAME</c> goes over it.</param>
public sealed class OtlpPart(string program) : IHostedService
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ServiceName = "OTEL_SERVICE_NAME";

    private MeterProvider? _metrics;
    private TracerProvider? _spans;

    private static bool IsWanted => Environment.GetEnvironmentVariable(Endpoint) is { Length: > 0 };

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsWanted)
        {
            _metrics = Sdk.CreateMeterProviderBuilder().ConfigureResource(Name).AddProgramMeters().AddOtlpExporter().Build();
            _spans = Sdk.CreateTracerProviderBuilder().ConfigureResource(Name).AddSource(ProgramMeters.Ours).AddOtlpExporter().Build();
        }

        return Task.CompletedTask;
    }

    /// <summary>What has not been sent yet gets a few seconds.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            _metrics?.Dispose();
            _spans?.Dispose();
        },
        CancellationToken.None);

    private void Name(ResourceBuilder resource)
    {
        if (Environment.GetEnvironmentVariable(ServiceName) is not { Length: > 0 })
        {
            resource.AddService($"akkalb-{program}", serviceVersion: NodeProgram.Version);
        }
    }
}
