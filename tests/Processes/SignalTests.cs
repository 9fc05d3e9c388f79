using System.Net;
using System.Net.Sockets;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>Ctrl-C and SIGTERM end every program in order, and SIGHUP has one that serves read its settings again.</summary>
[Collection(SharedCluster.Name)]
public sealed class SignalTests(SharedCluster shared, ITestOutputHelper output)
{
    [Fact]
    public async Task Worker_finishes_the_jobs_it_has_and_it_and_idle_programs_exit_0()
    {
        const int mebibytes = 64;
        await using var cluster = await TestCluster.StartAsync(output);
        var workers = await cluster.AddWorkersAsync(["w1", "w2"]);
        string[] once = ["--not-idempotent", "--json"];
        var stream = cluster.StartClient(["load", "--for", "5", "--concurrency", "8", "--job", "sleep:20", .. once]);
        await cluster.Ledger.WaitForAsync(50);
        var resident = workers[0].ResidentBytes;
        var four = cluster.StartClient(["load", "--jobs", "4", "--concurrency", "4", "--job", $"hold:{mebibytes},3000", .. once]);
        // The memory is there, so the job is under way.
        await workers[0].ResidentAsync(resident + (mebibytes << 20));

        var before = cluster.Ledger.Read().Count(e => e.Worker == "w1");
        workers[0].Signal(Signals.Terminate);
        var worker = await workers[0].EndedAsync();

        var endings = new[] { await stream.EndedAsync(), await four.EndedAsync() };
        var finished = cluster.Ledger.Read().Count(e => e.Worker == "w1") - before;
        output.WriteLine($"{finished} jobs finished on w1 after the signal; {LoadSummary.Of(endings[0])}; {LoadSummary.Of(endings[1])}");
        Assert.Equal(0, worker.ExitCode);
        Assert.All(endings, e => Assert.True(e.ExitCode == 0 && LoadSummary.Of(e).Failed == 0, e.ToString()));

        // A few short ones end before the drain begins. If it took more, they would be hundreds while the four run.
        Assert.InRange(finished, 1, 100);
        Assert.Equal(4, LoadSummary.Of(endings[1]).Done);

        // They have nothing to do any more.
        workers[1].Signal(Signals.Interrupt);
        var idle = await workers[1].EndedAsync();
        cluster.Balancer.Signal(Signals.Terminate);
        var balancer = await cluster.Balancer.EndedAsync();
        Assert.Equal((0, 0), (idle.ExitCode, balancer.ExitCode));
        Assert.Single(idle.Output);
        Assert.Single(balancer.Output);
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task SIGHUP_has_a_balancer_read_its_settings_again_and_wrong_ones_change_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("akkalb-reload-").FullName;
        try
        {
            var file = Path.Combine(folder, "balancer.hocon");
            await File.WriteAllTextAsync(file, "akkalb.log.level = info");
            await using var cluster = await TestCluster.StartAsync(output, "round-robin", "--config", file);
            await cluster.AddWorkersAsync(["w1"]);

            await ReloadAsync("akkalb { log.level = debug, prot = 1, balancer.slow-start = never }", "error: the settings were read again");
            await SaysAsync("unknown key akkalb.prot");
            await SaysAsync("akkalb.balancer.slow-start = never");
            Assert.DoesNotContain(cluster.Balancer.Error.Texts, line => line.Contains(" debug: ", StringComparison.Ordinal));

            await ReloadAsync("akkalb { log.level = debug, balancer.slow-start = 7s }", "info: the log's level is debug from now on");
            await SaysAsync("warn: the setting akkalb.balancer.slow-start has changed: this program uses the new value when it is started again");
            await cluster.AddWorkersAsync(["w2"]);
            await SaysAsync(" debug: revision ");

            Assert.Equal(2, (await cluster.AssignAsync(2)).Count);
            cluster.Balancer.Signal(Signals.Terminate);
            Assert.Equal(0, (await cluster.Balancer.EndedAsync()).ExitCode);

            async Task ReloadAsync(string settings, string answer)
            {
                await File.WriteAllTextAsync(file, settings);
                cluster.Balancer.Signal(Signals.Hangup);
                await SaysAsync(answer);
            }

            Task SaysAsync(string words) =>
                cluster.Balancer.Error.FirstAsync(line => line.Contains(words, StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Worker_says_how_many_jobs_it_waits_for_and_how_many_it_gave_up()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        var settings = cluster.WriteFile("impatient.hocon", "akkalb.worker { drain-timeout = 1s, instances = 3 }");
        var worker = (await cluster.AddWorkersAsync(["w1"], "--config", settings))[0];
        var resident = worker.ResidentBytes;
        const int mebibytes = 64;
        cluster.StartClient("load", "--jobs", "2", "--concurrency", "2", "--job", $"hold:{mebibytes},60000", "--not-idempotent");
        // The memory of both is there, so both are under way.
        await worker.ResidentAsync(resident + (2 * mebibytes << 20));

        worker.Signal(Signals.Terminate);
        var ending = await worker.EndedAsync();

        output.WriteLine(ending.ToString());
        Assert.Equal(0, ending.ExitCode);
        var told = ending.Error
            .Where(l => l.Contains("this worker", StringComparison.Ordinal) && l.Contains("drain", StringComparison.Ordinal))
            .ToList();
        Assert.Equal(2, told.Count);
        Assert.EndsWith("this worker drains: 2 running jobs may take 1 s at most", told[0], StringComparison.Ordinal);
        Assert.Matches(
            @" warn: .*this worker gave up 2 running jobs after \d+(\.\d)? s of draining: the time to drain is how long they may take$",
            told[1]);
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task Interrupted_client_says_what_was_done_and_exits_130()
    {
        var cluster = shared.Cluster;
        var before = cluster.Ledger.Read().Count;
        var client = cluster.StartClient("load", "--jobs", "100000", "--concurrency", "8", "--job", "sleep:20", "--json");
        await cluster.Ledger.WaitForAsync(before + 50);

        client.Signal(Signals.Interrupt);

        var ending = await client.EndedAsync();
        output.WriteLine(ending.ToString());
        Assert.Equal(130, ending.ExitCode);
        var interrupted = Assert.Single(ending.Problems);
        var summary = LoadSummary.Of(ending);
        Assert.Equal(0, summary.Failed);
        var notBegun = 100_000 - summary.Done - summary.NotDone;
        Assert.Equal($"interrupted: {summary.Done} done, 0 failed, {summary.NotDone} begun and not done, {notBegun} not begun", interrupted);
        Assert.InRange(cluster.Ledger.Read().Count - before, summary.Done, summary.Done + summary.NotDone);
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task Client_interrupted_before_a_balancer_answers_exits_130()
    {
        // Somebody who listens and says nothing: once the client dials, it waits for an answer.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = NodeProcess.Client("--balancer", listener.LocalEndpoint.ToString()!, "load", "--jobs", "1");
        using var dial = await listener.AcceptTcpClientAsync().WaitAsync(NodeProcess.Bound);

        client.Signal(Signals.Terminate);

        var ending = await client.EndedAsync();
        output.WriteLine(ending.ToString());
        Assert.Equal(130, ending.ExitCode);
        Assert.Single(ending.Problems);
        Assert.Empty(ending.Output);
    }

    [Fact]
    public async Task Count_is_interrupted_at_once_while_a_pipe_has_no_writer()
    {
        var cluster = shared.Cluster;
        var pipe = cluster.WriteFile("pipe", "");
        File.Delete(pipe);
        await using (var make = NodeProcess.Start("mkfifo", pipe))
        {
            await make.EndedAsync();
        }

        var client = cluster.StartClient("count", pipe);
        await client.Error.FirstAsync(l => l.Contains("done 0", StringComparison.Ordinal)).WaitAsync(NodeProcess.Bound);
        client.Signal(Signals.Interrupt);

        Assert.Equal(130, (await client.EndedAsync()).ExitCode);
    }
}
