using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace AkkaLb.Programs.Telemetry;

/// <summary>Sends a program's metrics and spans by OTLP, where OpenTelemetry's own environment variable names a receiver
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>).</summary>
/// <param name="program">Such as <c>balancer</c>; <c>OTEL_SERVICE_NAME</c> goes over it.</param>
public sealed class OtlpPart(string program) : IHostedService
{
    /// <summary>What has not been sent at the end of the program gets so long.</summary>
    private const int LastMs = 2000;

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private MeterProvider? _metrics;
    private TracerProvider? _spans;

    /// <exception cref="ProgramException">One of OpenTelemetry's variables is wrong.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (IsWanted())
            {
                _metrics = Sdk.CreateMeterProviderBuilder().AddProgramMeters(program).AddOtlpExporter().Build();
                _spans = Sdk.CreateTracerProviderBuilder().AddProgramSpans(program).AddOtlpExporter().Build();
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException or NotSupportedException)
        {
            throw new ProgramException(ExitCode.Usage, $"a variable of OpenTelemetry (OTEL_EXPORTER_OTLP_...) is wrong: {e.Message}", e);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var metrics = Task.Run(() => _metrics?.Shutdown(LastMs), CancellationToken.None);
        var spans = Task.Run(() => _spans?.Shutdown(LastMs), CancellationToken.None);
        await ((Task)Task.WhenAll(metrics, spans)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _metrics?.Dispose();
        _spans?.Dispose();
    }

    /// <exception cref="ProgramException">It is no address; the exporter would be silent about that.</exception>
    private static bool IsWanted()
    {
        var text = Environment.GetEnvironmentVariable(Endpoint) ?? "";
        return text.Length == 0 ? false
            : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? true
            : throw new ProgramException(ExitCode.Usage, $"{Endpoint} = {text}: must be a URL such as http://127.0.0.1:4317");
    }
}
