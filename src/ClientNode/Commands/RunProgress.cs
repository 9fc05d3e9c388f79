using System.Globalization;
using AkkaLb.Client;
using Spectre.Console;

namespace AkkaLb.ClientNode.Commands;

/// <summary>Shows on standard error how far a run is, and what it waits for: a line that renews itself on a terminal, plain lines now and then
/// elsewhere.</summary>
internal sealed class RunProgress : IAsyncDisposable
{
    private const int BarWidth = 20;

    /// <summary>What the bar, the percentage and the blanks between them take of a line.</summary>
    private const int Beside = BarWidth + 7;

    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromMilliseconds(500);
    private const int PlainTicks = 4;

    private readonly CancellationTokenSource _ended = new();
    private readonly Task _showing;

    private RunProgress(Func<CancellationToken, Task> show) => _showing = show(_ended.Token);

    /// <param name="begun">How many jobs have begun.</param>
    /// <param name="jobs">The whole, where it is known.</param>
    /// <param name="duration">How long jobs are begun, where that is what ends the run.</param>
    /// <param name="isQuiet">Shows nothing off a terminal.</param>
    public static RunProgress Start(BalancedClient client, JobTally tally, Func<long> begun, long? jobs, TimeSpan? duration, bool isQuiet)
    {
        var started = TimeProvider.System.GetTimestamp();
        var wait = new WaitWatch(client, TimeProvider.System);
        return new RunProgress(!Console.IsErrorRedirected ? OnTerminalAsync : isQuiet ? _ => Task.CompletedTask : PlainAsync);

        Task OnTerminalAsync(CancellationToken ended)
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
            return console.Progress()
                .AutoClear(true)
                .Columns(new ProgressBarColumn { Width = BarWidth }, new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
                .StartAsync(async context =>
                {
                    var bar = context.AddTask("starting", maxValue: 1);
                    bar.IsIndeterminate = jobs is null && duration is null;
                    while (!ended.IsCancellationRequested)
                    {
                        var elapsed = TimeProvider.System.GetElapsedTime(started);
                        var summary = tally.Summarize(elapsed);
                        bar.Value = Part(summary, jobs, duration, elapsed);
                        bar.Description = Markup.Escape(
                            Describe(summary, Open(summary), await WaitsForAsync(summary).ConfigureAwait(false), console.Profile.Width - Beside));
                        await PauseAsync(TerminalInterval, ended).ConfigureAwait(false);
                    }
                });
        }

        async Task PlainAsync(CancellationToken ended)
        {
            for (var tick = 1; !ended.IsCancellationRequested; tick++)
            {
                await PauseAsync(PlainInterval, ended).ConfigureAwait(false);
                var summary = tally.Summarize(TimeProvider.System.GetElapsedTime(started));
                var waitsFor = await WaitsForAsync(summary).ConfigureAwait(false);
                if (tick % PlainTicks == 0 && !ended.IsCancellationRequested)
                {
                    var of = jobs is { } all ? string.Create(CultureInfo.InvariantCulture, $" of {all}") : "";
                    await Console.Error.WriteLineAsync($"{Describe(summary, Open(summary), waitsFor, int.MaxValue)}{of}").ConfigureAwait(false);
                }
            }
        }

        long Open(JobSummary summary) => Math.Max(0, begun() - summary.Done - summary.Failed - summary.NotDone);

        async Task<string?> WaitsForAsync(JobSummary summary) =>
            wait.Describe(Open(summary), (await client.InFlightAsync().ConfigureAwait(false)).Values.Sum());
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _showing.ConfigureAwait(false);
        _ended.Dispose();
    }

    /// <summary>From 0 to 1; a run that has not ended is never whole.</summary>
    internal static double Part(JobSummary summary, long? jobs, TimeSpan? duration, TimeSpan elapsed)
    {
        const double most = 0.99;
        return Math.Min(most,
            jobs is { } all ? (double)(summary.Done + summary.Failed) / Math.Max(1, all) : duration is { } whole ? elapsed / whole : 0);
    }

    /// <summary>What fits of the numbers and of each worker's share; what the run waits for is always told.</summary>
    internal static string Describe(JobSummary summary, long open, string? waitsFor, int widthMax)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{summary.JobsPerSecond:0} jobs/s  done {summary.Done} failed {summary.Failed} retried {summary.Retried}");
        if (waitsFor is not null)
        {
            var whole = string.Create(CultureInfo.InvariantCulture, $"{line}  {open} under way  {waitsFor}");
            return whole.Length <= widthMax ? whole : string.Create(CultureInfo.InvariantCulture, $"done {summary.Done}  {waitsFor}");
        }

        var workers = string.Join(' ', summary.Workers.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Key}={w.Value}")));
        return workers.Length > 0 && line.Length + 2 + workers.Length <= widthMax ? $"{line}  {workers}" : line;
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
