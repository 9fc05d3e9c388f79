using AkkaLb.BuiltInJobs.Words;

namespace AkkaLb.BuiltInJobs.Tests.Words;

/// <summary>The rules read aloud, one character after the other: slow, and sharing only the table of printable ranges with the counter.</summary>
internal static class NaiveWordCount
{
    private static readonly int[] Spaces =
    [
        0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0xA0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A,
        0x202F, 0x205F, 0x2060, 0x3000,
    ];

    public static long Of(byte[] bytes)
    {
        var words = 0L;
        var inWord = false;
        for (var at = 0; at < bytes.Length;)
        {
            var (codePoint, length) = Decode(bytes, at);
            at += length;
            if (Spaces.Contains(codePoint))
            {
                words += inWord ? 1 : 0;
                inWord = false;
            }
            else if (IsPrintable(codePoint))
            {
                inWord = true;
            }
        }

        return words + (inWord ? 1 : 0);
    }

    /// <summary>True if a well-formed character has bytes on both sides of the cut.</summary>
    public static bool IsInsideCharacter(byte[] bytes, int cut) =>
        Enumerable.Range(1, 3).Any(back => cut >= back && Decode(bytes, cut - back) is (>= 0, var length) && length > back);

    /// <summary>The character at a position, or -1 and a length of one byte where there is none (RFC 3629, section 4).</summary>
    private static (int CodePoint, int Length) Decode(byte[] bytes, int at)
    {
        var lead = bytes[at];
        var (length, smallest, leadBits) = lead switch
        {
            < 0x80 => (1, 0, 0x7F),
            >= 0xC0 and < 0xE0 => (2, 0x80, 0x1F),
            >= 0xE0 and < 0xF0 => (3, 0x800, 0x0F),
            >= 0xF0 and < 0xF8 => (4, 0x10000, 0x07),
            _ => (0, 0, 0),
        };
        if (length == 0 || at + length > bytes.Length)
        {
            return (-1, 1);
        }

        var codePoint = lead & leadBits;
        foreach (var tail in bytes.AsSpan(at + 1, length - 1))
        {
            if ((tail & 0xC0) != 0x80)
            {
                return (-1, 1);
            }

            codePoint = (codePoint << 6) | (tail & 0x3F);
        }

        return codePoint < smallest || codePoint is (>= 0xD800 and <= 0xDFFF) or > 0x10FFFF ? (-1, 1) : (codePoint, length);
    }

    private static bool IsPrintable(int codePoint)
    {
        var ranges = PrintableRanges.FirstAndLast;
        for (var i = 0; i < ranges.Length; i += 2)
        {
            if (codePoint >= ranges[i] && codePoint <= ranges[i + 1])
            {
                return true;
            }
        }

        return false;
    }
}
