using AkkaLb.Processes.Harness;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>What least load does with the memory of real processes.</summary>
[Collection(Alone.Name)]
public sealed class PolicyTests(ITestOutputHelper output)
{
    private static readonly string[] Ids = ["w1", "w2", "w3"];

    [Fact]
    public async Task Least_load_gives_all_assignments_to_the_one_worker_that_does_not_hold_200_MiB()
    {
        const long held = 200L << 20;
        await using var cluster = await TestCluster.StartAsync(output, "least-load");
        var workers = await cluster.AddWorkersAsync(Ids, "--heartbeat", "200");
        await using var assignments = await Assignments.AskAsync(cluster.Address);
        for (var loaded = 0; loaded < 2; loaded++)
        {
            var lightest = workers.Where(w => w.ResidentBytes < held).ToList();
            cluster.StartClient("load", "--jobs", "1", "--job", "hold:200,30000");
            // The job's memory is there, and the balancer knows: only workers without it are named.
            await assignments.UntilAsync(answers =>
                lightest.Count(w => w.ResidentBytes < held) == lightest.Count - 1
                && answers.TakeLast(20).Select(a => a.Worker).ToHashSet() is { Count: > 0 } named
                && answers.Count >= 20
                && named.All(n => workers[Array.IndexOf(Ids, n)].ResidentBytes < held));
        }

        var named = await cluster.AssignAsync(100);

        output.WriteLine($"resident MiB: {string.Join(", ", Ids.Zip(workers, (id, w) => $"{id} {w.ResidentBytes >> 20}"))}");
        var third = Ids[Array.FindIndex(workers, w => w.ResidentBytes < held)];
        Assert.Equal(new Dictionary<string, int> { [third] = 100 }, named);
        assignments.AssertAllAnswered();
        cluster.AssertNoStackTraces();
    }
}
