using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Processes.Harness;
using AkkaLb.Registry;
using AkkaLb.Worker;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>A worker that cannot do jobs does not live on as one that is named and answers nobody.</summary>
public sealed class WorkerAbilityTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_worker_whose_gate_has_ended_leaves_the_registry_at_once_and_exits_3_with_one_line()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var worker = (await cluster.AddWorkersAsync(["w1"], "--config", Settings<EndsItsGate>(cluster), "--instances", "1"))[0];

        cluster.StartClient("load", "--jobs", "1", "--job", "sleep:0", "--deadline", "2", "--not-idempotent");
        var ending = await worker.EndedAsync();

        output.WriteLine(ending.ToString());
        Assert.Equal(3, ending.ExitCode);
        Assert.Single(ending.Error, l => l.StartsWith("AkkaLb.WorkerNode: the actor /user/worker has ended", StringComparison.Ordinal));
        await cluster.Balancer.Error.FirstAsync(l => l.EndsWith("worker w1 has left", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task A_worker_whose_actor_cannot_be_created_does_not_register_and_exits_3_with_one_line_that_names_actor_and_exception()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var ending = await cluster.StartWorker("w1", "--wait", "1", "--config", Settings<Unbuildable>(cluster)).EndedAsync();

        output.WriteLine(ending.ToString());
        Assert.Equal(3, ending.ExitCode);
        Assert.Empty(ending.Output);
        var line = Assert.Single(ending.Error);
        Assert.StartsWith(
            "AkkaLb.WorkerNode: no instance of AkkaLb.Processes.Unbuildable was ready within 1 s (--wait): the worker's actor cannot be created: ",
            line,
            StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException: no database", line, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Balancer.Error.Texts, l => l.Contains("worker w1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_worker_whose_threads_are_blocked_gets_no_jobs_says_why_and_exits_3_when_that_lasts()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var settings = Settings<Blocks>(cluster, "unable-timeout = 2s, drain-timeout = 1s");
        var worker = (await cluster.AddWorkersAsync(["w1"], "--config", settings, "--instances", "1"))[0];
        // A client that is there already: a program would take longer to start than the worker has left.
        await using var client = await BalancedClient.ConnectAsync(BalancedClientOptions.To(cluster.Address));
        cluster.StartClient("load", "--jobs", "1", "--job", "sleep:0", "--deadline", "1", "--not-idempotent");

        await cluster.Balancer.Error.FirstAsync(l => l.Contains("worker w1 takes no jobs: ", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);
        Assert.True(NodeAddress.TryParse(cluster.Address, out var balancer));
        var state = (await client.InspectAsync(balancer, NodeProcess.Bound)).Balancer;
        var ending = await worker.EndedAsync();

        output.WriteLine(ending.ToString());
        Assert.Single(state.Members, m => m is { Worker.Id: "w1", State: WorkerState.Draining, IsEligible: false, Reason.Length: > 0 });
        Assert.Equal(3, ending.ExitCode);
        Assert.Single(ending.Error, l => l.StartsWith("AkkaLb.WorkerNode: this worker could not do jobs for 2 s: ", StringComparison.Ordinal));
        cluster.AssertNoStackTraces();
    }

    /// <summary>A worker with an actor of these tests.</summary>
    private static string Settings<TActor>(TestCluster cluster, string more = "") => cluster.WriteFile(
        "actor.hocon",
        $$"""
        akkalb.worker {
          actor = "{{typeof(TActor).FullName}}, {{typeof(TActor).Assembly.GetName().Name}}"
          assemblies = ["{{typeof(TActor).Assembly.Location}}"]
          {{more}}
        }
        """);
}

/// <summary>Needs what is not there.</summary>
public sealed class Unbuildable : ReceiveActor
{
    public Unbuildable() => throw new InvalidOperationException("no database");
}

/// <summary>Never comes back from its first job.</summary>
public sealed class Blocks : ReceiveActor
{
    public Blocks() => ReceiveAny(_ =>
    {
        using var never = new ManualResetEventSlim();
        never.Wait();
    });
}

/// <summary>Ends the gate with its first job.</summary>
public sealed class EndsItsGate : ReceiveActor
{
    public EndsItsGate() => ReceiveAny(_ => Context.ActorSelection("/user/worker").Tell(PoisonPill.Instance));
}
