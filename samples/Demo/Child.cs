using System.Diagnostics;
using AkkaLb.Programs;

namespace AkkaLb.Demo;

/// <summary>A process the demo has started: its output is kept for the case that it fails, and it does not outlive the demo.</summary>
internal sealed class Child : IAsyncDisposable
{
    private const int LinesKept = 20;
    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(3);

    private readonly Process _process;
    private readonly string _name;
    private readonly Queue<string> _lastLines = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Child(string name, Process process, Func<string, bool> isReady)
    {
        (_name, _process) = (name, process);
        process.OutputDataReceived += (_, e) => Take(e.Data, isReady);
        process.ErrorDataReceived += (_, e) => Take(e.Data, isReady);
        process.Exited += (_, _) => _ready.TrySetException(new ProgramException(ExitCode.Unreachable, $"{name} ended before it was ready: {Tail()}"));
    }

    public int Pid => _process.Id;

    /// <summary>Starts one of AkkaLb's programs, which lie beside this one.</summary>
    public static Child StartNode(string name, string program, params string[] arguments) => Start(
        name,
        Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
        line => line.StartsWith("ready ", StringComparison.Ordinal),
        ["exec", Path.Combine(AppContext.BaseDirectory, $"{program}.dll"), .. arguments]);

    /// <exception cref="ProgramException">The program cannot be started.</exception>
    public static Child Start(string name, string file, Func<string, bool> isReady, params string[] arguments)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(file, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,

                // A worker that is killed would leave the runtime's pipes for debuggers behind in the temp folder.
                Environment = { ["DOTNET_EnableDiagnostics"] = "0" },
            },
            EnableRaisingEvents = true,
        };
        var child = new Child(name, process, isReady);
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ProgramException(ExitCode.Unreachable, $"{file} cannot be started: {e.Message}", e);
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>The line that said it is ready.</summary>
    /// <exception cref="ProgramException">It ended instead, or took too long.</exception>
    public async Task<string> ReadyAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await _ready.Task.WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new ProgramException(ExitCode.Unreachable, $"{_name} was not ready within {timeout.TotalSeconds:0} s: {Tail()}", e);
        }
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Ends it: politely where that is possible, and in any case.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var ask = Process.Start("kill", ["-TERM", Pid.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            using var patience = new CancellationTokenSource(ExitPatience);
            try
            {
                await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
                await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }

        _process.Dispose();
    }

    private void Take(string? line, Func<string, bool> isReady)
    {
        if (line is null)
        {
            return;
        }

        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > LinesKept)
            {
                _lastLines.Dequeue();
            }
        }

        if (isReady(line))
        {
            _ready.TrySetResult(line);
        }
    }

    private string Tail()
    {
        lock (_lastLines)
        {
            return string.Join(" | ", _lastLines);
        }
    }
}
