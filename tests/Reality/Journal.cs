namespace AkkaLb.Reality;

/// <summary>What a node saw, a line each, in order. Thread-safe.</summary>
internal sealed class Journal
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _grown = New();
    private int _read;
    private int _life;

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>When a connection was last lost, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> counts; zero: never.</summary>
    public long LostAt { get; private set; }

    /// <summary>Begins a life of the node; what an earlier one adds from now on is not kept.</summary>
    public Action<string> NewLife()
    {
        lock (_lock)
        {
            var life = ++_life;
            return line => Add(life, line);
        }
    }

    /// <summary>The life is over, and no other has begun.</summary>
    public void EndLife() => NewLife();

    /// <summary>Whether this line is among those behind the last one that was found.</summary>
    public bool Find(string line)
    {
        lock (_lock)
        {
            var at = _lines.IndexOf(line, _read);
            _read = at < 0 ? _read : at + 1;
            return at >= 0;
        }
    }

    /// <summary>Waits until <see cref="Find"/> finds it.</summary>
    public async Task UntilAsync(string line, TimeSpan patience)
    {
        using var bound = new CancellationTokenSource(patience);
        for (var grown = Grown(); !Find(line); grown = Grown())
        {
            try
            {
                await grown.WaitAsync(bound.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"'{line}' was never seen, only: {string.Join(", ", Lines)}");
            }
        }
    }

    /// <summary>Ends when there is a line more than at the time of the call.</summary>
    private Task Grown()
    {
        lock (_lock)
        {
            return _grown.Task;
        }
    }

    private void Add(int life, string line)
    {
        TaskCompletionSource grown;
        lock (_lock)
        {
            if (life != _life)
            {
                return;
            }

            _lines.Add(line);
            LostAt = line == "lost" ? System.Diagnostics.Stopwatch.GetTimestamp() : LostAt;
            (grown, _grown) = (_grown, New());
        }

        grown.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
