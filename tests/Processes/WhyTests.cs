using AkkaLb.Processes.Harness;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>Somebody wants to know where a job went, and why.</summary>
public sealed class WhyTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Of_a_job_in_a_workers_ledger_the_balancer_tells_why_it_went_there_and_how_it_ended()
    {
        await using var cluster = await TestCluster.StartAsync(output, "least-requests");
        await cluster.AddWorkersAsync(["w1", "w2"]);
        Assert.Equal(0, (await cluster.ClientAsync("load", "--jobs", "200", "--concurrency", "8")).ExitCode);
        var job = cluster.Ledger.Read()[100];

        var told = await cluster.ClientAsync("why", job.Job);
        var unknown = await cluster.ClientAsync("why", "1-1");
        var latest = await cluster.ClientAsync("why", "--count", "3");

        output.WriteLine(told.ToString());
        Assert.Equal(0, told.ExitCode);
        Assert.Matches(
            $@"^job {job.Job}: \S+ m?s ago {job.Worker} was named\. least-requests chose it among the 2 of 2 workers .*"
            + @"The worker answered after \S+ m?s\.$",
            Assert.Single(told.Output));
        Assert.Equal((1, "no balancer knows of 1-1: each remembers its last 8192 decisions"), (unknown.ExitCode, unknown.Problems.Single()));
        Assert.Equal((0, 3), (latest.ExitCode, latest.Output.Count));
        cluster.AssertNoStackTraces();
    }
}
