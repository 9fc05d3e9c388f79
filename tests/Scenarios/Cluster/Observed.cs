namespace AkkaLb.Scenarios.Cluster;

/// <summary>A value that tests wait for: they are woken by its changes, and no wait is without a bound.</summary>
public sealed class Observed<T>(string name, T value)
{
    private readonly Lock _lock = new();
    private readonly List<Waiter> _waiters = [];
    private T _value = value;

    public T Value
    {
        get
        {
            lock (_lock)
            {
                return _value;
            }
        }
    }

    public void Update(Func<T, T> change)
    {
        lock (_lock)
        {
            _value = change(_value);
            _waiters.RemoveAll(w => w.TryEnd(_value));
        }
    }

    /// <exception cref="TimeoutException">It never held; says what was there instead.</exception>
    public async Task<T> UntilAsync(Func<T, bool> holds)
    {
        var waiter = new Waiter(holds);
        lock (_lock)
        {
            if (waiter.TryEnd(_value))
            {
                return _value;
            }

            _waiters.Add(waiter);
        }

        try
        {
            return await waiter.Task.WaitAsync(LoopbackCluster.Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{name} never became what the test waits for; it is {Value}");
        }
    }

    private sealed class Waiter(Func<T, bool> holds)
    {
        private readonly TaskCompletionSource<T> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _end.Task;

        public bool TryEnd(T value) => holds(value) && _end.TrySetResult(value);
    }
}
