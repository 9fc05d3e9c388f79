using System.Globalization;

namespace AkkaLb.Programs.Hocon;

/// <summary>Numbers as people write them to us, in files and on the command line: decimal digits, a point before a fraction, a sign. No thousands
/// separators, exponents, infinities or NaN, whatever the machine's language.</summary>
public static class NumberText
{
    public static bool TryWhole(string? text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    public static bool TryDecimal(string? text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);

    /// <summary>A bare number of <paramref name="unit"/>s as a duration.</summary>
    /// <returns>False where it is no number, or more than a <see cref="TimeSpan"/> holds.</returns>
    public static bool TryDuration(string? text, TimeSpan unit, out TimeSpan duration)
    {
        duration = default;

        // Decimal, so that 0.1 s is exactly a million ticks; compared before it is multiplied, so that nothing overflows.
        if (!TryDecimal(text, out var count) || Math.Abs(count) >= (decimal)long.MaxValue / unit.Ticks)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)(count * unit.Ticks));
        return true;
    }
}
