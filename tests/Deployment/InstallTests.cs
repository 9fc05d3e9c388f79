using System.Runtime.Versioning;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;

namespace AkkaLb.Deployment.Tests;

/// <summary><c>scripts/install</c> in a folder of the test, with programs that only tell their version.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class InstallTests : IDisposable
{
    private static readonly string[] Programs = ["AkkaLb.Balancer", "AkkaLb.WorkerNode", "AkkaLb.ClientNode"];

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-install-").FullName;

    private string Prefix => In("opt");

    private string Current => Directory.ResolveLinkTarget(Path.Combine(Prefix, "current"), returnFinalTarget: true)!.FullName;

    [Fact]
    public async Task It_installs_programs_settings_and_units_and_a_second_time_changes_nothing()
    {
        var first = await InstallAsync(Published("1"));
        Assert.StartsWith("installed 1-", first.Output[0], StringComparison.Ordinal);
        foreach (var command in new[] { "akkalb-balancer", "akkalb-worker", "akkalb-client" })
        {
            await using var program = NodeProcess.Start(In("bin", command), "--version");
            Assert.Equal(["1"], (await program.EndedAsync()).Output);
        }

        Assert.Equal(["balancer.hocon", "client.hocon", "worker.hocon"], Names(In("etc")));
        Assert.Equal(["akkalb-balancer.service", "akkalb-worker.service", "akkalb-worker@.service"], Names(In("units")));
        var unit = await File.ReadAllTextAsync(In("units", "akkalb-balancer.service"));
        Assert.Contains($"ExecStart={Prefix}/current/bin/AkkaLb.Balancer --config {In("etc")}/balancer.hocon\n", unit, StringComparison.Ordinal);
        var installed = Tree();

        Assert.Contains((await InstallAsync(Published("1"))).Output, l => l.EndsWith(" is there already", StringComparison.Ordinal));
        Assert.Equal(installed, Tree());
    }

    [Fact]
    public async Task A_newer_release_keeps_the_older_one_and_settings_that_were_changed_and_renews_those_that_were_not()
    {
        await InstallAsync(Published("1"));
        var older = Current;
        await File.AppendAllTextAsync(In("etc", "worker.hocon"), "# mine\n");
        foreach (var place in new[] { Path.Combine(older, "etc"), In("etc") })
        {
            await File.WriteAllTextAsync(Path.Combine(place, "client.hocon"), "# as release 1 brought it\n");
        }

        var second = await InstallAsync(Published("2"));

        Assert.True(File.Exists(Path.Combine(older, "bin", "AkkaLb.Balancer")));
        Assert.StartsWith("2-", Path.GetFileName(Current), StringComparison.Ordinal);
        Assert.Contains(second.Output, l => l.StartsWith($"{In("etc")}/worker.hocon is yours", StringComparison.Ordinal));
        Assert.EndsWith("# mine\n", await File.ReadAllTextAsync(In("etc", "worker.hocon")), StringComparison.Ordinal);
        Assert.Equal(Shipped.Text("etc/client.hocon"), await File.ReadAllTextAsync(In("etc", "client.hocon")));

        var back = second.Output.Single(l => l.StartsWith("before it was ", StringComparison.Ordinal)).Split("; to go back: ")[1].Split(',')[0];
        await using var link = NodeProcess.Start("bash", "-c", back);
        Assert.Equal(0, (await link.EndedAsync()).ExitCode);
        await using var program = NodeProcess.Start(In("bin", "akkalb-worker"), "--version");
        Assert.Equal(["1"], (await program.EndedAsync()).Output);
    }

    [Fact]
    public async Task A_dry_run_names_what_it_would_do_and_does_nothing()
    {
        var from = Published("1");
        var before = Tree();

        var ending = await InstallAsync(from, "--dry-run");

        Assert.All(ending.Output, l => Assert.StartsWith("would ", l, StringComparison.Ordinal));
        Assert.Contains($"would make {Prefix}/current a link to releases/", string.Join('\n', ending.Output), StringComparison.Ordinal);
        Assert.Equal(before, Tree());
    }

    [Fact]
    public async Task Uninstall_keeps_the_settings_and_what_it_did_not_install()
    {
        await InstallAsync(Published("1"));
        File.Delete(In("bin", "akkalb-client"));
        File.CreateSymbolicLink(In("bin", "akkalb-client"), "/usr/bin/true");
        await File.WriteAllTextAsync(In("units", "akkalb-worker.service"), "[Service]\nExecStart=/usr/bin/true\n");
        var settings = Names(In("etc"));

        var ending = await RunAsync([.. Places, "--uninstall"]);

        Assert.True(ending.ExitCode == 0 && !Directory.Exists(Prefix), ending.ToString());
        Assert.Equal(settings, Names(In("etc")));
        Assert.Equal(["akkalb-client"], Names(In("bin")));
        Assert.Equal(["akkalb-worker.service"], Names(In("units")));
    }

    [Theory]
    [InlineData(2, "'--prefx' is not known", "--prefx")]
    [InlineData(2, "--prefix needs a folder", "--prefix")]
    [InlineData(2, "must be a path that begins with /", "--prefix", "opt")]
    [InlineData(2, "cannot be used", "--prefix", "/")]
    [InlineData(2, "cannot be used", "--etc", "/tmp/two words")]
    [InlineData(1, "holds no program AkkaLb.Balancer", "--from", "/usr/share/empty")]
    public async Task A_mistake_is_one_line_and_installs_nothing(int code, string sentence, params string[] arguments)
    {
        var ending = await RunAsync([.. Places, .. arguments]);

        Assert.True(ending.ExitCode == code && ending.Error is [var line] && line.Contains(sentence, StringComparison.Ordinal), ending.ToString());
        Assert.Empty(Tree());
    }

    [ToolFact("systemd-analyze")]
    public async Task Systemd_takes_the_units()
    {
        await InstallAsync(Published("1"));

        await using var verify = NodeProcess.Start("systemd-analyze", ["verify", .. Directory.GetFiles(In("units"))]);

        var ending = await verify.EndedAsync();
        Assert.DoesNotContain(ending.Error, l => l.Contains("akkalb-", StringComparison.Ordinal));
        Assert.True(ending.ExitCode == 0, ending.ToString());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string[] Places => ["--prefix", Prefix, "--bin", In("bin"), "--etc", In("etc"), "--units", In("units")];

    private string In(params string[] path) => Path.Combine([_folder, .. path]);

    /// <summary>A folder as <c>scripts/publish</c> makes it.</summary>
    private string Published(string version)
    {
        var folder = In($"published-{version}");
        Directory.CreateDirectory(folder);
        foreach (var file in Programs.Select(program => Path.Combine(folder, program)))
        {
            File.WriteAllText(file, $"#!/bin/sh\necho {version}\n");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folder;
    }

    private async Task<Ending> InstallAsync(string from, params string[] more)
    {
        var ending = await RunAsync([.. Places, "--from", from, .. more]);
        Assert.True(ending.ExitCode == 0 && ending.Error.Count == 0, ending.ToString());
        return ending;
    }

    private static async Task<Ending> RunAsync(IEnumerable<string> arguments)
    {
        await using var script = NodeProcess.Start(Path.Combine(Repository.Root, "scripts", "install"), arguments);
        return await script.EndedAsync();
    }

    private static List<string> Names(string folder) =>
        [.. Directory.GetFileSystemEntries(folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>Everything in the folder, with what files hold and where links lead.</summary>
    private List<string> Tree() =>
    [
        .. Directory.GetFileSystemEntries(_folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(path => new FileInfo(path))
            .Select(file => $"{file.FullName} {file.LinkTarget ?? (file.Exists ? File.ReadAllText(file.FullName) : "")}")
            .Order(StringComparer.Ordinal),
    ];
}
