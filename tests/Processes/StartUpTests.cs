using System.Globalization;
using System.Net;
using System.Net.Sockets;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>What the programs say when they cannot start, and when they are only asked about themselves.</summary>
public sealed class StartUpTests(ITestOutputHelper output) : IDisposable
{
    private const string BalancerProgram = "AkkaLb.Balancer";
    private const string WorkerProgram = "AkkaLb.WorkerNode";
    private const string ClientProgram = "AkkaLb.ClientNode";
    private const int Usage = 2;
    private const int Unreachable = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-processes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Balancer_without_policy_and_without_terminal_names_the_policies_and_exits_2() =>
        await FailsAsync(BalancerProgram, ["--port", "0"], Usage, "--policy", "round-robin", "pick-first", "least-load");

    [Fact]
    public async Task Port_in_use_is_named_with_exit_3()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        await FailsAsync(BalancerProgram, ["--policy", "round-robin", "--port", port], Unreachable, $"port {port}", "in use");
    }

    [Fact]
    public async Task Client_without_balancer_says_so_and_exits_3()
    {
        var address = $"127.0.0.1:{FreePorts.Take()}";
        await FailsAsync(ClientProgram, ["--balancer", address, "--config", ConnectWithin("1s"), "load", "--jobs", "1"], Unreachable, address);
    }

    [Fact]
    public async Task Worker_without_balancer_says_so_and_exits_3_after_its_wait()
    {
        var address = $"127.0.0.1:{FreePorts.Take()}";
        await FailsAsync(WorkerProgram, ["--balancer", address, "--wait", "1"], Unreachable, address);
    }

    [Fact]
    public async Task Where_no_balancer_is_registered_the_prefix_is_named_with_exit_3()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await Task.WhenAll(
            FailsAsync(WorkerProgram, ["--etcd", etcd.Endpoint, "--prefix", "/typo", "--wait", "4"], Unreachable, "no balancer is registered in etcd",
                "--prefix"),
            FailsAsync(
                ClientProgram, ["--etcd", etcd.Endpoint, "--prefix", "/typo", "--config", ConnectWithin("4s"), "assign"],
                Unreachable, "no balancer is registered in etcd below /typo/", "--prefix"));
    }

    [Theory]
    [InlineData(BalancerProgram, "--policy", "round-robin", "--wait", "1")]
    [InlineData(WorkerProgram, "--wait", "1")]
    [InlineData(ClientProgram, "assign")]
    public async Task Unreachable_registry_is_named_with_exit_3(string program, params string[] more)
    {
        var etcd = $"127.0.0.1:{FreePorts.Take()}";
        string[] hasty = program == ClientProgram ? ["--config", ConnectWithin("1s")] : [];
        string[] arguments = ["--etcd", $"http://{etcd}", .. hasty, .. more];
        await FailsAsync(program, arguments, Unreachable, $"etcd at http://{etcd}", " s): ", "--etcd");
    }

    [Fact]
    public async Task A_client_that_starts_while_etcd_is_away_waits_for_it()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var balancer = NodeProcess.Balancer("--policy", "round-robin", "--port", "0", "--etcd", etcd.Endpoint);
        await balancer.WaitForLineAsync("ready balancer ");
        etcd.Kill();
        await using var client = NodeProcess.Client("--etcd", etcd.Endpoint, "--config", ConnectWithin("30s"), "state");
        await Waiting.UntilAsync(
            () => client.Error.Texts.Any(l => l.StartsWith("waiting for etcd at ", StringComparison.Ordinal)), NodeProcess.Bound,
            TimeSpan.FromMilliseconds(10), "the client's word that it waits for etcd", client.Describe);

        await etcd.RestartAsync();

        Assert.Equal(0, (await client.EndedAsync()).ExitCode);
    }

    [Fact]
    public async Task Broken_settings_file_is_named_with_line_and_column_and_exit_2()
    {
        var file = Write("akkalb {\n  host = \"127.0.0.1\n}\n");
        await FailsAsync(BalancerProgram, ["--config", file, "--policy", "round-robin"], Usage, $"{file}:2:10");
    }

    [Fact]
    public async Task Missing_settings_file_is_named_with_exit_2()
    {
        var file = Path.Combine(_folder, "missing.hocon");
        await FailsAsync(ClientProgram, ["--config", file, "assign"], Usage, file);
    }

    [Fact]
    public async Task Every_wrong_flag_setting_type_and_rule_is_named_in_one_round()
    {
        var file = Write("akkalb { no-such-key = 1, messages { a = \"No.Such, Thing\" }\n worker { heartbeat = 4s, actor = \"No.Actor, Thing\" } }");

        var ending = await RunAsync(WorkerProgram, ["--config", file, "--capacty", "5", "--port", "x"]);

        Assert.Equal(Usage, ending.ExitCode);
        string[] expected = ["did you mean --capacity?", "akkalb.no-such-key", "--port", "No.Such, Thing", "third of the lease", "No.Actor, Thing"];
        Assert.Equal(expected.Length, ending.Error.Count);
        Assert.All(expected, words => Assert.Contains(ending.Error, l => l.Contains(words, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", "give a verb: assign, count, load, state")]
    [InlineData("sate", "did you mean state?")]
    public async Task A_client_without_a_verb_names_those_there_are_with_exit_2(string verb, string words) =>
        await FailsAsync(ClientProgram, verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), Usage, words);

    [Theory]
    [InlineData(BalancerProgram)]
    [InlineData(WorkerProgram)]
    [InlineData(ClientProgram)]
    public async Task Help_goes_to_standard_output_with_exit_0(string program)
    {
        var help = await RunAsync(program, ["--help"]);

        Assert.Equal(0, help.ExitCode);
        Assert.Empty(help.Error);
        Assert.Contains(help.Output, l => l.Contains("--config", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Version_goes_to_standard_output_with_exit_0()
    {
        var version = await RunAsync(BalancerProgram, ["--version"]);

        Assert.Equal(0, version.ExitCode);
        Assert.Empty(version.Error);
        Assert.Matches(@"^\d+\.\d+\.\d+$", Assert.Single(version.Output));
    }

    /// <summary>It ends with this code, nothing on standard output and one line on standard error, beside what it waits for, that holds all these
    /// words.</summary>
    private async Task FailsAsync(string program, string[] arguments, int exitCode, params string[] words)
    {
        var ending = await RunAsync(program, arguments);
        Assert.Equal(exitCode, ending.ExitCode);
        Assert.Empty(ending.Output);
        var line = Assert.Single(ending.Problems);
        Assert.All(words, word => Assert.Contains(word, line, StringComparison.Ordinal));
    }

    private async Task<Ending> RunAsync(string program, string[] arguments)
    {
        await using var process = NodeProcess.Program(program, arguments);
        var ending = await process.EndedAsync();
        output.WriteLine($"{program} {string.Join(' ', arguments)}: {ending}");
        return ending;
    }

    /// <summary>Settings with how long a client waits for a balancer, 7 s unless told otherwise.</summary>
    private string ConnectWithin(string time) => Write($"akkalb.client.connect-timeout = {time}");

    private string Write(string hocon)
    {
        var file = Path.Combine(_folder, "settings.hocon");
        File.WriteAllText(file, hocon);
        return file;
    }
}
