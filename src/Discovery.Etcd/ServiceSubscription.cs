using AkkaLb.Etcd;

namespace AkkaLb.Discovery.Etcd;

/// <summary>A watch of a service that pushes, until it is disposed. A watch that etcd refuses is told as disconnected and opened again after a
/// pause: an operator may mend the cause.</summary>
public sealed class ServiceSubscription : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private ServiceSubscription(Func<CancellationToken, Task> run) => _running = Task.Run(() => run(_stop.Token));

    internal static ServiceSubscription Begin<T>(
        Func<CancellationToken, IAsyncEnumerable<Watched<T>>> watch, TimeSpan pause, TimeProvider timeProvider, Action<Watched<T>> onEvent)
        where T : class => new(stop => RunAsync(watch, pause, timeProvider, onEvent, stop));

    /// <summary>Completes when disposed. Faults when something unforeseen ended the watch, such as a callback that threw.</summary>
    public Task Completion => _running;

    /// <summary>Ends the watch; nothing is told behind this.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task RunAsync<T>(
        Func<CancellationToken, IAsyncEnumerable<Watched<T>>> watch,
        TimeSpan pause,
        TimeProvider timeProvider,
        Action<Watched<T>> onEvent,
        CancellationToken stop)
        where T : class
    {
        string? refused = null;
        while (true)
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

            try
            {
                await Task.Delay(pause, timeProvider, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
