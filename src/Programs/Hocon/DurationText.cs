using System.Buffers;

namespace AkkaLb.Programs.Hocon;

/// <summary>Durations as HOCON writes them: a decimal number and a unit, both required.</summary>
internal static class DurationText
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var unitStart = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
        if (unitStart <= 0 || TicksOf(text[unitStart..].Trim()) is not { } unit) return false;
        if (!NumberText.TryDecimal(text[..unitStart], out var count)) return false;
        // Decimal, so that 0.1s is exactly a million ticks; compared before it is multiplied, so that nothing overflows.
        if (count >= long.MaxValue / unit) return false;
        duration = TimeSpan.FromTicks((long)(count * unit));
        return true;
    }

    /// <summary>The shortest form people would write: milliseconds below a second, seconds up to two minutes, then larger units.</summary>
    public static string Format(TimeSpan duration)
    {
        var (ticks, unit) = duration switch
        {
            { Ticks: var t } when t % TimeSpan.TicksPerSecond != 0 => (TimeSpan.TicksPerMillisecond, "ms"),
            { TotalDays: >= 2 } when duration.Ticks % TimeSpan.TicksPerDay == 0 => (TimeSpan.TicksPerDay, "d"),
            { TotalHours: >= 2 } when duration.Ticks % TimeSpan.TicksPerHour == 0 => (TimeSpan.TicksPerHour, "h"),
            { TotalMinutes: >= 2 } when duration.Ticks % TimeSpan.TicksPerMinute == 0 => (TimeSpan.TicksPerMinute, "m"),
            _ => (TimeSpan.TicksPerSecond, "s"),
        };
        return FormattableString.Invariant($"{(decimal)duration.Ticks / ticks:0.####} {unit}");
    }

    // A tick is 100 ns.
    private static decimal? TicksOf(string unit) => unit switch
    {
        "ns" or "nano" or "nanos" or "nanosecond" or "nanoseconds" => 0.01m,
        "us" or "micro" or "micros" or "microsecond" or "microseconds" => TimeSpan.TicksPerMicrosecond,
        "ms" or "milli" or "millis" or "millisecond" or "milliseconds" => TimeSpan.TicksPerMillisecond,
        "s" or "second" or "seconds" => TimeSpan.TicksPerSecond,
        "m" or "minute" or "minutes" => TimeSpan.TicksPerMinute,
        "h" or "hour" or "hours" => TimeSpan.TicksPerHour,
        "d" or "day" or "days" => TimeSpan.TicksPerDay,
        _ => null,
    };
}
