using System.Text.Json;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>An operator takes a worker out under load, sees it empty, restarts it and the balancer, and puts it back.</summary>
[Collection(Alone.Name)]
public sealed class DrainTests(ITestOutputHelper output)
{
    private const string Out = "w2";

    [Fact]
    public async Task A_drained_worker_becomes_empty_stays_out_through_restarts_and_comes_back_and_no_job_is_lost()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var cluster = await TestCluster.StartAsync(output, "round-robin", "--etcd", etcd.Endpoint);
        var workers = await cluster.AddWorkersAsync(["w1", Out, "w3"], "--etcd", etcd.Endpoint);
        var load = cluster.StartClient("load", "--jobs", "4000", "--concurrency", "12", "--job", "sleep:20", "--json");
        await cluster.Ledger.WaitForAsync(100, e => e.Worker == Out);

        var drained = await VerbAsync("drain", Out, "--wait", "30s", "--because", "its disk is slow");

        Assert.Equal(0, drained.ExitCode);
        Assert.Equal($"{Out} is empty", drained.Output[^1]);
        var atEnd = Count(Out);
        await cluster.Ledger.WaitForAsync(Count("w1") + 50, e => e.Worker == "w1");
        Assert.Equal(atEnd, Count(Out));
        Assert.Equal(("draining", "its disk is slow"), await StateOfAsync());

        // It outlives its balancer and its worker.
        cluster.Balancer.Signal(Signals.Terminate);
        await cluster.Balancer.EndedAsync();
        await cluster.RestartBalancerAsync();
        workers[1].Signal(Signals.Terminate);
        await workers[1].EndedAsync();
        await cluster.AddWorkersAsync([Out], "--etcd", etcd.Endpoint);
        Assert.Equal(("draining", "its disk is slow"), await StateOfAsync());
        Assert.Equal(atEnd, Count(Out));

        var back = await VerbAsync("ready", Out);

        Assert.Equal([$"{Out} is ready"], back.Output);
        var (during, after) = (await load.EndedAsync(TimeSpan.FromSeconds(60)), await cluster.ClientAsync("load", "--jobs", "300", "--json"));
        var (summary, again) = (LoadSummary.Of(during), LoadSummary.Of(after));
        Assert.Equal((4000, 0), (summary.Done, summary.Failed));
        Assert.Equal((300, 0), (again.Done, again.Failed));
        Assert.Contains(Out, again.Workers.Keys);
        cluster.AssertNoStackTraces();

        int Count(string id) => cluster.Ledger.Read().Count(e => e.Worker == id);

        Task<Ending> VerbAsync(params string[] verb) => cluster.ClientAsync([.. verb, "--etcd", etcd.Endpoint]);

        async Task<(string?, string?)> StateOfAsync()
        {
            var ending = await VerbAsync("workers", "--json");
            Assert.True(ending.ExitCode == 0, ending.ToString());
            var row = JsonDocument.Parse(Assert.Single(ending.Output)).RootElement.GetProperty("workers").EnumerateArray()
                .Single(w => w.GetProperty("id").GetString() == Out);
            return (row.GetProperty("condition").GetString(), row.GetProperty("reason").GetString()!.Split("Z: ")[^1]);
        }
    }

    [Fact]
    public async Task One_that_is_not_empty_in_time_is_told_with_what_is_left_and_one_that_does_not_exist_is_named()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var cluster = await TestCluster.StartAsync(output, "round-robin", "--etcd", etcd.Endpoint);
        await cluster.AddWorkersAsync(["w1"], "--etcd", etcd.Endpoint);
        cluster.StartClient("load", "--jobs", "2", "--concurrency", "2", "--job", "sleep:59000");
        await Waiting.UntilAsync(
            async () => await JobsLeftAsync() == 2, NodeProcess.Bound, TimeSpan.FromMilliseconds(50), "two jobs at w1");

        var drained = await cluster.ClientAsync("drain", "w1", "--wait", "0.5", "--etcd", etcd.Endpoint);
        var unknown = await cluster.ClientAsync("drain", "w7", "--etcd", etcd.Endpoint);
        var misspelt = await cluster.ClientAsync("ready", "w11", "--etcd", etcd.Endpoint);

        Assert.Equal(1, drained.ExitCode);
        Assert.Matches(@"^w1 is not empty: 2 jobs left \(balancer \S+\)$", drained.Output[^1]);
        Assert.Equal((1, "no worker w7 is registered; nothing is changed"), (unknown.ExitCode, unknown.Problems.First()));
        Assert.Equal("registered are w1", unknown.Problems.Last());
        Assert.Equal(1, misspelt.ExitCode);
        Assert.Equal("no order stands for w11, and no worker of that name is registered", misspelt.Problems.Single());

        // On a busy machine a client may give up before a balancer has answered.
        async Task<int?> JobsLeftAsync() => (await cluster.ClientAsync("workers", "--json", "--etcd", etcd.Endpoint)) is { ExitCode: 0 } ending
            ? JsonDocument.Parse(Assert.Single(ending.Output)).RootElement.GetProperty("workers")[0].GetProperty("jobsLeft").GetInt32()
            : null;
    }
}
