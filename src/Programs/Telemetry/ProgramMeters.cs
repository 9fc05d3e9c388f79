using OpenTelemetry.Metrics;

namespace AkkaLb.Programs.Telemetry;

/// <summary>What a program measures: AkkaLb's own meters, and what .NET says of the process.</summary>
internal static class ProgramMeters
{
    /// <summary>Meters and sources of spans.</summary>
    public const string Ours = "AkkaLb.*";

    private const string Runtime = "System.Runtime";

    public static MeterProviderBuilder AddProgramMeters(this MeterProviderBuilder metrics) => metrics.AddMeter(Ours, Runtime);
}
