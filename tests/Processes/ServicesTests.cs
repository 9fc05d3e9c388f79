using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>Several kinds of worker behind one balancer.</summary>
public sealed class ServicesTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Jobs_go_to_workers_of_their_service_by_its_policy_and_the_state_shows_each()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var balancer = NodeProcess.Balancer(
            "--policy", "round-robin", "--service", "pdf=first-free", "--port", "0", "--etcd", etcd.Endpoint);
        Assert.Contains(
            " policy=round-robin,pdf=first-free ", (await balancer.WaitForLineAsync("ready balancer ")).Text, StringComparison.Ordinal);
        await using var w1 = NodeProcess.Worker("--id", "w1", "--etcd", etcd.Endpoint);
        await using var pdf = NodeProcess.Worker("--id", "w1", "--service", "pdf", "--capacity", "1", "--etcd", etcd.Endpoint);
        await w1.WaitForLineAsync("ready worker w1 ");
        await pdf.WaitForLineAsync("ready worker pdf/w1 ");

        await using var atPdf = NodeProcess.Client(
            "load", "--jobs", "20", "--concurrency", "5", "--service", "pdf", "--etcd", etcd.Endpoint, "--json");
        await using var atDefault = NodeProcess.Client("load", "--jobs", "20", "--etcd", etcd.Endpoint, "--json");
        await using var nowhere = NodeProcess.Client("assign", "--service", "img", "--etcd", etcd.Endpoint);
        var (done, also, none) = (await atPdf.EndedAsync(), await atDefault.EndedAsync(), await nowhere.EndedAsync());
        output.WriteLine($"{done}\n{also}\n{none}");
        Assert.Contains("\"workers\":{\"pdf/w1\":20}", Assert.Single(done.Output), StringComparison.Ordinal);
        Assert.Contains("\"workers\":{\"w1\":20}", Assert.Single(also.Output), StringComparison.Ordinal);
        Assert.Equal((0, 0, 1), (done.ExitCode, also.ExitCode, none.ExitCode));
        Assert.Single(none.Error, "not assigned: NoWorkers: no worker of that service is registered");

        await using var state = NodeProcess.Client("state", "--etcd", etcd.Endpoint);
        var lines = (await state.EndedAsync()).Output;
        output.WriteLine(string.Join('\n', lines));
        string[] begins = ["balancer ", "watcher ", "worker ", "w1 ", "service pdf policy=first-free members=1 ready", "worker ", "pdf/w1 "];
        Assert.Equal(begins.Length, lines.Count);
        Assert.All(begins.Zip(lines), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.Contains("worker pdf/w1 is up at ", string.Join('\n', balancer.Error.Texts), StringComparison.Ordinal);
    }
}
