using System.Diagnostics;

namespace AkkaLb.Programs.Http;

/// <summary>Something that is read once at a time, however many ask, and not all the time: whoever asks soon after gets the same.
/// Thread-safe.</summary>
/// <param name="read">Is to end soon after its token is cancelled; if it does not, whoever asked is told so all the same.</param>
/// <param name="bound">How long it may take.</param>
internal sealed class SharedRead<T>(Func<CancellationToken, Task<T>> read, TimeSpan bound)
{
    /// <summary>What took long to read is kept for longer: reading takes a tenth of the time at most.</summary>
    private const int KeptTimes = 10;

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
        var begun = Stopwatch.GetTimestamp();
        using var ending = new CancellationTokenSource(bound, TimeProvider.System);
        try
        {
            return await read(ending.Token).WaitAsync(bound, TimeProvider.System).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            throw new TimeoutException("it does not answer");
        }
        finally
        {
            var took = Stopwatch.GetElapsedTime(begun) * KeptTimes;
            var kept = took > KeptMin ? took : KeptMin;
            Volatile.Write(ref _keptUntil, Stopwatch.GetTimestamp() + (long)(kept.TotalSeconds * Stopwatch.Frequency));
        }
    }
}
