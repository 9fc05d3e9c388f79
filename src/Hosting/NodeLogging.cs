using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace AkkaLb.Hosting;

/// <summary>The log of a node: on standard error, one line an entry, silent until the node has started.</summary>
/// <remarks>While a node starts, what goes wrong is told in one line of its own; Akka's view of the same trouble, stack trace included, would bury it.</remarks>
public sealed class NodeLogging(LogLevel level)
{
    /// <summary>A node that says more than this before it is ready has said enough.</summary>
    private const int HeldBackMax = 100;

    private readonly Lock _lock = new();
    private readonly Queue<Action> _heldBack = new();
    private volatile bool _hasStarted;

    /// <summary>From now on everything at or above the level is written.</summary>
    public void Started()
    {
        lock (_lock)
        {
            _hasStarted = true;
            while (_heldBack.TryDequeue(out var write))
            {
                write();
            }
        }
    }

    /// <summary>Writes now, or when the node has started: what our own actors say once, such as who decides, must not get lost because they were quick.</summary>
    public void WriteWhenStarted(Action write)
    {
        lock (_lock)
        {
            if (_hasStarted)
            {
                write();
            }
            else if (_heldBack.Count < HeldBackMax)
            {
                _heldBack.Enqueue(write);
            }
        }
    }

    public void Configure(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(level);
        logging.AddFilter((category, entry) => entry >= level && _hasStarted && category?.StartsWith("Microsoft.", StringComparison.Ordinal) != true);
        logging.AddSimpleConsole(o =>
        {
            o.SingleLine = true;
            o.TimestampFormat = "HH:mm:ss.fff ";
            o.ColorBehavior = LoggerColorBehavior.Default;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>Reads a level by its name in HOCON.</summary>
    public static LogLevel Parse(string name) => name switch
    {
        "debug" => LogLevel.Debug,
        "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => LogLevel.Information,
    };
}
