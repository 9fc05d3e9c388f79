using Xunit.Abstractions;

namespace AkkaLb.Processes.Harness;

/// <summary>A balancer that logs in JSON and two workers, for all tests that leave them as they found them.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    /// <summary>The collection of tests that share it; they run one after another.</summary>
    public const string Name = "one cluster";

    public TestCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Cluster = await TestCluster.StartAsync(new Nowhere(), "round-robin", "--log-format", "json");
        await Cluster.AddWorkersAsync(["w1", "w2"]);
    }

    public async Task DisposeAsync() => await Cluster.DisposeAsync();

    /// <summary>What fails says itself what it saw: a fixture has no test whose output it could write to.</summary>
    private sealed class Nowhere : ITestOutputHelper
    {
        public void WriteLine(string message)
        {
        }

        public void WriteLine(string format, params object[] args)
        {
        }
    }
}

[CollectionDefinition(SharedCluster.Name)]
public sealed class TestsOnOneCluster : ICollectionFixture<SharedCluster>;
