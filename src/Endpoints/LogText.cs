using System.Globalization;
using System.Text;

namespace AkkaLb.Endpoints;

/// <summary>Makes what was read from elsewhere, say from etcd, fit for one line of a log: anybody who may write there could otherwise forge lines, or
/// play with terminals.</summary>
public static class LogText
{
    /// <summary>Longer texts are cut here. A key of etcd's may have a megabyte.</summary>
    public const int LengthMax = 300;

    /// <summary>The text with characters that cannot be seen as <c>\u001b</c>, half a surrogate pair as U+FFFD, and cut to <see cref="LengthMax"/>
    /// characters and <c>...</c> where it is longer.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shown = new StringBuilder(Math.Min(text.Length, LengthMax));
        foreach (var rune in text.EnumerateRunes())
        {
            var next = IsVisible(rune) ? rune.ToString() : Escaped(rune);
            if (shown.Length + next.Length > LengthMax)
            {
                return shown.Append("...").ToString();
            }

            shown.Append(next);
        }

        return shown.ToString();
    }

    /// <summary>Format characters turn the direction of writing around, among other things.</summary>
    private static bool IsVisible(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static string Escaped(Rune rune) => rune.IsBmp
        ? string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}")
        : string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
}
