using static AkkaLb.Bench.Speed.Contenders;

namespace AkkaLb.Bench.Speed;

/// <summary>How fast AkkaLb is to be: a bound, mostly beside something else.</summary>
/// <param name="Name">Who is compared with whom, with how many calls in flight, by which figure.</param>
/// <param name="Compared">Who has to be measured for it.</param>
/// <param name="Measure">Makes the figure of the slices.</param>
/// <param name="Bound">What the median of the figure has to keep.</param>
/// <param name="IsAtMost">The bound is the most that it may be, and not the least.</param>
internal sealed record Target(string Name, IReadOnlyList<Contender> Compared, Func<Results, Spread> Measure, double Bound, bool IsAtMost)
{
    public bool IsMetBy(Spread figure) => IsAtMost ? figure.Median <= Bound : figure.Median >= Bound;
}

internal static class Targets
{
    public static readonly IReadOnlyList<Target> All =
    [
        P50(AskPipelines, AskDotNetty, atMost: 0.5),
        P99(AskPipelines, AskDotNetty, atMost: 0.35),
        Cpu(AskPipelines, AskDotNetty, atMost: 0.5),
        Rate(AskPipelines, AskDotNetty, inFlight: 32, atLeast: 1.7),
        Rate(AskPipelines, AskDotNetty, inFlight: 128, atLeast: 1.4),
        P50(AssignPipelines, Orleans, atMost: 1.0),
        P99(AssignPipelines, Orleans, atMost: 1.0),
        P50(AssignPipelines, AskPipelines, atMost: 1.1),
        P50(JobPipelines, BareJobPipelines, atMost: 1.1),
        P50(AskedJobPipelines, BareJobPipelines, atMost: 2.0),
        Rate(JobPipelines, BareJobPipelines, inFlight: 32, atLeast: 0.9),
        Rate(JobPipelines, BareJobPipelines, inFlight: 128, atLeast: 0.9),
        Rate(JobPipelines, Grpc, inFlight: 32, atLeast: 1.0),
        Rate(JobPipelines, Grpc, inFlight: 128, atLeast: 1.0),
        Rate(JobPipelines, Orleans, inFlight: 128, atLeast: 1.0),
        BestRate(Assign100Pipelines, [32, 128], atLeast: 2_000_000),
    ];

    private static Target P50(Contender contender, Contender other, double atMost, string condition = "") =>
        Ratio(contender, other, 1, "p50" + condition, s => s.MicrosP50, atMost, isAtMost: true);

    private static Target P99(Contender contender, Contender other, double atMost) =>
        Ratio(contender, other, 1, "p99", s => s.MicrosP99, atMost, isAtMost: true);

    private static Target Cpu(Contender contender, Contender other, double atMost) =>
        Ratio(contender, other, 1, "CPU here + there", s => s.CpuMicros, atMost, isAtMost: true);

    private static Target Rate(Contender contender, Contender other, int inFlight, double atLeast) =>
        Ratio(contender, other, inFlight, "per second", s => s.PerSecond, atLeast, isAtMost: false);

    private static Target Ratio(
        Contender contender, Contender other, int inFlight, string figureName, Func<Slice, double> figure, double bound, bool isAtMost) => new(
        $"{contender.Name} / {other.Name}, {inFlight} in flight: {figureName}",
        [contender, other],
        results => results.Ratio(contender, other, inFlight, figure),
        bound,
        isAtMost);

    /// <summary>Not beside anybody: with that of the numbers in flight with which it is fastest.</summary>
    private static Target BestRate(Contender contender, IReadOnlyList<int> inFlight, double atLeast) => new(
        $"{contender.Name}, best of {string.Join(" and ", inFlight)} in flight: per second",
        [contender],
        results => inFlight.Select(n => results.Of(contender, n, s => s.PerSecond)).MaxBy(s => s.Median)!,
        atLeast,
        IsAtMost: false);
}
