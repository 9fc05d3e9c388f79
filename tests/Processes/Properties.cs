using AkkaLb.Processes;

// Tests that mostly wait for leases and takeovers run two at a time; those that measure, marked below, one after another when those are done.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: TestCollectionOrderer("AkkaLb.Processes.LongestFirst", "AkkaLb.Processes")]

namespace AkkaLb.Processes;

/// <summary>Tests that measure times and memory: they have the machine for themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
