using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace AkkaLb.Bench.Load;

/// <summary>A process that this one started: waits for its ready line, speaks with it by lines, reads its use of the machine, kills it by its own
/// id.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly List<ChildProcess> Alive = [];

    private readonly string _name;
    private readonly Process _process;
    private readonly Task<string> _errors;

    private ChildProcess(string name, Process process) => (_name, _process, _errors) = (name, process, process.StandardError.ReadToEndAsync());

    /// <summary>The line that said it is ready, in words.</summary>
    public string[] Ready { get; private set; } = [];

    /// <summary>From the start of the process to that line.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>Processor time so far, user and system.</summary>
    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident memory in KiB, as the kernel says.</summary>
    public long ResidentKib
    {
        get
        {
            var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/status")).First(
                l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return long.Parse(line.AsSpan(6, line.Length - 6 - 2).Trim(), CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Starts a built program and waits until it is ready.</summary>
    /// <param name="assembly">Its path, or its name if it lies beside this one.</param>
    /// <exception cref="InvalidOperationException">It ended before, or was not ready within 30 s.</exception>
    public static async Task<ChildProcess> StartAsync(string assembly, params string[] args)
    {
        var info = new ProcessStartInfo(DotnetHost) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            UseShellExecute = false };

        // One that is killed would leave the runtime's pipes for debuggers behind in the temp folder.
        info.Environment["DOTNET_EnableDiagnostics"] = "0";
        info.ArgumentList.Add("exec");
        info.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, assembly));
        foreach (var arg in args)
        {
            info.ArgumentList.Add(arg);
        }

        var clock = Stopwatch.StartNew();
        var child = new ChildProcess(Path.GetFileName(assembly), Process.Start(info)!);
        lock (Alive)
        {
            Alive.Add(child);
        }

        try
        {
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (await child._process.StandardOutput.ReadLineAsync(late.Token) is { } line)
            {
                if (line.StartsWith("ready ", StringComparison.Ordinal))
                {
                    child.ReadyAfter = clock.Elapsed;
                    child.Ready = line.Split(' ');
                    return child;
                }
            }
        }
        catch (OperationCanceledException)
        {
            child.Dispose();
            throw new InvalidOperationException($"{child._name} was not ready within 30 s");
        }

        throw await child.EndedAsync("before it was ready");
    }

    /// <summary>Writes a line to its standard input and waits for the next line of its standard output.</summary>
    /// <exception cref="InvalidOperationException">It ended, or said nothing within <paramref name="within"/>.</exception>
    public async Task<string> AskAsync(string line, TimeSpan within)
    {
        using var late = new CancellationTokenSource(within);
        try
        {
            await _process.StandardInput.WriteLineAsync(line.AsMemory(), late.Token);
            if (await _process.StandardOutput.ReadLineAsync(late.Token) is { } answer)
            {
                return answer;
            }
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException($"{_name} did not answer \"{line}\" within {within.TotalSeconds:0} s");
        }
        catch (IOException)
        {
            // Nobody reads the line: it has ended.
        }

        throw await EndedAsync($"before it answered \"{line}\"");
    }

    /// <summary>Kills whatever was started and still runs: for the way out.</summary>
    public static void KillAll()
    {
        List<ChildProcess> alive;
        lock (Alive)
        {
            alive = [.. Alive];
        }

        alive.ForEach(child => child.Dispose());
    }

    public void Dispose()
    {
        lock (Alive)
        {
            if (!Alive.Remove(this))
            {
                return;
            }
        }

        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task<InvalidOperationException> EndedAsync(string when)
    {
        await _process.WaitForExitAsync();
        var errors = (await _errors).TrimEnd();
        return new InvalidOperationException(
            $"{_name} ended {when}, with exit code {_process.ExitCode}" + (errors.Length > 0 ? $": {errors}" : ""));
    }

    /// <summary>Started by its host or by an executable of its own: the host is needed to run the others.</summary>
    private static string DotnetHost => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet"
        ? path
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    public static string OwnAssembly => Assembly.GetExecutingAssembly().GetName().Name + ".dll";
}
