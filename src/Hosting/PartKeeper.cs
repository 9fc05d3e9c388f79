using System.Collections.Concurrent;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Worker;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaLb.Hosting;

/// <summary>Keeps a worker or a balancer alive in an application: one that cannot start, or ends by itself, is started again after a pause.</summary>
/// <remarks>The application starts and lives on without it: a health check says what is wrong. It leaves in order in a phase of the actor system's
/// coordinated shutdown.</remarks>
internal sealed class PartKeeper
{
    private static readonly BackOff Pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>One that has lived for so long starts again after the first pause.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<CancellationToken, Task<Part>> _start;
    private readonly ILoggingAdapter _log;
    private readonly string _what;
    private readonly Task _life;
    private volatile string? _trouble = "it has not started yet";
    private volatile Part? _part;

    private PartKeeper(ActorSystem system, string what, Func<CancellationToken, Task<Part>> start)
    {
        (_start, _what) = (start, what);
        _log = Logging.GetLogger(system, typeof(PartKeeper));
        _life = Task.Run(LiveAsync);
    }

    /// <summary>Begins, and waits for nothing.</summary>
    /// <param name="what">A name for log and health check.</param>
    /// <param name="phase">Of coordinated shutdown, in which it leaves.</param>
    /// <param name="start">Called again after each end.</param>
    /// <exception cref="InvalidOperationException">The actor system has another one of this name.</exception>
    public static PartKeeper Start(ActorSystem system, string what, string phase, Func<CancellationToken, Task<Part>> start)
    {
        if (!system.WithExtension<Names, NamesProvider>().Taken.TryAdd(what, 0))
        {
            throw new InvalidOperationException(
                $"the actor system {system.Name} was given two parts of AkkaLb that are called {what}: give one of them another id");
        }

        var keeper = new PartKeeper(system, what, start);
        CoordinatedShutdown.Get(system).AddTask(phase, $"akkalb-{what}", async () =>
        {
            await keeper.StopAsync().ConfigureAwait(false);
            return Akka.Done.Instance;
        });
        return keeper;
    }

    /// <summary>Healthy while it is ready.</summary>
    /// <param name="otherwise">What it is while it is not.</param>
    public HealthCheckResult Check(HealthStatus otherwise) =>
        (_stopping.IsCancellationRequested ? "it leaves, or has left" : _trouble ?? _part?.Trouble()) is { } trouble
            ? new HealthCheckResult(otherwise, $"{_what}: {trouble}")
            : HealthCheckResult.Healthy($"{_what} is ready");

    private async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _life.ConfigureAwait(false);
    }

    private async Task LiveAsync()
    {
        var random = new Random(RandomNumberGenerator.GetInt32(int.MaxValue));
        for (var failures = 0; !_stopping.IsCancellationRequested; failures++)
        {
            string trouble;
            try
            {
                await using var part = await _start(_stopping.Token).ConfigureAwait(false);
                var begun = TimeProvider.System.GetTimestamp();
                (_part, _trouble) = (part, null);
                _log.Info("{0} is ready", _what);
                trouble = await part.Ended.WaitAsync(_stopping.Token).ConfigureAwait(false) ?? "it was ended";
                failures = TimeProvider.System.GetElapsedTime(begun) >= Settled ? 0 : failures;
            }
#pragma warning disable CA1031 // Whatever it was, the application does not end with it; the log and the health check say it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                trouble = e is WorkerStartException or BalancerStartException ? e.Message : ExceptionText.Of(e).ToString();
            }

            if (_stopping.IsCancellationRequested)
            {
                break;
            }

            _trouble = trouble;
            var pause = Pauses.Delay(failures, random);
            _log.Warning("{0} is started again in {1:0.0} s: {2}", _what, pause.TotalSeconds, trouble);
            await Task.Delay(pause, TimeProvider.System, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The parts of an actor system.</summary>
    private sealed class Names : IExtension
    {
        public ConcurrentDictionary<string, byte> Taken { get; } = new(StringComparer.Ordinal);
    }

    private sealed class NamesProvider : ExtensionIdProvider<Names>
    {
        public override Names CreateExtension(ExtendedActorSystem system) => new();
    }

    /// <summary>A running worker or balancer.</summary>
    /// <param name="It">Disposing it ends it in order.</param>
    /// <param name="Ended">Completes when it is none any more, with the reason.</param>
    /// <param name="Trouble">Why it is of no use at the moment; null: it is.</param>
    internal sealed record Part(IAsyncDisposable It, Task<string?> Ended, Func<string?> Trouble) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => It.DisposeAsync();
    }
}
