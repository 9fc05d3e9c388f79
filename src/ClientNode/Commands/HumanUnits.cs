using System.Globalization;

namespace AkkaLb.ClientNode.Commands;

/// <summary>Sizes and times for people: two figures or three, and a unit that fits.</summary>
internal static class HumanUnits
{
    private static readonly string[] Binary = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Such as <c>110 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1024 && unit < Binary.Length - 1; unit++)
        {
            value /= 1024;
        }

        return $"{Figures(value, isWhole: unit == 0)} {Binary[unit]}";
    }

    /// <summary>Such as <c>850 us</c>, <c>2.0 ms</c> or <c>75 s</c>.</summary>
    public static string Time(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 1 => $"{Figures(time.TotalMicroseconds, isWhole: true)} us",
        < 1000 => $"{Figures(time.TotalMilliseconds)} ms",
        _ => $"{Figures(time.TotalSeconds)} s",
    };

    /// <summary>A time that may be long, cut to its largest units: <c>12 s</c>, <c>12 min</c>, <c>3 h 5 min</c> or <c>9 d 4 h</c>.</summary>
    public static string Age(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => Invariant($"{time.Seconds} s"),
        { TotalHours: < 1 } => Invariant($"{time.Minutes} min"),
        { TotalDays: < 1 } => Invariant($"{time.Hours} h {time.Minutes} min"),
        _ => Invariant($"{time.Days} d {time.Hours} h"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Figures(double value, bool isWhole = false) =>
        value.ToString(isWhole || value >= 9.95 ? "0" : "0.0", CultureInfo.InvariantCulture);
}
