namespace AkkaLb.Bench.Lab.Work;

/// <summary>How long jobs run.</summary>
internal enum Durations
{
    /// <summary>Exponential: what most theory is about.</summary>
    Exponential,

    /// <summary>Heavy-tailed: see <see cref="BoundedPareto"/>.</summary>
    Pareto,

    /// <summary>As the third column of the file of arrivals weighs them.</summary>
    File,
}

/// <summary>A Pareto distribution of shape 1.5 between bounds of which the upper is <see cref="Ratio"/> times the lower, with mean 1: from 0.35 to
/// 106. One job in a hundred takes 7.5 or more.</summary>
/// <remarks>Harchol-Balter, Crovella, Murta, "On choosing a task assignment policy for a distributed server system", 1999, use the bounded form so
/// that all moments exist.</remarks>
internal static class BoundedPareto
{
    public const double Shape = 1.5;
    public const double Ratio = 300;

    private static readonly double Bottom = 1 - Math.Pow(Ratio, -Shape);

    /// <summary>The lower bound, k, from the mean: k * shape / (shape - 1) * (1 - ratio^(1 - shape)) / (1 - ratio^-shape) = 1.</summary>
    private static readonly double Lower = (Shape - 1) / Shape * Bottom / (1 - Math.Pow(Ratio, 1 - Shape));

    /// <summary>By inversion of the distribution function.</summary>
    public static double Draw(Random random) => Lower * Math.Pow(1 - (random.NextDouble() * Bottom), -1 / Shape);
}
