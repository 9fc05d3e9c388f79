using Akka.Actor;
using AkkaLb.Processes.Harness;
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

    /// <summary>A worker with an actor of these tests.</summary>
    private static string Settings<TActor>(TestCluster cluster) => cluster.WriteFile(
        "actor.hocon",
        $$"""
        akkalb.worker {
          actor = "{{typeof(TActor).FullName}}, {{typeof(TActor).Assembly.GetName().Name}}"
          assemblies = ["{{typeof(TActor).Assembly.Location}}"]
        }
        """);
}

/// <summary>Ends the gate with its first job.</summary>
public sealed class EndsItsGate : ReceiveActor
{
    public EndsItsGate() => ReceiveAny(_ => Context.ActorSelection("/user/worker").Tell(PoisonPill.Instance));
}
