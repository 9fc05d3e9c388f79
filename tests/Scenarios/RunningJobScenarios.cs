using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Core.Clients;
using AkkaLb.Scenarios.Cluster;
using Xunit.Abstractions;

namespace AkkaLb.Scenarios;

/// <summary>What passes between a caller and the actor that does its job while the job runs.</summary>
public sealed class RunningJobScenarios(ITestOutputHelper output) : Scenario(output)
{
    private readonly ITestOutputHelper _output = output;

    [Fact]
    public async Task A_running_job_that_is_cancelled_is_told_to_its_actor_and_its_instance_does_the_next()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Capacity = 1 });
        var client = await Cluster.ConnectAsync();

        await CancelRunningAsync(client, "first");
        await Stage.Cancelled.UntilAsync(all => all.ContainsKey("first"));
        Assert.Equal(new Did("w1", "next", 2), await AskAsync(client, Act.Reply, "next"));
    }

    [Fact]
    public async Task A_queued_job_that_is_cancelled_never_starts_and_those_behind_it_do()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Capacity = 3, Instances = 1 });
        var (client, system) = await Cluster.ConnectOnAsync();
        using var cancelling = new CancellationTokenSource();

        var first = AskAsync(client, Act.Hold, "first");
        await Stage.UntilBegunAsync("w1", "first");
        var second = client.AskAsync<Did>(new Do(Act.Reply, "second"), Once, cancelling.Token);
        var third = AskAsync(client, Act.Reply, "third");
        await UntilHeldAsync(client, system);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);

        // The word goes before it on the same connection.
        var fourth = AskAsync(client, Act.Reply, "fourth");
        await UntilHeldAsync(client, system);
        Stage.Release("first");
        await Task.WhenAll(first, third, fourth);
        Assert.Equal("w1: first\nw1: third\nw1: fourth\n", Stage.Begun.Value);
    }

    [Fact]
    public async Task How_far_a_job_is_reaches_its_caller_while_it_runs()
    {
        await Cluster.AddWorkerAsync("w1");
        var client = await Cluster.ConnectAsync();
        var told = new Observed<object?>("the progress of the job", null);

        var run = AskAsync(client, Act.Report, "half", Once with { Progress = new Handler(m => told.Update(_ => m)) });
        Assert.Equal(new Did("w1", "half", 1), await told.UntilAsync(m => m is not null));
        Assert.False(run.IsCompleted);
        Stage.Release("half");
        await run;
    }

    private sealed class Handler(Action<object> handle) : IProgress<object>
    {
        public void Report(object value) => handle(value);
    }

    [Fact]
    public async Task How_long_it_takes_from_the_client_to_the_token_at_the_worker()
    {
        await Cluster.AddWorkerAsync("w1", new WorkerOptions { Capacity = 4 });
        var client = await Cluster.ConnectAsync();

        var times = new List<double>();
        for (var i = 0; i < 60; i++)
        {
            var text = i.ToString(CultureInfo.InvariantCulture);
            var from = await CancelRunningAsync(client, text);
            var at = (await Stage.Cancelled.UntilAsync(all => all.ContainsKey(text)))[text];
            times.Add(Stopwatch.GetElapsedTime(from, at).TotalMicroseconds);
        }

        // The first ones find nothing compiled.
        var last = times[10..].Order().ToList();
        _output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"from the client to the token, {last.Count} times: median {last[25]:0} us, 90 % {last[45]:0} us, most {last[^1]:0} us"));
        Assert.InRange(last[25], 0, LoopbackCluster.Patience.TotalMicroseconds / 10);
    }

    /// <summary>The balancer answers in order, so all jobs before this have been sent when it does; and the gate has them all when it answers what is
    /// sent after them.</summary>
    private static async Task UntilHeldAsync(BalancedClient client, ActorSystem system)
    {
        var picked = Assert.IsType<JobOutcome.Picked>((await client.AssignAsync(1, LoopbackCluster.Patience)).Outcome);
        var gate = ((ExtendedActorSystem)system).Provider.ResolveActorRef(picked.Workers[0].Gate);
        await gate.Ask<ActorIdentity>(new Identify(null), LoopbackCluster.Patience);
    }

    /// <returns>When it was cancelled.</returns>
    private async Task<long> CancelRunningAsync(BalancedClient client, string text)
    {
        using var cancelling = new CancellationTokenSource();
        var run = client.RunAsync(new Do(Act.Heed, text), Once, cancelling.Token);
        await Stage.UntilBegunAsync("w1", text);
        var from = Stopwatch.GetTimestamp();
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        return from;
    }
}
