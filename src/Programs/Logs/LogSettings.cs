namespace AkkaLb.Programs.Logs;

/// <summary>What a program writes to its log, and how.</summary>
/// <param name="Level">Entries below it are not written.</param>
public sealed record LogSettings(LogLevel Level, LogFormat Format)
{
    /// <summary>The names of the levels in HOCON and on the command line, from the lowest.</summary>
    public static IReadOnlyList<string> Levels { get; } = ["debug", "info", "warning", "error", "off"];

    /// <summary>The names of the formats.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["text", "json"];

    internal string LevelName => Levels[(int)Level];

    internal string FormatName => Formats[Format == LogFormat.Json ? 1 : 0];

    /// <summary>Reads both by their names; others than those above are the lowest level, and text.</summary>
    public static LogSettings Of(string level, string format) =>
        new((LogLevel)Math.Max(0, Levels.ToList().IndexOf(level)), format == "json" ? LogFormat.Json : LogFormat.Text);
}

/// <summary>How much a log entry matters.</summary>
public enum LogLevel
{
    /// <summary>For whoever looks for a fault in the program.</summary>
    Debug,

    /// <summary>What an operator may want to know.</summary>
    Info,

    /// <summary>Something does not work; the program tries again, or works without it.</summary>
    Warning,

    /// <summary>Something is wrong that should never be.</summary>
    Error,

    /// <summary>Of settings: nothing is written.</summary>
    Off,
}

/// <summary>How a log entry is written; always on one line.</summary>
public enum LogFormat
{
    /// <summary>For people: time, level, sentence.</summary>
    Text,

    /// <summary>For machines: one JSON object.</summary>
    Json,
}
