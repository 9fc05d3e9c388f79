using AkkaLb.Processes;

// Tests that mostly wait for leases and takeovers run two at a time; the others, marked below, one after another when those are done.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

namespace AkkaLb.Processes;

/// <summary>Tests that start many processes or measure times and memory: they have the machine for themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
