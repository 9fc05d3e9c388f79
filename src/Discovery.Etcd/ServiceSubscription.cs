using AkkaLb.Endpoints;
using AkkaLb.Watching;

namespace AkkaLb.Discovery.Etcd;

/// <summary>A watch of a service that pushes, until it is disposed. A watch that etcd refuses is told as <see cref="Watched{T}.Down"/> and opened
/// again after a pause: an operator may mend the cause.</summary>
public sealed class ServiceSubscription : IAsyncDisposable
{
    /// <summary>Before a watch that failed for an unforeseen reason begins again: a fault that comes at once each time must not become a
    /// loop.</summary>
    public static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();

    private ServiceSubscription(Func<CancellationToken, Task> run) => Completion = Task.Run(() => run(_stop.Token));

    /// <summary>Completes when disposed. Faults when something unforeseen ended the watch, such as a callback that threw, unless the
    /// watch must go on: then it begins again.</summary>
    public Task Completion { get; }

    /// <param name="refusalPause">After a watch was refused.</param>
    /// <param name="mustGoOn">False: a failure ends the subscription.</param>
    internal static ServiceSubscription Begin<T>(
        Func<CancellationToken, IAsyncEnumerable<Watched<T>>> watch, TimeSpan refusalPause, TimeProvider timeProvider, Action<Watched<T>> onEvent,
        bool mustGoOn = false)
        where T : class => new(async stop =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await RunAsync(watch, refusalPause, timeProvider, onEvent, stop).ConfigureAwait(false);
                }
                catch (Exception e) when (mustGoOn)
                {
                    Tell(onEvent, new Watched<T>.Failed($"{e.GetType().Name}: {LogText.Of(e.Message)}", e));
                    await Task.Delay(FailurePause, timeProvider, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        });

    /// <summary>Ends the watch; nothing is told behind this.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Until it is stopped, or something unforeseen ends it.</summary>
    private static async Task RunAsync<T>(
        Func<CancellationToken, IAsyncEnumerable<Watched<T>>> watch, TimeSpan refusalPause, TimeProvider timeProvider, Action<Watched<T>> onEvent,
        CancellationToken stop)
        where T : class
    {
        string? refused = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var e in watch(stop).ConfigureAwait(false))
                {
                    if (refused is not null && e is Watched<T>.Known)
                    {
                        refused = null;
                        onEvent(new Watched<T>.Up());
                    }

                    onEvent(e);
                }
            }
            catch (RegistryRefusedException e)
            {
                if (refused != e.Message)
                {
                    refused = e.Message;
                    onEvent(new Watched<T>.Down(e.Message, IsRefused: true));
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(refusalPause, timeProvider, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static void Tell<T>(Action<Watched<T>> onEvent, Watched<T> failed)
        where T : class
    {
        try
        {
            onEvent(failed);
        }
        catch (Exception)
        {
            // Most likely the callback that ended the watch throws here too. It is told again the next time.
        }
    }
}
