using AkkaLb.Programs.Logs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AkkaLb.Programs;

/// <summary>A program as a generic host: its parts are hosted services, which start in the order in which they were added, and stop the other way
/// round. Here each says that the program is ready, and that it must end. Those two are thread-safe.</summary>
public sealed class ProgramHost(LogSettings log) : IHostLifetime
{
    private readonly HostApplicationBuilder _builder = Host.CreateEmptyApplicationBuilder(settings: null);
    private readonly TaskCompletionSource<ProgramException> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private EndSignals? _signals;
    private bool _isCommand;
    private volatile bool _isReady;

    /// <summary>Signalled when the program must end.</summary>
    public CancellationToken Ending => _ending.Token;

    internal NodeLogging Log { get; } = new(log, Console.Error);

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
    /// <returns>The exit code.</returns>
    /// <exception cref="ProgramException">A part could not start, or cannot continue.</exception>
    public async Task<int> RunAsync(Func<Task<int>>? command = null)
    {
        _isCommand = command is not null;
        _builder.Services.AddSingleton<IHostLifetime>(this);

        // Each part bounds its own end.
        _builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        using var host = _builder.Build();
        try
        {
            await host.StartAsync(Ending).ConfigureAwait(false);
            if (command is not null)
            {
                End(await command().ConfigureAwait(false));
            }

            await _end.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Ending.IsCancellationRequested)
        {
            // It must end before it is ready.
        }
        finally
        {
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
            _signals?.Dispose();
            await Log.DisposeAsync().ConfigureAwait(false);
        }

        var end = await _end.Task.ConfigureAwait(false);
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
            var text = $"the line \"{line}\" could not be written: {why}";
            Log.Add(new LogLine(TimeProvider.System.GetUtcNow(), LogLevel.Warning, nameof(ProgramHost), text, null), isOurs: true);
        }

        _isReady = true;
        Log.Started();
    }

    /// <summary>The program must end. Only the first reason counts.</summary>
    /// <param name="sentence">For the operator; empty: there is nothing to say.</param>
    public void End(int exitCode, string sentence = "")
    {
        if (_end.TrySetResult(new ProgramException(exitCode, sentence)))
        {
            _ending.Cancel();
        }
    }

    /// <summary>The program must end when this completes: with its sentence and <see cref="ExitCode.Unreachable"/>, or in order when that is
    /// null.</summary>
    public void EndWith(Task<string?> part) => part.ContinueWith(
        told => End(told.GetAwaiter().GetResult() is null ? ExitCode.Ok : ExitCode.Unreachable, told.GetAwaiter().GetResult() ?? ""),
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnRanToCompletion,
        TaskScheduler.Default);

    /// <summary>From here on a signal ends the program in order.</summary>
    Task IHostLifetime.WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals = new EndSignals(
            () => End(_isCommand ? ExitCode.Interrupted : ExitCode.Ok, _isCommand && !_isReady ? "interrupted before anything was sent" : ""),
            isSecondFinal: _isCommand);
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
