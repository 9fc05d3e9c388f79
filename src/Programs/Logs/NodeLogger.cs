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
    private static readonly (LogLevel Level, Type Type)[] Entries =
    [
        (LogLevel.Debug, typeof(Debug)), (LogLevel.Info, typeof(Info)), (LogLevel.Warning, typeof(Warning)), (LogLevel.Error, typeof(Error)),
    ];

    private readonly Action _onChanged;
    private readonly RareLines _rare = new(quietFor: TimeSpan.FromMinutes(1), linesMax: 1000);

    /// <summary>Switches it on where the actor system has a <see cref="NodeLoggingSetup"/>; put it above everything else.</summary>
    /// <remarks>Akka's own level is fixed where a source is made. So every source makes entries of all levels, and this logger hears those that the
    /// node's log wants: it wants others when its settings change.</remarks>
    public static Config Switch { get; } = ConfigurationFactory.ParseString(
        """
        akka { loglevel = DEBUG, loggers = ["AkkaLb.Programs.Logs.NodeLogger, AkkaLb.Programs"] }
        """);

    public NodeLogger()
    {
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(Log);
        Receive<LevelChanged>(_ => Listen());
        var self = Self;
        _onChanged = () => self.Tell(LevelChanged.Instance);
    }

    protected override void PreStart() => _logging.Changed += _onChanged;

    protected override void PostStop() => _logging.Changed -= _onChanged;

    private void Listen()
    {
        var entries = Context.System.EventStream;
        foreach (var (level, type) in Entries)
        {
            if (level < _logging.Settings.Level)
            {
                entries.Unsubscribe(Self, type);
            }
            else
            {
                entries.Subscribe(Self, type);
            }
        }
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
        if (level < _logging.Settings.Level)
        {
            // Akka has this logger hear everything at its start.
            Listen();
        }
        else if (IsAkkas(e))
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
        if (_logging.Settings.Level == LogLevel.Debug)
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

    private sealed class LevelChanged : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static LevelChanged Instance { get; } = new();
    }
}
