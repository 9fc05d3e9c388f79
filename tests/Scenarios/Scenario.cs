using AkkaLb.Client;
using AkkaLb.Core.Clients;
using AkkaLb.Core.Policies;
using AkkaLb.Scenarios.Cluster;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios;

/// <summary>What the scenarios share: a cluster for each test, and short ways to say what is to be done.</summary>
public abstract class Scenario(ITestOutputHelper output, string policy = Policy.RoundRobin) : IAsyncLifetime
{
    protected static readonly JobOptions Once = new() { Deadline = LoopbackCluster.Patience };
    protected static readonly JobOptions Idempotent = new() { Deadline = LoopbackCluster.Patience, IsIdempotent = true };

    protected LoopbackCluster Cluster { get; } = LoopbackCluster.Start(output, policy);

    protected Stage Stage => Cluster.Stage;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Cluster.DisposeAsync().AsTask();

    protected static Task<Did> AskAsync(BalancedClient client, Act act, string text = "", JobOptions? options = null) =>
        client.AskAsync<Did>(new Do(act, text), options ?? Once);

    /// <summary>Runs a job that does not end in a result.</summary>
    protected static async Task<JobOutcome.Failed> FailAsync(BalancedClient client, Act act, string text = "", JobOptions? options = null) =>
        Assert.IsType<JobOutcome.Failed>((await client.RunAsync(new Do(act, text), options ?? Once)).Outcome);

    /// <summary>Runs a job that ends in a result, and says on which worker and after how many sends.</summary>
    protected static async Task<(string Worker, int Sends)> DoneAsync(
        BalancedClient client, Act act = Act.Reply, string text = "", JobOptions? options = null)
    {
        var done = Assert.IsType<JobOutcome.Done>((await client.RunAsync(new Do(act, text), options ?? Once)).Outcome);
        return (done.Worker.Id, done.Sends);
    }
}
