using AkkaLb.Processes;

// Tests that mostly wait for leases and takeovers run three at a time; those that measure, marked below, one after another when those are done.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]

namespace AkkaLb.Processes;

/// <summary>Tests that measure times and memory: they have the machine for themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
