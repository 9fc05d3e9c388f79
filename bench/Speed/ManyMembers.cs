using System.Diagnostics;

namespace AkkaLb.Bench.Speed;

/// <summary>The target for 10,000 members, which needs a real etcd: another program of this folder measures it, behind the contest.</summary>
internal static class ManyMembers
{
    /// <summary>What <c>--only</c> calls it.</summary>
    public const string Name = "members";

    private static Process? _program;

    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task RunAsync()
    {
        Console.WriteLine();
        var path = Peers.OfRepository("Etcd", "bin", "Release", "net10.0", "AkkaLb.Bench.Etcd.dll");
        if (path is null || !File.Exists(path))
        {
            Console.WriteLine("10,000 members: left out, as bench/Etcd is not built (dotnet build bench/Etcd -c Release).");
            return;
        }

        var start = new ProcessStartInfo("dotnet", ["exec", path, "--only", "members"]) { UseShellExecute = false };
        using var program = _program = Process.Start(start)!;
        await program.WaitForExitAsync();
        _program = null;
        if (program.ExitCode != 0)
        {
            throw new InvalidOperationException($"bench/Etcd ended with {program.ExitCode}");
        }
    }

    /// <summary>Ends it with all that it has started.</summary>
    public static void Kill() => _program?.Kill(entireProcessTree: true);
}
