namespace AkkaLb.Core.Workers;

/// <summary>What a memory reporter is told.</summary>
public abstract record ReporterInput
{
    private ReporterInput() { }

    /// <summary>The first of all. Once more after a restart: the sequence continues.</summary>
    /// <param name="Finished">How many jobs have been finished before; the summaries do not count them.</param>
    public sealed record Start(long Finished) : ReporterInput;

    /// <summary>Where the balancers are. An empty list changes nothing.</summary>
    public sealed record BalancersKnown(IReadOnlyList<string> Addresses) : ReporterInput;

    /// <summary>How many jobs have been finished in all; handed in before each tick.</summary>
    public sealed record JobsFinished(long Total) : ReporterInput;
}
