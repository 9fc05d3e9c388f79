using System.Collections.Concurrent;
using System.Globalization;
using AkkaLb.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Discovery.Etcd;

/// <summary>Answers lookups, from a watch kept for each service or by reading. Thread-safe.</summary>
/// <param name="log">What a watch tells besides instances.</param>
internal sealed class ServiceLookups(
    EtcdServices services, LookupMode mode, int watchesMax, Action<string, Watched<ServiceInstance>> log)
    : IAsyncDisposable
{
    private const int ServicesMax = 1024;

    private readonly ConcurrentDictionary<string, WatchedService> _watched = new();
    private readonly Dictionary<string, LeftOutValues> _leftOut = [];
    private readonly Lock _lock = new();
    private bool _isDisposed;

    /// <exception cref="RegistryUnavailableException">Nothing is known of the service within <paramref name="timeout"/>.</exception>
    /// <exception cref="RegistryRefusedException">etcd refuses.</exception>
    /// <exception cref="ArgumentException">The name breaks the rule of <see cref="ServiceNames"/>.</exception>
    public async Task<IReadOnlyList<ServiceInstance>> LookupAsync(string service, TimeSpan timeout)
    {
        ServiceNames.Checked(service);
        return mode == LookupMode.Watch && WatchedOf(service) is { } watched
            ? await watched.InstancesAsync(timeout).ConfigureAwait(false)
            : await ReadAsync(service, timeout).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        foreach (var watched in _watched.Values)
        {
            await watched.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Null: there are too many watches already.</summary>
    private WatchedService? WatchedOf(string service)
    {
        if (_watched.TryGetValue(service, out var watched))
        {
            return watched;
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_watched.TryGetValue(service, out watched) && _watched.Count < watchesMax)
            {
                watched = new WatchedService(services, service, e => log(service, e));
                _watched[service] = watched;
            }

            return watched;
        }
    }

    private async Task<IReadOnlyList<ServiceInstance>> ReadAsync(string service, TimeSpan timeout)
    {
        using var bound = new CancellationTokenSource(timeout, TimeProvider.System);
        try
        {
            var (instances, skipped) = await services.ReadAsync(service, bound.Token).ConfigureAwait(false);
            foreach (var news in NewsOf(service, skipped))
            {
                log(service, news);
            }

            return instances;
        }
        catch (OperationCanceledException e) when (bound.IsCancellationRequested)
        {
            throw Unanswered(service, timeout, "etcd did not answer", e);
        }
    }

    /// <summary>Reads tell the same value again each time; it is logged once as long as its problem stays the same. Bounded: what is too much is
    /// logged again.</summary>
    private List<Watched<ServiceInstance>> NewsOf(string service, IReadOnlyList<Watched<ServiceInstance>.Skipped> skipped)
    {
        lock (_lock)
        {
            if (!_leftOut.TryGetValue(service, out var leftOut))
            {
                if (skipped.Count == 0)
                {
                    return [];
                }

                if (_leftOut.Count >= ServicesMax)
                {
                    _leftOut.Clear();
                }

                _leftOut[service] = leftOut = new LeftOutValues();
            }

            leftOut.ForgetAllBut(skipped.Select(s => s.Key).ToHashSet());
            var news = skipped.Where(s => leftOut.IsNews(s.Key, s.Problem)).ToList<Watched<ServiceInstance>>();
            if (leftOut.Sum() is > 0 and var more)
            {
                news.Add(new Watched<ServiceInstance>.MoreSkipped(more));
            }

            return news;
        }
    }

    private static RegistryUnavailableException Unanswered(string service, TimeSpan timeout, string why, Exception? inner) => new(
        string.Create(CultureInfo.InvariantCulture, $"service \"{service}\" could not be looked up within {timeout.TotalSeconds:0.###} s: {why}"),
        inner);

    /// <summary>A watch of one service and what it told last.</summary>
    private sealed class WatchedService : IAsyncDisposable
    {
        private readonly string _service;
        private readonly ServiceSubscription _subscription;
        private volatile TaskCompletionSource<IReadOnlyList<ServiceInstance>> _answer = NewAnswer();
        private volatile string _problem = "etcd did not answer";

        public WatchedService(EtcdServices services, string service, Action<Watched<ServiceInstance>> log)
        {
            _service = service;
            _subscription = services.Subscribe<ServiceInstance>(
                service, ServiceInstanceValue.Read, e => OnEvent(e, log), mustGoOn: true);
        }

        public async Task<IReadOnlyList<ServiceInstance>> InstancesAsync(TimeSpan timeout)
        {
            try
            {
                return await _answer.Task.WaitAsync(timeout, TimeProvider.System).ConfigureAwait(false);
            }
            catch (TimeoutException e)
            {
                throw Unanswered(_service, timeout, _problem, e);
            }
        }

        public ValueTask DisposeAsync()
        {
            _answer.TrySetCanceled();
            return _subscription.DisposeAsync();
        }

        private void OnEvent(Watched<ServiceInstance> e, Action<Watched<ServiceInstance>> log)
        {
            switch (e)
            {
                case Watched<ServiceInstance>.Known known:
                    Answer(a => a.TrySetResult([.. known.All]));
                    return;
                case Watched<ServiceInstance>.Down { IsRefused: true } refused when !_answer.Task.IsCompletedSuccessfully:
                    // Nobody waits for what an operator has to mend.
                    Answer(a => a.TrySetException(new RegistryRefusedException(refused.Reason)));
                    break;
                case Watched<ServiceInstance>.Down down:
                    _problem = down.Reason;
                    _answer = _answer.Task.IsFaulted ? NewAnswer() : _answer;
                    break;
            }

            log(e);
        }

        /// <summary>Those that wait get it, and so do those that ask later.</summary>
        private void Answer(Action<TaskCompletionSource<IReadOnlyList<ServiceInstance>>> complete)
        {
            if (_answer.Task.IsCompleted)
            {
                var next = NewAnswer();
                complete(next);
                _answer = next;
            }
            else
            {
                complete(_answer);
            }

            _ = _answer.Task.Exception;
        }

        private static TaskCompletionSource<IReadOnlyList<ServiceInstance>> NewAnswer() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
