namespace AkkaLb.Core.Workers;

/// <summary>What a memory reporter is to do.</summary>
public abstract record ReporterEffect
{
    private ReporterEffect() { }

    /// <summary>Measure, and tell these balancers.</summary>
    /// <param name="Sequence">From 1; a balancer drops what is not newer. It is used up also when measuring fails.</param>
    /// <param name="Balancers">As they came in.</param>
    public sealed record Report(long Sequence, IReadOnlyList<string> Balancers) : ReporterEffect;

    /// <summary>Tell the operator how many jobs were finished since the last summary; at least one.</summary>
    public sealed record Summary(long Finished) : ReporterEffect;
}
