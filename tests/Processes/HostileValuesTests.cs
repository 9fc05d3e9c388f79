using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>Somebody has written rubbish beside our entries in a real etcd: nobody is blinded, ended or made to crash again and again by
/// it.</summary>
public sealed class HostileValuesTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Rubbish = 60;

    private static readonly string[] Workers =
    [
        """{"\ud800":1,"path":"akka.tcp://AkkaLb@127.0.0.1:1/user/worker#1","incarnation":1,"state":"up","capacity":1,"heartbeatMs":1000,"version":"1"}""",
        Worker("akka.tcp://AkkaLb@127.0.0.1:1/user/worker#-9223372036854775808"),
        Worker("akka.tcp://AkkaLb@127.0.0.1:1/user/worker#2147483648"),
        Worker("akka.tcp://An other@127.0.0.1:1/user/worker#1"),
        Worker("akka.tcp://AkkaLb@0.0.0.0:1/user/worker#1"),
        Worker("akka.tcp://AkkaLb@[junk]:1/user/worker#1"),
        "[]",
    ];

    private readonly List<NodeProcess> _processes = [];
    private EtcdProcess _etcd = null!;

    public async Task InitializeAsync() => _etcd = await EtcdProcess.StartAsync();

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            output.WriteLine(process.Describe());
            await process.DisposeAsync();
        }

        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task Rubbish_in_etcd_before_and_after_the_start_disturbs_nobody()
    {
        await PutRubbishAsync("early");
        // In the way of least load: a member that announces to report every 24 days, and never does.
        await _etcd.PutLeasedAsync("/akkalb/workers/slow", Worker("akka.tcp://AkkaLb@127.0.0.1:1/user/worker#1", 2147483647));
        var balancer = Add(NodeProcess.Balancer("--policy", "least-load", "--port", "0", "--etcd", _etcd.Endpoint));
        await balancer.WaitForLineAsync("ready balancer ");
        var worker = Add(NodeProcess.Worker("--id", "w1", "--etcd", _etcd.Endpoint));
        await worker.WaitForLineAsync("ready worker w1 ");
        await PutRubbishAsync("late");
        await AssertAssignedAsync();

        // A worker that comes behind all that is found: the watches of workers and of balancers continue.
        var second = Add(NodeProcess.Balancer("--policy", "least-load", "--port", "0", "--etcd", _etcd.Endpoint, "--id", "b2"));
        await second.WaitForLineAsync("ready balancer ");
        balancer.Signal(Tests.Support.Signals.Kill);
        await AssertAssignedAsync();

        foreach (var process in _processes)
        {
            var lines = process.Error.Texts;
            Assert.DoesNotContain(lines, l => l.Any(char.IsControl) || l.StartsWith("fatal: forged", StringComparison.Ordinal));
            Assert.InRange(lines.Count(l => l.Contains("left out", StringComparison.Ordinal)), 0, 40);
            Assert.DoesNotContain(
                lines, l => l.StartsWith("   at ", StringComparison.Ordinal) || l.Contains("the watcher failed", StringComparison.Ordinal));
        }

        Assert.Contains(second.Error.Texts, l => l.Contains("... and ", StringComparison.Ordinal) && l.Contains(
            "more registry values are left out: ", StringComparison.Ordinal));
    }

    private static string Worker(string path, int heartbeatMs = 1000) =>
        $$"""{"path":"{{path}}","incarnation":1,"state":"up","capacity":1,"heartbeatMs":{{heartbeatMs}},"version":"1"}""";

    private async Task PutRubbishAsync(string when)
    {
        var lease = await _etcd.GrantAsync();
        for (var i = 0; i < Workers.Length; i++)
        {
            await _etcd.PutAsync($"/akkalb/workers/{when}-{i}", Workers[i], lease);
            await _etcd.PutAsync(
                $"/akkalb/balancers/{when}-{i}", Workers[i].Replace("/user/worker", "/user/balancer", StringComparison.Ordinal), lease);
        }

        await _etcd.PutAsync($"/akkalb/workers/{when}\r\nfatal: forged \u001b[2J", "x");
        await _etcd.PutAsync($"/akkalb/balancers/{when}\r\nfatal: forged \u001b[2J", "x");
        for (var i = 0; i < Rubbish / 2; i++)
        {
            await _etcd.PutAsync($"/akkalb/workers/{when}-rubbish-{i}", "{}");
        }
    }

    private async Task AssertAssignedAsync()
    {
        var client = Add(NodeProcess.Client("--etcd", _etcd.Endpoint, "assign", "--count", "2"));
        var ending = await client.EndedAsync(TimeSpan.FromSeconds(60));
        Assert.True(ending.ExitCode == 0, ending.ToString());
        Assert.All(ending.Output, l => Assert.StartsWith("assigned w1 ", l, StringComparison.Ordinal));
    }

    private NodeProcess Add(NodeProcess process)
    {
        _processes.Add(process);
        return process;
    }
}
