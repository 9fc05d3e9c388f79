namespace AkkaLb.BuiltInJobs.Words;

/// <summary>Tells word characters, spaces and neutral characters apart as <c>wc</c> 9.1 does; see <see cref="WordCounter"/>.</summary>
internal static class CharacterKinds
{
    private const int BitsPerEntry = 64;

    /// <summary>The kind of each ASCII character, as a number.</summary>
    private static ReadOnlySpan<byte> AsciiKinds =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, // the controls from tab to carriage return
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, // the space
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, // DEL
    ];

    /// <summary>One bit for each code point, set for word characters: 136 KiB, of which any one script touches a few cache lines.</summary>
    private static readonly ulong[] WordBits = BuildWordBits();

    /// <param name="codePoint">A Unicode scalar value: 0 to 0x10FFFF.</param>
    internal static CharacterKind Of(int codePoint) =>
        codePoint < 0x80 ? OfAscii((byte)codePoint)
        : (WordBits[codePoint / BitsPerEntry] >> (codePoint % BitsPerEntry) & 1) != 0 ? CharacterKind.Word
        : IsSpace(codePoint) ? CharacterKind.Space
        : CharacterKind.Neutral;

    /// <param name="ascii">0 to 0x7F.</param>
    internal static CharacterKind OfAscii(byte ascii) => (CharacterKind)AsciiKinds[ascii];

    /// <remarks>
    /// The non-ASCII <c>iswspace</c> of glibc, plus the four no-break spaces <c>wc</c> names itself: U+00A0, U+2007, U+202F, U+2060. The line and
    /// paragraph separators U+2028 and U+2029 are left out: <c>wc</c> 9.1 asks <c>iswspace</c> only about printable characters, and they are not.
    /// U+0085 is no space to glibc.
    /// </remarks>
    private static bool IsSpace(int codePoint) =>
        codePoint is 0x00A0 or 0x1680 or (>= 0x2000 and <= 0x200A) or 0x202F or 0x205F or 0x2060 or 0x3000;

    private static ulong[] BuildWordBits()
    {
        var bits = new ulong[0x110000 / BitsPerEntry];
        var ranges = PrintableRanges.FirstAndLast;
        for (var i = 0; i < ranges.Length; i += 2)
        {
            for (var codePoint = ranges[i]; codePoint <= ranges[i + 1]; codePoint++)
            {
                if (!IsSpace(codePoint))
                {
                    bits[codePoint / BitsPerEntry] |= 1UL << (codePoint % BitsPerEntry);
                }
            }
        }

        return bits;
    }
}
