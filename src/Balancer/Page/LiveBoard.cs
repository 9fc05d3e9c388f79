using AkkaLb.Client;
using AkkaLb.Core;

namespace AkkaLb.Balancer.Page;

/// <summary>A balancer as it was read last.</summary>
/// <param name="Number">Rises by one with each reading.</param>
/// <param name="Report">Null: it could not be read.</param>
/// <param name="Problem">Why it could not; empty: it could.</param>
/// <param name="AssignmentsPerSecond">Since the reading before, by service.</param>
internal sealed record BoardView(
    long Number, DateTimeOffset At, BalancerReport? Report, string Problem, IReadOnlyDictionary<string, double> AssignmentsPerSecond);

/// <summary>Reads a balancer once a second for all who look at it, and keeps its history. Thread-safe.</summary>
/// <remarks>From the first reader until some minutes after the last one has gone; nobody looks, nothing is read. A reader that is slow misses
/// readings, and nothing waits for it.</remarks>
/// <param name="read">Asks the balancer; bounds its own time.</param>
/// <param name="ending">Signalled when the program stops.</param>
internal sealed class LiveBoard(Func<CancellationToken, Task<BalancerReport>> read, TimeProvider time, CancellationToken ending)
{
    /// <summary>So many readers at once.</summary>
    public const int ReadersMax = 20;

    /// <summary>Between two readings while somebody looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Between two samples, and between two readings while nobody looks.</summary>
    public static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(5);

    /// <summary>So far back goes the history, and so long it goes on after the last reader.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(15);

    /// <summary>A balancer that takes long to read is read for this part of the time.</summary>
    private const double BusyShareMax = 0.1;

    /// <summary>After a reading that failed: the balancer may be back at once.</summary>
    private static readonly TimeSpan FailedRestMax = TimeSpan.FromSeconds(5);

    private static readonly IReadOnlyDictionary<string, double> NoRates = new Dictionary<string, double>();

    private readonly Lock _lock = new();
    private readonly History _history = new((int)(Kept / SampleInterval));
    private readonly AssignmentRates _rates = new();
    private readonly AssignmentRates _sampleRates = new();
    private readonly long _start = time.GetTimestamp();
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource _joined = NewSignal();
    private BoardView? _view;
    private TimeSpan _readAt;
    private TimeSpan _sampledAt = TimeSpan.MinValue;
    private TimeSpan _leftAt;
    private int _readers;
    private bool _isRunning;

    /// <summary>Whether the balancer is read from time to time.</summary>
    internal bool IsRunning
    {
        get
        {
            lock (_lock)
            {
                return _isRunning;
            }
        }
    }

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Somebody looks from now on, until what this returns is disposed.</summary>
    /// <returns>Null: as many as may look already.</returns>
    public Reader? TryJoin()
    {
        lock (_lock)
        {
            if (_readers == ReadersMax)
            {
                return null;
            }

            _readers++;
            _joined.TrySetResult();
            if (!_isRunning && !ending.IsCancellationRequested)
            {
                _isRunning = true;
                _ = Task.Run(RunAsync, CancellationToken.None);
            }

            // What was read a moment ago will do.
            var seen = _view is { } view ? (Now - _readAt < 2 * Interval ? view.Number - 1 : view.Number) : 0;
            return new Reader(this, seen);
        }
    }

    /// <summary>Samples that came later than this.</summary>
    public IReadOnlyList<Sample> HistorySince(DateTimeOffset since)
    {
        lock (_lock)
        {
            return _history.Since(since);
        }
    }

    private async Task RunAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            var (begun, view) = (Now, await ReadAsync().ConfigureAwait(false));
            var rest = Publish(view, begun);
            TimeSpan wait;
            Task? joined = null;
            lock (_lock)
            {
                var isWatched = _readers > 0;
                if (!isWatched && Now - _leftAt >= Kept)
                {
                    _isRunning = false;
                    return;
                }

                wait = begun + (isWatched ? Interval : SampleInterval) - Now;
                if (!isWatched)
                {
                    _joined = NewSignal();
                    joined = _joined.Task;
                }
            }

            // Those who come while nobody looks get a fresh view at once, but from a balancer that takes long to read.
            var delay = Task.Delay(wait > rest ? wait : rest, time, ending);
            await Task.WhenAny(delay, rest < Interval && joined is not null ? joined : delay).ConfigureAwait(false);
        }
    }

    private async Task<BoardView> ReadAsync()
    {
        var number = (_view?.Number ?? 0) + 1;
        try
        {
            var report = await read(ending).ConfigureAwait(false);
            return new BoardView(number, time.GetUtcNow(), report, "", _rates.Update(report, Now));
        }
#pragma warning disable CA1031 // Whatever it was, whoever looks is told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new BoardView(number, time.GetUtcNow(), null, $"the balancer cannot be read: {OneLine.Of(e.Message)}", NoRates);
        }
    }

    /// <returns>How long the balancer is to be left alone.</returns>
    private TimeSpan Publish(BoardView view, TimeSpan begun)
    {
        lock (_lock)
        {
            (_view, _readAt) = (view, Now);
            var busy = (_readAt - begun) * (1 / BusyShareMax);
            var rest = view.Report is null && busy > FailedRestMax ? FailedRestMax : busy;
            if (view.Report is { } report && (_sampledAt == TimeSpan.MinValue || begun - _sampledAt >= SampleInterval - (Interval / 2)))
            {
                _sampledAt = begun;
                _history.Add(SampleOf(report, view.At));
            }

            _changed.SetResult();
            _changed = NewSignal();
            return rest;
        }
    }

    private Sample SampleOf(BalancerReport report, DateTimeOffset at)
    {
        var (waiting, inFlight, up) = (0, 0.0, 0);
        foreach (var (_, state) in report.AllServices)
        {
            waiting += state.Waiting;
            inFlight += state.Members.Sum(m => m.InFlight);
            up += state.Members.Count(m => m.IsEligible);
        }

        return new Sample(at, _sampleRates.Update(report, Now).Values.Sum(), waiting, inFlight, up);
    }

    private async Task<BoardView> NextAsync(long after, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_view is { } view && view.Number > after)
                {
                    return view;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            (_readers, _leftAt) = (_readers - 1, Now);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Somebody who looks. Not thread-safe.</summary>
    /// <param name="seen">Number of the newest view that is old for this reader.</param>
    public sealed class Reader(LiveBoard board, long seen) : IDisposable
    {
        private bool _hasLeft;

        /// <summary>The newest view, when there is one that this reader has not seen.</summary>
        public async Task<BoardView> NextAsync(CancellationToken cancellationToken)
        {
            var view = await board.NextAsync(seen, cancellationToken).ConfigureAwait(false);
            seen = view.Number;
            return view;
        }

        public void Dispose()
        {
            if (!_hasLeft)
            {
                _hasLeft = true;
                board.Leave();
            }
        }
    }
}
