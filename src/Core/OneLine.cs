using System.Text;

namespace AkkaLb.Core;

/// <summary>Makes a text from elsewhere fit for one line of a log, a message or a registry value.</summary>
public static class OneLine
{
    /// <summary>
    /// The text with each run of line breaks and other control characters as one blank, half a surrogate pair as U+FFFD, and cut to
    /// <paramref name="lengthMax"/> characters, the last three of them <c>...</c>, where it is longer.
    /// </summary>
    /// <param name="lengthMax">At least 3.</param>
    public static string Of(string text, int lengthMax)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(lengthMax, 3);
        var line = new StringBuilder(Math.Min(text.Length, lengthMax));
        var isGap = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029)
            {
                isGap = line.Length > 0;
                continue;
            }

            var shown = (isGap ? " " : "") + rune;
            if (line.Length + shown.Length > lengthMax)
            {
                // Room for the dots, without cutting a surrogate pair in half.
                var keep = Math.Min(line.Length, lengthMax - 3);
                line.Length = keep > 0 && char.IsHighSurrogate(line[keep - 1]) ? keep - 1 : keep;
                return line.Append("...").ToString();
            }

            line.Append(shown);
            isGap = false;
        }

        return line.ToString();
    }
}
