using System.Diagnostics;
using Akka.Event;
using AkkaLb.Endpoints;
using AkkaLb.Transport.Pipelines.Tls;

namespace AkkaLb.Transport.Pipelines;

/// <summary>What is told of connections: each cause once a minute, whoever strangers are and however often they come. Thread-safe.</summary>
internal sealed class ConnectionLog(ILoggingAdapter log)
{
    /// <summary>A peer that has not said a word for so long has a reason that it does not tell.</summary>
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly RareLines _lines = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 1000);

    public void Warn(string line) => Warn(line, line);

    /// <param name="source">Lines of one source are told once a minute.</param>
    public void Warn(string source, string line)
    {
        string? said;
        lock (_lock)
        {
            said = _lines.Say(source, line, Stopwatch.GetElapsedTime(_start));
        }

        if (said is not null)
        {
            log.Warning("{0}", said);
        }
    }

    public void Tell(FileNews news) => log.Tell(news);

    /// <summary>Completes with the task, or when there is something to tell; the task may continue.</summary>
    public static async Task TellIfSlowAsync(Task task, Action tell)
    {
        using var timer = new CancellationTokenSource();
        if (await Task.WhenAny(task, Task.Delay(SlowAfter, TimeProvider.System, timer.Token)).ConfigureAwait(false) != task)
        {
            tell();
        }

        await timer.CancelAsync().ConfigureAwait(false);
    }
}
