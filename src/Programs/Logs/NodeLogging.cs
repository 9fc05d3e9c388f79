using Akka.Actor.Setup;

namespace AkkaLb.Programs.Logs;

/// <summary>The log of a node: on standard error, one line an entry, silent until the node has started. Thread-safe.</summary>
/// <remarks>While a node starts, what goes wrong is told in one line of its own; Akka's view of the same trouble would bury it.</remarks>
internal sealed class NodeLogging(LogSettings settings, TextWriter target) : IAsyncDisposable
{
    /// <summary>A node that says more than this before it is ready has said enough.</summary>
    private const int HeldBackMax = 100;

    private readonly Lock _lock = new();
    private readonly Queue<LogLine> _heldBack = new();
    private readonly LogWriter _writer = new(target);
    private volatile LogSettings _settings = settings;
    private bool _hasStarted;

    /// <summary>Other settings may be used now; on the thread that brought them.</summary>
    public event Action? Changed;

    public LogSettings Settings
    {
        get => _settings;
        set
        {
            _settings = value;
            Changed?.Invoke();
        }
    }

    /// <summary>From now on everything at or above the level is written.</summary>
    public void Started()
    {
        lock (_lock)
        {
            _hasStarted = true;
            while (_heldBack.TryDequeue(out var line))
            {
                Write(line);
            }
        }
    }

    /// <param name="isOurs">What our own actors say once, such as who decides, must not get lost because they were quick: it is written when the
    /// node has started. Until then what Akka says is dropped.</param>
    public void Add(LogLine line, bool isOurs)
    {
        if (line.Level < Settings.Level)
        {
            return;
        }

        lock (_lock)
        {
            if (_hasStarted)
            {
                Write(line);
            }
            else if (isOurs && _heldBack.Count < HeldBackMax)
            {
                _heldBack.Enqueue(line);
            }
        }
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private void Write(LogLine line) => _writer.Write(line.As(_settings.Format));
}

/// <summary>Hands the node's log to its logger.</summary>
internal sealed class NodeLoggingSetup(NodeLogging logging) : Setup
{
    public NodeLogging Logging => logging;
}
