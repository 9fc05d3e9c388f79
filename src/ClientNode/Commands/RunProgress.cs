using System.Globalization;
using Spectre.Console;

namespace AkkaLb.ClientNode.Commands;

/// <summary>Shows on standard error how far a run is: a line that renews itself on a terminal, plain lines now and then elsewhere.</summary>
internal sealed class RunProgress : IAsyncDisposable
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _ended = new();
    private readonly Task _showing;

    private RunProgress(Func<CancellationToken, Task> show) => _showing = show(_ended.Token);

    /// <param name="jobs">The whole, where it is known.</param>
    /// <param name="duration">The run's length, where that is what ends it.</param>
    /// <param name="isQuiet">Shows nothing off a terminal.</param>
    public static RunProgress Start(JobTally tally, long? jobs, TimeSpan? duration, bool isQuiet)
    {
        var started = TimeProvider.System.GetTimestamp();
        return new RunProgress(!Console.IsErrorRedirected
            ? ended => OnTerminalAsync(tally, jobs, duration, started, ended)
            : isQuiet ? _ => Task.CompletedTask : ended => PlainAsync(tally, jobs, started, ended));
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _showing.ConfigureAwait(false);
        _ended.Dispose();
    }

    private static Task OnTerminalAsync(JobTally tally, long? jobs, TimeSpan? duration, long started, CancellationToken ended)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask("starting", maxValue: 1);
                bar.IsIndeterminate = jobs is null && duration is null;
                while (!ended.IsCancellationRequested)
                {
                    var elapsed = TimeProvider.System.GetElapsedTime(started);
                    bar.Value = jobs is { } all ? (double)(tally.Done + tally.Failed) / Math.Max(1, all) : duration is { } whole ? elapsed / whole : 0;
                    bar.Description = Markup.Escape(Describe(tally, elapsed));
                    await PauseAsync(TerminalInterval, ended).ConfigureAwait(false);
                }
            });
    }

    private static async Task PlainAsync(JobTally tally, long? jobs, long started, CancellationToken ended)
    {
        await PauseAsync(PlainInterval, ended).ConfigureAwait(false);
        while (!ended.IsCancellationRequested)
        {
            var of = jobs is { } all ? string.Create(CultureInfo.InvariantCulture, $" of {all}") : "";
            await Console.Error.WriteLineAsync($"{Describe(tally, TimeProvider.System.GetElapsedTime(started))}{of}").ConfigureAwait(false);
            await PauseAsync(PlainInterval, ended).ConfigureAwait(false);
        }
    }

    private static string Describe(JobTally tally, TimeSpan elapsed)
    {
        var summary = tally.Summarize(elapsed);
        var workers = string.Join(' ', summary.Workers.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Key}={w.Value}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{summary.JobsPerSecond:0} jobs/s  done {summary.Done} failed {summary.Failed} retried {summary.Retried}  {workers}");
    }

    private static async Task PauseAsync(TimeSpan interval, CancellationToken ended)
    {
        try
        {
            await Task.Delay(interval, TimeProvider.System, ended).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }
}
