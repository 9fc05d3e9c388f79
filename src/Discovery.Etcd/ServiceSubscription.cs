using AkkaLb.Etcd;

namespace AkkaLb.Discovery.Etcd;

/// <summary>A watch of a service that pushes, until it is disposed. A watch that etcd refuses is told as disconnected and opened again after a
/// pause: an operator may mend the cause.</summary>
public sealed class ServiceSubscription : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    internal ServiceSubscription(
        Func<CancellationToken, IAsyncEnumerable<ServiceEvent>> watch, TimeSpan pause, TimeProvider timeProvider, Action<ServiceEvent> onEvent) =>
        _running = Task.Run(() => RunAsync(watch, pause, timeProvider, onEvent, _stop.Token));

    /// <summary>Completes when disposed. Faults when something unforeseen ended the watch, such as a callback that threw.</summary>
    public Task Completion => _running;

    /// <summary>Ends the watch; nothing is told behind this.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task RunAsync(
        Func<CancellationToken, IAsyncEnumerable<ServiceEvent>> watch,
        TimeSpan pause,
        TimeProvider timeProvider,
        Action<ServiceEvent> onEvent,
        CancellationToken stop)
    {
        string? refused = null;
        while (true)
        {
            try
            {
                await foreach (var e in watch(stop).ConfigureAwait(false))
                {
                    if (refused is not null && e is ServiceEvent.Instances)
                    {
                        refused = null;
                        onEvent(new ServiceEvent.Connected());
                    }

                    onEvent(e);
                }
            }
            catch (RegistryRefusedException e)
            {
                if (refused != e.Message)
                {
                    refused = e.Message;
                    onEvent(new ServiceEvent.Disconnected(e.Message, IsRefused: true));
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
