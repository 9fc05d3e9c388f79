using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaLb.Core;

namespace AkkaLb.Programs.Logs;

/// <summary>One entry of a log.</summary>
/// <param name="Source">The class, or the path of the actor, that wrote it.</param>
/// <param name="Cause">What went wrong, with its stack trace; null for most.</param>
internal sealed record LogLine(DateTimeOffset At, LogLevel Level, string Source, string Text, Exception? Cause)
{
    /// <summary>Longer texts are cut: a log is read by people, and by programs with limits.</summary>
    private const int LengthMax = 8_000;

    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private string Time => At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private string LevelName => Level == LogLevel.Warning ? "warn" : LogSettings.Levels[(int)Level];

    /// <summary>The entry without the line's end.</summary>
    public string As(LogFormat format) => format switch
    {
        LogFormat.Text => $"{Time} {LevelName}: {OneLine.Of(Cause is null ? Text : $"{Text} ({Cause})", LengthMax)}",
        LogFormat.Json => Json(Level < LogLevel.Warning ? null : LogEvents.All.Of(Text)),
    };

    /// <param name="kind">Null: it needs nobody.</param>
    private string Json(LogEventId? kind) => JsonSerializer.Serialize(
        new
        {
            time = Time,
            level = LevelName,
            eventId = kind?.Number,
            @event = kind?.Name,
            message = OneLine.Of(Text, LengthMax),
            source = OneLine.Of(Source, LengthMax),
            exception = Cause is null ? null : Cause.ToString() is { Length: > LengthMax } trace ? trace[..LengthMax] : Cause.ToString(),
        },
        JsonOptions);
}
