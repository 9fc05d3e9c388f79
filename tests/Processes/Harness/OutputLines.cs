using System.Diagnostics;

namespace AkkaLb.Processes.Harness;

/// <summary>A line a process printed, and when it arrived here (<see cref="Stopwatch.GetTimestamp"/>).</summary>
public readonly record struct OutputLine(string Text, long At);

/// <summary>The lines of one stream of a process, in order; who waits for one is told when it comes. Thread-safe.</summary>
public sealed class OutputLines
{
    private readonly Lock _lock = new();
    private readonly List<OutputLine> _lines = [];
    private readonly List<(Func<string, bool> IsIt, TaskCompletionSource<OutputLine> Waiter)> _waiters = [];

    public IReadOnlyList<string> Texts
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines.Select(l => l.Text)];
            }
        }
    }

    public void Add(string text)
    {
        var line = new OutputLine(text, Stopwatch.GetTimestamp());
        lock (_lock)
        {
            _lines.Add(line);
            foreach (var (_, waiter) in _waiters.Where(w => w.IsIt(text)))
            {
                waiter.TrySetResult(line);
            }

            _waiters.RemoveAll(w => w.Waiter.Task.IsCompleted);
        }
    }

    /// <summary>The first line that fits, whether it has come already or not.</summary>
    public Task<OutputLine> FirstAsync(Func<string, bool> isIt)
    {
        lock (_lock)
        {
            foreach (var line in _lines.Where(l => isIt(l.Text)))
            {
                return Task.FromResult(line);
            }

            return NextAsync(isIt);
        }
    }

    /// <summary>The first line that fits of those still to come.</summary>
    public Task<OutputLine> NextAsync(Func<string, bool> isIt)
    {
        var waiter = new TaskCompletionSource<OutputLine>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiters.Add((isIt, waiter));
        }

        return waiter.Task;
    }
}
