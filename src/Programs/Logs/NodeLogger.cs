using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using AkkaLb.Endpoints;

namespace AkkaLb.Programs.Logs;

/// <summary>Hands an actor system's log entries to the node's log. What our own classes write goes there as it is; of Akka's own entries those
/// that an operator needs, in plain words, see <see cref="AkkaLines"/>.</summary>
internal sealed class NodeLogger : ReceiveActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly NodeLogging _logging = Context.System.Settings.Setup.Get<NodeLoggingSetup>().Value.Logging;
    private readonly RareLines _rare = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 1000);

    /// <summary>Switches it on where the actor system has a <see cref="NodeLoggingSetup"/>; put it above everything else.</summary>
    /// <param name="level">Entries below it are not made.</param>
    public static Config At(LogLevel level) => ConfigurationFactory.ParseString(
        $$"""
        akka { loglevel = {{(level == LogLevel.Off ? LogLevel.Error : level)}}, loggers = ["AkkaLb.Programs.Logs.NodeLogger, AkkaLb.Programs"] }
        """);

    public NodeLogger()
    {
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(Log);
    }

    private void Log(LogEvent e)
    {
        var level = e.LogLevel() switch
        {
            Akka.Event.LogLevel.DebugLevel => LogLevel.Debug,
            Akka.Event.LogLevel.InfoLevel => LogLevel.Info,
            Akka.Event.LogLevel.WarningLevel => LogLevel.Warning,
            _ => LogLevel.Error,
        };
        if (IsAkkas(e))
        {
            LogAkkas(e, level);
        }
        else
        {
            _logging.Add(new LogLine(At(e), level, e.LogClass?.Name ?? e.LogSource, e.Message?.ToString() ?? "", e.Cause), isOurs: true);
        }
    }

    private void LogAkkas(LogEvent e, LogLevel level)
    {
        var text = e.Message?.ToString() ?? "";
        if (_logging.IsDebug)
        {
            _logging.Add(new LogLine(At(e), level, e.LogSource, text, e.Cause), isOurs: false);
            return;
        }

        var (template, arguments) = e.Message is LogMessage message ? (message.Format, message.Parameters().ToArray()) : (text, []);
        if (AkkaLines.Judge(level, template, arguments, text, e.Cause) is var (told, sentence)
            && _rare.Say(sentence, Context.System.Scheduler.MonotonicClock) is { } line)
        {
            _logging.Add(new LogLine(At(e), told, e.LogSource, line, null), isOurs: false);
        }
    }

    private static DateTimeOffset At(LogEvent e) => new(e.Timestamp.ToUniversalTime());

    private static bool IsAkkas(LogEvent e) =>
        e.LogClass?.Assembly.GetName().Name is { } name && (name == "Akka" || name.StartsWith("Akka.", StringComparison.Ordinal));
}
