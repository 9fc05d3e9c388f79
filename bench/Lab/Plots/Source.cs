using AkkaLb.Bench.Lab.Work;
using AkkaLb.ClientNode.Commands;

namespace AkkaLb.Bench.Lab.Plots;

/// <summary>Where the jobs of a column come from.</summary>
/// <param name="Title">As tables call it.</param>
/// <param name="File">Below <c>traces/</c> beside the program; null: Poisson arrivals, exponential durations.</param>
internal sealed record Source(string Title, string? File)
{
    public static IReadOnlyList<Source> All { get; } =
    [
        new("Poisson", null),
        new("conversations", "AzureLLMInferenceTrace_conv.csv"),
        new("code", "AzureLLMInferenceTrace_code.csv"),
        new("MapReduce", "FB-2010_samples_24_times_1hr_0.csv"),
    ];

    public Setting In(Setting setting) => File is null ? setting : setting with { Arrivals = File, Durations = Durations.File };

    /// <summary>The file that a setting's arrivals name; null for Poisson arrivals.</summary>
    public static Trace? TraceOf(string arrivals) =>
        arrivals == Setting.Poisson ? null : Trace.Of(Path.Combine(AppContext.BaseDirectory, "traces", arrivals));
}
