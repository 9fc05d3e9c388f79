using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Event;
using Akka.Hosting.Logging;
using Microsoft.Extensions.Logging;

namespace AkkaLb.Hosting;

/// <summary>Hands Akka's log entries to the host's log as they are: time, level and category are the host's to print, once.</summary>
internal sealed class NodeLogger : LoggerFactoryLogger
{
    private readonly ILoggerFactory _factory =
        Context.System.Settings.Setup.Get<LoggerFactorySetup>().Value.LoggerFactory;

    private readonly NodeLogging _logging = Context.System.Settings.Setup.Get<NodeLoggingSetup>().Value.Logging;

    protected override void Log(LogEvent log, ActorPath path)
    {
        var isAkkas = IsAkkas(log);
        if (isAkkas && log.Cause?.GetType().Name == "EndpointDisassociatedException")
        {
            // A lost connection is told once more as a failed association, which says what follows from it.
            return;
        }

        var level = log.LogLevel() switch
        {
            Akka.Event.LogLevel.DebugLevel => Microsoft.Extensions.Logging.LogLevel.Debug,

            // What Akka finds worth telling of its own start and end is no news to an operator.
            Akka.Event.LogLevel.InfoLevel => isAkkas ? Microsoft.Extensions.Logging.LogLevel.Debug : Microsoft.Extensions.Logging.LogLevel.Information,
            Akka.Event.LogLevel.WarningLevel => Microsoft.Extensions.Logging.LogLevel.Warning,
            Akka.Event.LogLevel.ErrorLevel => Microsoft.Extensions.Logging.LogLevel.Error,
        };
        var category = isAkkas ? log.LogSource : log.LogClass?.Name ?? log.LogSource;
        var logger = _factory.CreateLogger(category);
        if (isAkkas && !logger.IsEnabled(Microsoft.Extensions.Logging.LogLevel.Debug))
        {
            // Where Akka puts stack traces into the text, its first line says it all to an operator.
            logger.Log(level, default, log.Message, null, (message, _) => FirstLine(message.ToString()) + Reason(log.Cause));
            return;
        }

        _logging.WriteWhenStarted(() => logger.Log(level, default, log.Message, log.Cause, (message, _) => message.ToString() ?? ""));
    }

    private static bool IsAkkas(LogEvent log) =>
        log.LogClass?.Assembly.GetName().Name is { } name && (name == "Akka" || name.StartsWith("Akka.", StringComparison.Ordinal));

    private static string FirstLine(string? text) => text?.Split('\n', 2)[0].TrimEnd('\r') ?? "";

    private static string Reason(Exception? cause) => cause is null ? "" : $" ({cause.GetType().Name}: {FirstLine(cause.Message)})";
}

/// <summary>Hands the node's log to its logger.</summary>
internal sealed class NodeLoggingSetup(NodeLogging logging) : Setup
{
    public NodeLogging Logging => logging;
}
