using AkkaLb.Packages;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;

namespace AkkaLb.Samples.Tests;

/// <summary>Samples as processes, and a balancer for them.</summary>
internal static class Sample
{
    /// <summary>A balancer for samples that bring none.</summary>
    public static NodeProcess Balancer() => NodeProcess.Balancer("--port", "0", "--policy", "round-robin");

    /// <summary>The address of a balancer, <c>host:port</c>, once it is ready.</summary>
    public static async Task<string> AddressAsync(this NodeProcess balancer) =>
        (await balancer.WaitForLineAsync("ready balancer ")).Text.Split(' ')[2].Split('@')[1];

    /// <summary>A sample that is a program of its own.</summary>
    public static NodeProcess Start(string name, params IEnumerable<string> arguments) => Exec(name, $"AkkaLb.Samples.{name}", arguments);

    /// <summary>The demo, which is the one sample that is no example of code.</summary>
    public static NodeProcess StartDemo(params IEnumerable<string> arguments) => Exec("Demo", "AkkaLb.Demo", arguments);

    /// <summary>A sample that is a host and reads its <c>appsettings.json</c>.</summary>
    public static NodeProcess StartHost(string name, params IEnumerable<string> arguments) =>
        Start(name, [.. arguments, "--contentRoot", Folder(name)]);

    /// <summary>A sample with a variable of its environment, <c>NAME=VALUE</c>.</summary>
    public static NodeProcess StartWith(string variable, string name, params IEnumerable<string> arguments)
    {
        var command = CommandWith(variable, name, arguments);
        return NodeProcess.Start(command[0], command[1..]);
    }

    public static string[] CommandWith(string variable, string name, params IEnumerable<string> arguments) =>
        ["env", variable, "dotnet", "exec", Assembly(name, $"AkkaLb.Samples.{name}"), .. arguments];

    /// <summary>What a host has logged, which its console writes below a line with level and category.</summary>
    public static Task<OutputLine> WaitForLogAsync(this NodeProcess process, string begin) => process.WaitForLineAsync($"      {begin}");

    /// <summary>Ends processes one after another, each in order.</summary>
    public static async Task TerminateAsync(params IEnumerable<NodeProcess> processes)
    {
        foreach (var process in processes)
        {
            process.Signal(Signals.Terminate);
            var ending = await process.EndedAsync();
            Assert.True(ending.ExitCode == 0, ending.ToString());
        }
    }

    private static NodeProcess Exec(string name, string assembly, IEnumerable<string> arguments) =>
        NodeProcess.Start("dotnet", ["exec", Assembly(name, assembly), .. arguments]);

    private static string Assembly(string name, string assembly) => Path.Combine(Folder(name), $"{assembly}.dll");

    private static string Folder(string name) => Path.Combine(Repository.Root, "samples", name, "bin", Repository.Configuration, "net10.0");
}
