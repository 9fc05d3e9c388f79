using AkkaLb.Client;
using AkkaLb.Worker;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Snippets;

/// <summary>Metrics and traces.</summary>
internal static class Measured
{
    public static void Add(IServiceCollection services)
    {
        // <telemetry>
        services.AddOpenTelemetry()
            .WithMetrics(m => m.AddMeter(BalancedClient.TelemetryName, BalancedWorker.TelemetryName))
            .WithTracing(t => t.AddSource(BalancedClient.TelemetryName, BalancedWorker.TelemetryName));
        // </telemetry>
    }
}
