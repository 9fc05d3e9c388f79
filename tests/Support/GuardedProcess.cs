using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace AkkaLb.Tests.Support;

/// <summary>A child process that never outlives the tests, also when their process is killed.</summary>
/// <remarks>Two nets: whatever still runs is killed when this process exits; and a small shell waits for its standard input to close,
/// which happens however this process ends, and then kills the child.</remarks>
public sealed class GuardedProcess : IDisposable
{
    /// <summary>The runtime's pipes for debuggers and profilers, which a process that is killed leaves behind in the temp folder.</summary>
    private const string NoDiagnostics = "DOTNET_EnableDiagnostics";

    private static readonly ConcurrentDictionary<GuardedProcess, bool> Running = new();

    private readonly Process _process;
    private readonly Process _guard;

    static GuardedProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in Running.Keys)
        {
            process.Kill();
        }
    };

    private GuardedProcess(Process process)
    {
        _process = process;
        _guard = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read -r _; kill -9 \"$0\" 2>/dev/null", Invariant(process.Id)])
        {
            RedirectStandardInput = true,
        })!;
        Running[this] = true;
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Resident memory, as the kernel counts it; 0: it has ended.</summary>
    public long ResidentBytes
    {
        get
        {
            const string key = "VmRSS:";
            try
            {
                var line = File.ReadLines($"/proc/{Invariant(Id)}/status").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
                return line is null ? 0 : 1024 * long.Parse(line[key.Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }

    /// <summary>Of a process that has exited.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Its keyboard.</summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>Starts a program whose output is dropped: it writes its log to a file.</summary>
    public static GuardedProcess Start(string file, IEnumerable<string> arguments) => Start(file, arguments, static _ => { }, static _ => { });

    /// <summary>Starts a program and hands on what it prints, line by line, on threads of the pool.</summary>
    /// <param name="folder">In which it runs; null: where this process does.</param>
    public static GuardedProcess Start(
        string file, IEnumerable<string> arguments, Action<string> onOutput, Action<string> onError, string? folder = null)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(file, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { [NoDiagnostics] = "0" },
                WorkingDirectory = folder ?? "",
            },
        };
        process.OutputDataReceived += (_, e) => Hand(e.Data, onOutput);
        process.ErrorDataReceived += (_, e) => Hand(e.Data, onError);
        process.Start();
        var guarded = new GuardedProcess(process);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return guarded;
    }

    /// <summary>Sends a signal by its number; a process that has exited is left alone.</summary>
    public void Signal(int number)
    {
        if (!_process.HasExited && NativeMethods.Kill(_process.Id, number) != 0 && !_process.HasExited)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"signal {number} to {_process.Id}");
        }
    }

    /// <summary>SIGKILL, and waits until it is gone.</summary>
    public void Kill()
    {
        Signal(Signals.Kill);
        _process.WaitForExit();
    }

    /// <summary>Completes when it is gone and everything it printed has been handed on.</summary>
    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public void Dispose()
    {
        if (!Running.TryRemove(this, out _))
        {
            return;
        }

        Kill();
        // Before it could kill a stranger that got the same pid.
        _guard.Kill();
        _guard.WaitForExit();
        _guard.Dispose();
        _process.Dispose();
    }

    private static void Hand(string? line, Action<string> to)
    {
        if (line is not null)
        {
            to(line);
        }
    }

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Kill(int pid, int signal);
    }
}
