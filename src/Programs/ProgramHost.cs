using AkkaLb.Core;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Logs;
using AkkaLb.Programs.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AkkaLb.Programs;

/// <summary>A program as a generic host: its parts are hosted services, which start in the order in which they were added, and stop the other way
/// round. Here each says that the program is ready, and that it must end. Those two are thread-safe.</summary>
/// <param name="log">What its log says, and how.</param>
/// <param name="target">Gets the log; null: standard error does.</param>
public sealed class ProgramHost(LogSettings log, TextWriter? target = null) : IHostLifetime
{
    private readonly HostApplicationBuilder _builder = Host.CreateEmptyApplicationBuilder(settings: null);
    private readonly TaskCompletionSource<ProgramException> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _readied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private readonly Terminal _terminal = new();
    private readonly Lock _reloading = new();
    private EndSignals? _signals;
    private bool _isCommand;

    /// <summary>Signalled when the program must end.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>What SIGHUP has a program do that serves; null: it ends it. A command it ends in any case.</summary>
    public SettingsReload? Reload { get; init; }

    /// <summary>Completes when the program does what it is for.</summary>
    internal Task Readied => _readied.Task;

    internal NodeLogging Log { get; } = new(log, target ?? Console.Error);

    /// <summary>Adds a part.</summary>
    public T Add<T>(T part)
        where T : IHostedService
    {
        _builder.Services.AddSingleton<IHostedService>(part);
        return part;
    }

    /// <summary>Adds a part that starts when this is called, and stops when what this returns is disposed.</summary>
    public void Add(Func<CancellationToken, Task<IAsyncDisposable>> start) => Add(new Part(start));

    /// <summary>Starts the parts, waits until the program must end, and stops the parts.</summary>
    /// <param name="command">Runs once the parts have started, returns the exit code, and breaks off when the program must end: interrupted, that
    /// has not done all, and a second Ctrl-C ends it at once. Null: the program serves until it must end.</param>
    /// <returns>The exit code: that of a part's reason to end, where one came before the command was done; else the command's own.</returns>
    /// <exception cref="ProgramException">A part could not start, cannot continue, or, where nothing else is wrong, did not stop in
    /// order.</exception>
    public async Task<int> RunAsync(Func<Task<int>>? command = null)
    {
        _isCommand = command is not null;
        _builder.Services.AddSingleton<IHostLifetime>(this);

        // Each part bounds its own end.
        _builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        using var host = _builder.Build();
        ProgramException? disorder;
        try
        {
            await RunPartsAsync(host, command).ConfigureAwait(false);
        }
        finally
        {
            disorder = await StopPartsAsync(host).ConfigureAwait(false);
            _signals?.Dispose();
            await Log.DisposeAsync().ConfigureAwait(false);
        }

        var end = await _end.Task.ConfigureAwait(false);
        if (end.ExitCode == ExitCode.Ok && disorder is not null)
        {
            throw disorder;
        }

        return end.Message.Length == 0 ? end.ExitCode : throw end;
    }

    /// <summary>The program does what it is for from now on, and its log may speak.</summary>
    /// <param name="line">Is printed; null: nothing is.</param>
    public void Ready(string? line = null)
    {
        try
        {
            if (line is not null)
            {
                Console.Out.WriteLine(line);
            }
        }
        catch (ProgramException e)
        {
            // A node serves others: it works without its output, which only whoever started it reads.
            var why = e.ExitCode == ExitCode.BrokenPipe ? "nobody reads standard output" : e.Message;
            Note(LogLevel.Warning, $"the line \"{line}\" could not be written: {why}", null);
        }

        Log.Started();
        _readied.TrySetResult();
    }

    /// <summary>The program must end. Only the first reason counts, and a command's exit code is one when it is done.</summary>
    /// <param name="sentence">For the operator; empty: there is nothing to say.</param>
    public void End(int exitCode, string sentence = "")
    {
        if (_end.TrySetResult(new ProgramException(exitCode, sentence)))
        {
            _ending.Cancel();
        }
    }

    /// <summary>The program must end when this completes: with its sentence and <see cref="ExitCode.Unreachable"/>, or in order when that is
    /// null. A command is not done then, so null ends it with <see cref="ExitCode.Unreachable"/> too, and so does a fault any program.</summary>
    public void EndWith(Task<string?> part) => _ = EndWithAsync(part);

    /// <summary>A signal has come: a program that serves ends in order. A command breaks off, and its own code tells whether it had done
    /// all.</summary>
    internal void Interrupt()
    {
        if (_isCommand)
        {
            _ending.Cancel();
        }
        else
        {
            End(ExitCode.Ok);
        }
    }

