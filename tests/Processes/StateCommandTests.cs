using System.Text.Json;
using System.Text.RegularExpressions;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>The client's verb <c>state</c>.</summary>
[Collection(SharedCluster.Name)]
public sealed class StateCommandTests(SharedCluster shared, ITestOutputHelper output)
{
    [Fact]
    public async Task State_of_a_balancer_with_the_embedded_registry_names_its_workers()
    {
        var cluster = shared.Cluster;

        var ending = await cluster.ClientAsync("state");

        output.WriteLine(ending.ToString());
        Assert.Equal(0, ending.ExitCode);
        Assert.Empty(ending.Problems);
        Assert.Matches($@"^balancer \S+ akka\.tcp://AkkaLb@{cluster.Address} decides=yes policy=round-robin members=2 ready$", ending.Output[0]);
        Assert.Matches(@"^watcher embedded connected members=2 revision=\d+ proof-age=0 us resyncs=0 disconnects=0$", ending.Output[1]);
        Assert.Matches("^worker +state +in flight +assigned +memory +report +uptime +address +version +incarnation$", ending.Output[2]);
        Assert.Equal(2, ending.Output.Skip(3).Count(l => Regex.IsMatch(l, @"^w\S+ +(up|full|slow start) +\d+ of 64 ")));
    }

    [Fact]
    public async Task State_of_every_balancer_as_json_tells_also_which_one_does_not_answer()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var cluster = await TestCluster.StartAsync(output, "pick-first", "--etcd", etcd.Endpoint);
        var other = cluster.Add(NodeProcess.Balancer("--policy", "least-load", "--port", "0", "--etcd", etcd.Endpoint));
        var otherAddress = (await other.WaitForLineAsync("ready balancer ")).Text.Split(' ')[2].Split('@')[1];
        await cluster.AddWorkersAsync(["w1"], "--etcd", etcd.Endpoint);
        await UntilInEtcdAsync(etcd, balancers: 2);

        var both = await StateAsync(cluster, exitCode: 0, "--etcd", etcd.Endpoint);

        Assert.Equal(["least-load", "pick-first"], both.GetProperty("balancers").EnumerateArray().Select(
            b => b.GetProperty("policy").GetString()).Order());
        Assert.All(both.GetProperty("balancers").EnumerateArray(), b =>
        {
            Assert.True(b.GetProperty("watcher").GetProperty("isConnected").GetBoolean());
            Assert.Equal("etcd", b.GetProperty("watcher").GetProperty("registry").GetString());
            Assert.True(b.GetProperty("decides").GetBoolean());
            Assert.Equal("w1", Assert.Single(b.GetProperty("members").EnumerateArray()).GetProperty("id").GetString());
        });

        other.Signal(Signals.Stop);
        var one = await StateAsync(cluster, exitCode: 1, "--balancer", $"{cluster.Address},{otherAddress}");
        Assert.Equal("pick-first", Assert.Single(one.GetProperty("balancers").EnumerateArray()).GetProperty("policy").GetString());
        Assert.Single(one.GetProperty("silent").EnumerateArray());
    }

    private async Task<JsonElement> StateAsync(TestCluster cluster, int exitCode, params string[] where)
    {
        var ending = await cluster.Add(NodeProcess.Client([.. where, "state", "--json"])).EndedAsync();
        output.WriteLine(ending.ToString());
        Assert.Equal(exitCode, ending.ExitCode);
        return JsonDocument.Parse(Assert.Single(ending.Output)).RootElement;
    }

    private static async Task UntilInEtcdAsync(EtcdProcess etcd, int balancers)
    {
        using var bound = new CancellationTokenSource(NodeProcess.Bound);
        while ((await etcd.Etcdctl("get", "--prefix", "/akkalb/balancers/", "--keys-only")).Split(
            '\n', StringSplitOptions.RemoveEmptyEntries).Length < balancers)
        {
            bound.Token.ThrowIfCancellationRequested();
        }
    }
}
