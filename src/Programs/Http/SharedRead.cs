using System.Diagnostics;

namespace AkkaLb.Programs.Http;

/// <summary>Something that is read once at a time, however many ask, and not all the time: whoever asks soon after gets the same.
/// Thread-safe.</summary>
/// <param name="read">Is to end soon after its token is cancelled; if it does not, whoever asked is told so all the same.</param>
/// <param name="bound">How long it may take.</param>
/// <param name="keptMax">How long a result is kept at most, however long it took: at least 0.2 s.</param>
internal sealed class SharedRead<T>(Func<CancellationToken, Task<T>> read, TimeSpan bound, TimeSpan keptMax)
{
    /// <summary>What took long to read is kept for longer, if it is to be.</summary>
    private const int KeptTimes = 10;

    /// <summary>A failure is kept for so long, and what is to be fresh.</summary>
    private static readonly TimeSpan KeptMin = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private Task<T>? _latest;
    private long _keptUntil;

    /// <exception cref="TimeoutException">It takes too long.</exception>
    public Task<T> ReadAsync()
    {
        lock (_lock)
        {
            if (_latest is null || (_latest.IsCompleted && Stopwatch.GetTimestamp() >= _keptUntil))
            {
                _latest = Task.Run(BeginAsync);
            }

            return _latest;
        }
    }

    private async Task<T> BeginAsync()
    {
        var (begun, kept) = (Stopwatch.GetTimestamp(), KeptMin);
        using var ending = new CancellationTokenSource(bound, TimeProvider.System);
        try
        {
            var result = await Task.Run(() => read(ending.Token), CancellationToken.None).WaitAsync(bound, TimeProvider.System)
                .ConfigureAwait(false);
            var longer = Stopwatch.GetElapsedTime(begun) * KeptTimes;
            kept = longer < keptMax ? (longer > KeptMin ? longer : KeptMin) : keptMax;
            return result;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            throw new TimeoutException("it does not answer");
        }
        finally
        {
            Volatile.Write(ref _keptUntil, Stopwatch.GetTimestamp() + (long)(kept.TotalSeconds * Stopwatch.Frequency));
        }
    }
}
