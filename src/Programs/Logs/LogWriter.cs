using System.Globalization;
using System.Threading.Channels;

namespace AkkaLb.Programs.Logs;

/// <summary>Writes lines from a task of its own: a log that nobody reads, or that cannot be written, holds nobody up. Thread-safe.</summary>
internal sealed class LogWriter : IAsyncDisposable
{
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(1);

    private readonly Channel<string> _lines;
    private readonly TextWriter _target;
    private readonly Task _writing;
    private long _leftOut;

    /// <param name="linesMax">More lines than that do not wait to be written; those that come then are counted and left out.</param>
    public LogWriter(TextWriter target, int linesMax = 10_000)
    {
        _target = target;
        _lines = Channel.CreateBounded<string>(linesMax);
        _writing = Task.Run(WriteAsync);
    }

    public void Write(string line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _leftOut);
        }
    }

    /// <summary>Writes what is left, for a moment at most.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing.WaitAsync(EndWithin, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WriteAsync()
    {
        await foreach (var line in _lines.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Put(line);
            if (Interlocked.Exchange(ref _leftOut, 0) is > 0 and var count)
            {
                Put(string.Create(CultureInfo.InvariantCulture,
                    $"... and log lines were left out, because standard error was not read fast enough: {count}"));
            }
        }
    }

    private void Put(string line)
    {
        try
        {
            _target.WriteLine(line);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Where there is no room for a log, there is none to say so.
        }
    }
}
