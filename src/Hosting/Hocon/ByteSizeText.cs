using System.Globalization;

namespace AkkaLb.Hosting.Hocon;

/// <summary>Sizes: a whole number of bytes, or of a unit that says whether it counts in thousands or in 1024s.</summary>
internal static class ByteSizeText
{
    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1),
    ];

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var unitStart = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var unit = unitStart < 0 ? "B" : text[unitStart..].Trim();
        var factor = Units.FirstOrDefault(known => known.Unit == unit).Bytes;
        var digits = unitStart < 0 ? text : text[..unitStart];
        if (factor == 0 || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return false;
        if (count > long.MaxValue / factor) return false;
        bytes = count * factor;
        return true;
    }

    public static string Format(long bytes)
    {
        var (unit, factor) = Units.First(known => (bytes != 0 && bytes % known.Bytes == 0) || known.Bytes == 1);
        return $"{bytes / factor} {unit}";
    }
}
