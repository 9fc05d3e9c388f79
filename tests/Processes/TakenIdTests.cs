using System.Text.Json;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>Two processes with one id in etcd: the second is refused while the first lives.</summary>
public sealed class TakenIdTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Ttl = "3";

    private readonly List<NodeProcess> _processes = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-processes-").FullName;
    private EtcdProcess _etcd = null!;

    private string Settings => Path.Combine(_folder, "balancer.hocon");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Settings, $"akkalb.balancer.lease-ttl = {Ttl}s");
        _etcd = await EtcdProcess.StartAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        await _etcd.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_second_balancer_is_refused_with_one_line_and_exit_3()
    {
        var first = Balancer("b1");
        var ready = (await first.WaitForLineAsync("ready balancer ")).Text.Split(' ')[2].Split('@')[1];

        await Task.WhenAll(
            AssertRefusedAsync(Balancer("b1"), $"the id \"b1\" is in use by another balancer at {ready}: choose another id, or stop that one"),
            AssertRefusedAsync(
                Balancer("b4", "--mode", "singleton"),
                "runs with --mode independent, this one with --mode singleton: start all of one prefix in the same mode"));

        Assert.False(first.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_second_balancer_of_a_cluster_is_refused_before_it_joins_and_so_is_one_that_would_decide_beside_it()
    {
        var first = Balancer("b1", "--mode", "singleton");
        await first.WaitForLineAsync("ready balancer ");
        var before = await _etcd.Etcdctl("get", "--prefix", "/akkalb/cluster", "-w", "json");

        await Task.WhenAll(
            AssertRefusedAsync(Balancer("b1", "--mode", "singleton"), "the id \"b1\" is in use by another balancer at "),
            AssertRefusedAsync(
                Balancer("b2"), "runs with --mode singleton, this one with --mode independent: start all of one prefix in the same mode"));

        // The same keys with the same revisions: nothing of it was written again.
        Assert.Equal(Kvs(before), Kvs(await _etcd.Etcdctl("get", "--prefix", "/akkalb/cluster", "-w", "json")));
        Assert.False(first.Ended.IsCompleted);

        static string Kvs(string json) => JsonDocument.Parse(json).RootElement.GetProperty("kvs").GetRawText();
    }

    [Fact]
    public async Task A_second_worker_is_refused_with_one_line_and_exit_3_and_so_ends_one_whose_key_another_incarnation_has_taken()
    {
        await Balancer("b1").WaitForLineAsync("ready balancer ");
        var worker = Worker("w1");
        await worker.WaitForLineAsync("ready worker w1 ");

        await AssertRefusedAsync(Worker("w1"), "the id \"w1\" is in use by another worker process");
        Assert.False(worker.Ended.IsCompleted);

        var value = (await _etcd.Etcdctl("get", "/akkalb/workers/w1", "--print-value-only")).Trim();
        var incarnation = JsonDocument.Parse(value).RootElement.GetProperty("incarnation").GetInt64();

        var other = value.Replace($"{incarnation}", "4711", StringComparison.Ordinal);
        await _etcd.PutLeasedAsync("/akkalb/workers/w1", other);

        var ending = await worker.EndedAsync();
        output.WriteLine(ending.ToString());
        Assert.Equal(3, ending.ExitCode);
        Assert.Contains(
            ending.Error, l => l.EndsWith(
                "another worker process (incarnation 4711) has this one's id in the registry; registering again", StringComparison.Ordinal));
        Assert.Contains("the id \"w1\" was taken by another worker process (incarnation 4711) while this one was registered", ending.Error[^1],
            StringComparison.Ordinal);
        Assert.Equal(other, (await _etcd.Etcdctl("get", "/akkalb/workers/w1", "--print-value-only")).Trim());
    }

    private async Task AssertRefusedAsync(NodeProcess second, string sentence)
    {
        var ending = await second.EndedAsync();
        output.WriteLine(ending.ToString());
        Assert.Equal(3, ending.ExitCode);
        Assert.Empty(ending.Output);
        Assert.Contains(sentence, Assert.Single(ending.Problems), StringComparison.Ordinal);
    }

    private NodeProcess Balancer(string id, params string[] more) => Add(NodeProcess.Balancer(
        ["--id", id, "--policy", "round-robin", "--port", "0", "--etcd", _etcd.Endpoint, "--config", Settings, .. more]));

    private NodeProcess Worker(string id) => Add(NodeProcess.Worker("--id", id, "--etcd", _etcd.Endpoint, "--lease-ttl", Ttl));

    private NodeProcess Add(NodeProcess process)
    {
        _processes.Add(process);
        return process;
    }
}
