namespace AkkaLb.Core.Policies;

/// <summary>How far the jobs of one key stay at one worker.</summary>
/// <param name="Factor">So many times its share of all jobs in flight may a worker have: <see cref="FactorMin"/> to <see cref="FactorMax"/>. Lower is
/// more even, higher keeps more jobs at the worker of their key.</param>
/// <param name="JobsMin">The bound is never below so many jobs: 1 to <see cref="JobsMinMax"/>. It is the gate for a fleet that is nearly idle, where
/// everybody's share is a part of a job: at 1 each second job of a key would go elsewhere, at 2 a key may have two at a time.</param>
/// <param name="Exploration">The part of the jobs that goes to any other worker with room: 0 to <see cref="ExplorationMax"/>. So a worker that has
/// recovered is seen again, whatever keys there are. Each of these jobs misses what its own worker keeps for the key.</param>
public sealed record KeyBound(double Factor = 1.25, int JobsMin = 2, double Exploration = 0.01)
{
    /// <summary>At 1 itself all but the last job would be looking for the one free place.</summary>
    public const double FactorMin = 1.01;
    public const double FactorMax = 2;
    public const int JobsMinMax = 1000;
    public const double ExplorationMax = 0.5;

    public double Factor { get; } = Within(Factor, FactorMin, FactorMax, nameof(Factor));

    public int JobsMin { get; } = (int)Within(JobsMin, 1, JobsMinMax, nameof(JobsMin));

    public double Exploration { get; } = Within(Exploration, 0, ExplorationMax, nameof(Exploration));

    private static double Within(double value, double least, double most, string name) => value >= least && value <= most
        ? value
        : throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"it is {least} to {most}"));
}
