using System.Globalization;
using System.Net.Sockets;
using Akka.Actor;
using AkkaLb.Programs.Logs;
using Microsoft.Extensions.Hosting;

namespace AkkaLb.Programs.Systemd;

/// <summary>Tells systemd that the program is ready, that it lives, and that it stops, where systemd asks for it (<c>NOTIFY_SOCKET</c>,
/// <c>WATCHDOG_USEC</c>); elsewhere it does nothing.</summary>
/// <remarks>It stops after the parts that were added behind it: a worker that drains still lives.</remarks>
public sealed class SystemdPart : IHostedService
{
    private static readonly TimeSpan EveryMax = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ProgramHost _program;
    private readonly NodePart _node;
    private readonly NotifySocket? _socket;
    private readonly TimeSpan? _every;
    private CancellationTokenRegistration _whenEnding;
    private Task _beating = Task.CompletedTask;
    private int _isUnheard;

    public SystemdPart(ProgramHost program, NodePart node)
        : this(program, node, Environment.GetEnvironmentVariable)
    {
    }

    /// <param name="variable">The environment.</param>
    internal SystemdPart(ProgramHost program, NodePart node, Func<string, string?> variable)
    {
        (_program, _node) = (program, node);
        _socket = variable("NOTIFY_SOCKET") is { Length: > 0 } address ? new NotifySocket(address) : null;
        _every = BeatEvery(variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"), Environment.ProcessId);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_socket is not null)
        {
            _ = TellReadyAsync();
            _whenEnding = _program.Ending.Register(() => Tell("STOPPING=1"));
            _beating = _every is { } every ? BeatAsync(every) : Task.CompletedTask;
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _whenEnding.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    /// <summary>A third of the time after which systemd starts a silent program again, an hour at most: a beat may take as long as half of that
    /// again.</summary>
    /// <param name="microseconds">As systemd gives it; null or not a number above 1: it does not watch.</param>
    /// <param name="pid">Of the process that it watches; null: whichever reads this.</param>
    internal static TimeSpan? BeatEvery(string? microseconds, string? pid, int self)
    {
        var isOther = pid is not null && pid != self.ToString(CultureInfo.InvariantCulture);
        if (isOther || !ulong.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) || whole < 2)
        {
            return null;
        }

        var most = (ulong)EveryMax.TotalMicroseconds;
        return TimeSpan.FromMicroseconds(Math.Max(1000, Math.Min(whole / 3, most)));
    }

    private async Task TellReadyAsync()
    {
        await _program.Readied.ConfigureAwait(false);
        Tell("READY=1");
    }

    private async Task BeatAsync(TimeSpan every)
    {
        using var timer = new PeriodicTimer(every, TimeProvider.System);
        for (string? silent = null; await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false);)
        {
            var before = silent;
            silent = await SilentActorAsync(every / 2).ConfigureAwait(false);
            if (silent is null)
            {
                Tell("WATCHDOG=1");
            }
            else if (before is null)
            {
                _program.Note(LogLevel.Warning, $"the actor {silent} does not answer; systemd starts this program again if that lasts", null);
            }
        }
    }

    /// <summary>The first top-level actor that does not get to a question in time; null: all do.</summary>
    private async Task<string?> SilentActorAsync(TimeSpan within)
    {
        var actors = _node.System.Guardian is ActorRefWithCell user ? user.Children.ToList() : [];
        var answers = actors.Select(async actor =>
        {
            try
            {
                await actor.Ask<ActorIdentity>(new Identify(null), within, _stopping.Token).ConfigureAwait(false);
                return null;
            }
#pragma warning disable CA1031 // Whatever it was, the actor has not answered.
            catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
            {
                return actor.Path.ToStringWithoutAddress();
            }
        });
        return (await Task.WhenAll(answers).ConfigureAwait(false)).FirstOrDefault(path => path is not null);
    }

    /// <summary>What cannot be told is logged once: whether the program is started again is systemd's to decide.</summary>
    private void Tell(string state)
    {
        try
        {
            _socket!.Send(state);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            if (Interlocked.Exchange(ref _isUnheard, 1) == 0)
            {
                _program.Note(LogLevel.Warning, $"systemd cannot be told {state}: {e.Message}", null);
            }
        }
    }
}