    /// <summary>Somebody wants the settings read again, or the terminal has closed. That is looked at last, because the signal may come
    /// first.</summary>
    internal void HungUp()
    {
        lock (_reloading)
        {
            var (change, problems) = ReadAgain();
            if (_terminal.HasClosed)
            {
                Interrupt();
            }
            else if (change is null)
            {
                problems.ForEach(problem => Note(LogLevel.Error, $"the settings were read again, and those in use stay: {problem}", null));
            }
            else if (!Ending.IsCancellationRequested)
            {
                Use(change);
            }
        }
    }

    private (SettingsChange? Change, List<string> Problems) ReadAgain()
    {
        try
        {
            return (Reload!.Read(), []);
        }
        catch (SettingsException e)
        {
            return (null, [.. e.Problems]);
        }
#pragma warning disable CA1031 // Whatever it was, the program goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return (null, [ExceptionText.Of(e).ToString()]);
        }
    }

    private void Use(SettingsChange change)
    {
        if (change.Log != Log.Settings)
        {
            // At the more talkative of both levels.
            var isQuieter = change.Log.Level > Log.Settings.Level;
            Log.Settings = isQuieter ? Log.Settings : change.Log;
            Note(LogLevel.Info, $"the log's level is {change.Log.LevelName} from now on, and its format {change.Log.FormatName}", null);
            Log.Settings = change.Log;
        }
        else if (change.ToRestartFor.Count == 0)
        {
            Note(LogLevel.Info, "the settings were read again: nothing has changed", null);
        }

        foreach (var path in change.ToRestartFor)
        {
            Note(LogLevel.Warning, $"the setting {path} has changed: this program uses the new value when it is started again", null);
        }
    }

    private async Task RunPartsAsync(IHost host, Func<Task<int>>? command)
    {
        try
        {
            await host.StartAsync(Ending).ConfigureAwait(false);
            if (command is not null)
            {
                End(await command().ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (Ending.IsCancellationRequested)
        {
            // Where nobody has given a reason, it was a signal.
            End(ExitCode.Interrupted, Readied.IsCompleted ? "" : "interrupted before anything was sent");
        }

        await _end.Task.ConfigureAwait(false);
    }

    /// <returns>Null when all have stopped in order. What does not is logged, because there may be a better reason to end.</returns>
    private async Task<ProgramException?> StopPartsAsync(IHost host)
    {
        try
        {
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
            return null;
        }
#pragma warning disable CA1031 // Whatever it was, it must not hide why the program ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var disorder = new ProgramException(
                ExitCode.Unreachable, $"a part of this program did not stop in order: {ExceptionText.Of(e)}", e);
            Log.Started();
            Note(LogLevel.Error, disorder.Message, e);
            return disorder;
        }
    }

    private async Task EndWithAsync(Task<string?> part)
    {
        try
        {
            if (await part.ConfigureAwait(ConfigureAwaitOptions.ForceYielding) is { } why)
            {
                End(ExitCode.Unreachable, why);
            }
            else if (_isCommand)
            {
                End(ExitCode.Unreachable, "a part of this program has ended, and nobody told it to: start it again");
            }
            else
            {
                End(ExitCode.Ok);
            }
        }
#pragma warning disable CA1031 // Whatever it was, it is told; nobody else would.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var why = $"a part of this program has failed: {ExceptionText.Of(e)}";
            Note(LogLevel.Error, why, e);
            End(ExitCode.Unreachable, why);
        }
    }

    internal void Note(LogLevel level, string text, Exception? cause) =>
        Log.Add(new LogLine(TimeProvider.System.GetUtcNow(), level, nameof(ProgramHost), text, cause), isOurs: true);

    /// <summary>From here on a signal ends the program in order.</summary>
    Task IHostLifetime.WaitForStartAsync(CancellationToken cancellationToken)
    {
        // Windows says so when the console closes, and ends the process a moment later.
        var isEnd = _isCommand || Reload is null || OperatingSystem.IsWindows();
        _signals = new EndSignals(Interrupt, isSecondFinal: _isCommand, isEnd ? null : HungUp);
        return Task.CompletedTask;
    }

    Task IHostLifetime.StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private sealed class Part(Func<CancellationToken, Task<IAsyncDisposable>> start) : IHostedService
    {
        private IAsyncDisposable? _started;

        public async Task StartAsync(CancellationToken cancellationToken) => _started = await start(cancellationToken).ConfigureAwait(false);

        public Task StopAsync(CancellationToken cancellationToken) => _started?.DisposeAsync().AsTask() ?? Task.CompletedTask;
    }
}
