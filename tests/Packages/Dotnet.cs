using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;

namespace AkkaLb.Packages;

/// <summary>Commands of the SDK, which leave no process behind.</summary>
internal static class Dotnet
{
    /// <summary>Building takes long on a busy machine.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(4);

    /// <summary>Runs a command to its end; fails with all that it printed when it fails.</summary>
    /// <param name="folder">In which it runs.</param>
    public static async Task RunAsync(string folder, params IEnumerable<string> arguments)
    {
        var printed = new OutputLines();
        string[] command = [.. arguments, "--nologo", "-v:q", "-nodeReuse:false", "-p:UseSharedCompilation=false"];
        using var process = GuardedProcess.Start("dotnet", command, printed.Add, printed.Add, folder);
        using var bound = new CancellationTokenSource(Bound);
        var text = () => $"dotnet {string.Join(' ', command)}\n{string.Join('\n', printed.Texts)}";
        await Waiting.ForAsync(RunsAsync(), Bound, "the end of a command", text);
        Assert.True(process.ExitCode == 0, text());

        async Task<bool> RunsAsync()
        {
            await process.WaitForExitAsync(bound.Token);
            return true;
        }
    }
}
