namespace AkkaLb.Discovery.Etcd;

/// <summary>A subscription that is begun again after a pause when something unforeseen has ended it, until it is disposed.</summary>
public sealed class LastingSubscription : IAsyncDisposable
{
    /// <summary>Between the end of one subscription and the next one: a fault that comes at once each time must not become a loop.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    internal LastingSubscription(Func<ServiceSubscription> subscribe, Action<Exception> onFailure, TimeProvider timeProvider) =>
        _running = RunAsync(subscribe(), subscribe, onFailure, timeProvider, _stop.Token);

    /// <summary>Ends it; nothing is told behind this.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task RunAsync(
        ServiceSubscription subscription, Func<ServiceSubscription> subscribe, Action<Exception> onFailure, TimeProvider timeProvider,
        CancellationToken stop)
    {
        while (true)
        {
            await using (subscription.ConfigureAwait(false))
            {
                try
                {
                    await subscription.Completion.WaitAsync(stop).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception e)
                {
                    Tell(onFailure, e);
                }
            }

            try
            {
                await Task.Delay(Pause, timeProvider, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            subscription = subscribe();
        }
    }

    private static void Tell(Action<Exception> onFailure, Exception why)
    {
        try
        {
            onFailure(why);
        }
        catch (Exception)
        {
            // Most likely the callback that ended the subscription throws here too. It is told again the next time.
        }
    }
}
