using System.Globalization;
using Akka.Actor;
using Akka.Discovery;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Discovery;

/// <summary>Looks balancers up for as long as somebody wants to know, and tells all of them: the I/O around <see cref="LookupOutcomes"/>.
/// Thread-safe.</summary>
internal sealed class SharedLookups(DiscoveredBalancers settings, ServiceDiscovery method, TimeProvider time, Random random) : IBalancerDirectory
{
    private readonly Lookup _lookup = new(settings.Service, settings.PortName, settings.Protocol);
    private readonly Lock _lock = new();
    private readonly List<Subscription> _subscriptions = [];
    private LookupOutcomes _outcomes = new(settings, random);
    private CancellationTokenSource? _running;

    public bool IsInOrder => settings.IsInOrder;

    public string Source => settings.Source;

    public IAsyncDisposable Subscribe(Action<Watched<Address>> tell)
    {
        var subscription = new Subscription(this, tell);
        lock (_lock)
        {
            foreach (var news in _outcomes.ForNewcomer)
            {
                tell(news);
            }

            _subscriptions.Add(subscription);
            if (_running is null)
            {
                _running = new CancellationTokenSource();
                var stop = _running.Token;
                _ = Task.Run(() => RunAsync(stop), CancellationToken.None);
            }
        }

        return subscription;
    }

    private async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var outcome = await LookUpAsync(stop).ConfigureAwait(false);
            if (Tell(outcome, stop) is not { } pause)
            {
                return;
            }

            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>What the look-up means.</returns>
    private async Task<Func<LookupOutcomes, IReadOnlyList<Watched<Address>>>> LookUpAsync(CancellationToken stop)
    {
        try
        {
            // A method need not keep to the time that it is given. What it throws after that nobody wants to know.
            var looking = method.Lookup(_lookup, settings.Timeout);
            _ = looking.ContinueWith(
                static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            var answer = await looking.WaitAsync(settings.Timeout, time, stop).ConfigureAwait(false);
            return outcomes => outcomes.Answered(answer);
        }
        catch (TimeoutException)
        {
            return outcomes => outcomes.Failed(
                string.Create(CultureInfo.InvariantCulture, $"no answer within {settings.Timeout.TotalSeconds:0.###} s"));
        }
#pragma warning disable CA1031 // Whatever a method throws, it is asked again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return outcomes => outcomes.Failed(e.Message.Length > 0 ? e.Message : e.GetType().Name);
        }
    }

    /// <returns>How long to wait before the next look-up; null: nobody wants to know any more.</returns>
    private TimeSpan? Tell(Func<LookupOutcomes, IReadOnlyList<Watched<Address>>> outcome, CancellationToken stop)
    {
        lock (_lock)
        {
            if (stop.IsCancellationRequested)
            {
                return null;
            }

            foreach (var news in NewsOf(outcome))
            {
                foreach (var subscription in _subscriptions.ToArray())
                {
                    subscription.Tell(news);
                }
            }

            return _outcomes.Pause;
        }
    }

    private IReadOnlyList<Watched<Address>> NewsOf(Func<LookupOutcomes, IReadOnlyList<Watched<Address>>> outcome)
    {
        try
        {
            return outcome(_outcomes);
        }
#pragma warning disable CA1031 // An answer that cannot be read, a bug of the method's, is no answer; looking up goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return _outcomes.Failed($"the answer cannot be read: {e.GetType().Name}: {e.Message}");
        }
    }

    private void End(Subscription subscription)
    {
        lock (_lock)
        {
            if (_subscriptions.Remove(subscription) && _subscriptions.Count == 0)
            {
                // Whoever comes later wants to know what is so then.
                _running!.Cancel();
                _running.Dispose();
                (_running, _outcomes) = (null, new LookupOutcomes(settings, random));
            }
        }
    }

    private sealed class Subscription(SharedLookups lookups, Action<Watched<Address>> tell) : IAsyncDisposable
    {
        public void Tell(Watched<Address> news) => tell(news);

        /// <summary>Nothing is told behind this.</summary>
        public ValueTask DisposeAsync()
        {
            lookups.End(this);
            return ValueTask.CompletedTask;
        }
    }
}
