using AkkaLb.Processes.EtcdFaults;
using AkkaLb.Processes.Harness;
using AkkaLb.Processes.Singleton;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>The classes that take longest begin first, so that none of them still runs by itself when all others are done.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        nameof(SingletonTests), nameof(SingletonEtcdTests), SharedCluster.Name, nameof(SecurityTests), nameof(HandOverTests),
        nameof(ClusterFaultTests), nameof(RestartFaultTests),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(c => Array.FindIndex(Longest, name => c.DisplayName == name || c.DisplayName.EndsWith(
            "." + name, StringComparison.Ordinal)) is var i and >= 0 ? i : Longest.Length);
}
