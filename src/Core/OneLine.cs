using System.Globalization;
using System.Text;

namespace AkkaLb.Core;

/// <summary>Makes a text from elsewhere fit for one line of a log, a message or a registry value: whoever wrote it could otherwise forge lines,
/// or play with terminals.</summary>
public static class OneLine
{
    /// <summary>The text with its line breaks, and the blanks around them, as one blank; a tab as a blank; other characters that cannot be seen as
    /// <c>\u001b</c>; half a surrogate pair as U+FFFD; nothing blank at either end. Applied twice, it changes nothing more.</summary>
    /// <param name="lengthMax">At least 3. A longer text is cut to so many characters, the last three of them <c>...</c>.</param>
    public static string Of(string text, int lengthMax = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(lengthMax, 3);
        var line = new StringBuilder(Math.Min(text.Length, lengthMax));
        var isBreak = false;
        foreach (var rune in text.AsSpan().Trim().EnumerateRunes())
        {
            if (IsBreak(rune) || (isBreak && Rune.IsWhiteSpace(rune)))
            {
                isBreak = true;
                continue;
            }

            if (isBreak)
            {
                while (line.Length > 0 && char.IsWhiteSpace(line[^1]))
                {
                    line.Length--;
                }

                line.Append(' ');
                isBreak = false;
            }

            line.Append(IsVisible(rune) ? rune.ToString() : Escaped(rune));
            if (line.Length > lengthMax)
            {
                Cut(line, lengthMax - 3);
                return line.Append("...").ToString();
            }
        }

        return line.ToString();
    }

    /// <summary>Without cutting a surrogate pair in half.</summary>
    private static void Cut(StringBuilder line, int length) =>
        line.Length = length > 0 && char.IsHighSurrogate(line[length - 1]) ? length - 1 : length;

    private static bool IsBreak(Rune rune) => rune.Value is '\r' or '\n' or '\v' or '\f' or 0x85 or 0x2028 or 0x2029;

    /// <summary>Format characters turn the direction of writing around, among other things.</summary>
    private static bool IsVisible(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static string Escaped(Rune rune) => rune.Value == '\t' ? " " : rune.IsBmp
        ? string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}")
        : string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
}
