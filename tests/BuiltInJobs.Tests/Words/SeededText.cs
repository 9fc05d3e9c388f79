using System.Text;

namespace AkkaLb.BuiltInJobs.Tests.Words;

/// <summary>Bytes that mix what texts hold with what they should not: the same seed gives the same bytes.</summary>
internal static class SeededText
{
    private static readonly int[] Notable =
    [
        0x85, 0xA0, 0xAD, 0xE9, 0x378, 0x1680, 0x2000, 0x2003, 0x2007, 0x200A, 0x200B, 0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x3000, 0x4E2D,
        0xD800, 0xDFFF, 0xE000, 0xFEFF, 0xFFFE, 0x1F600, 0x10FFFD, 0x10FFFF, 0x110000,
    ];

    public static byte[] Uniform(int seed, int lengthMax)
    {
        var random = new Random(seed);
        var bytes = new byte[random.Next(lengthMax + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    public static byte[] Mixture(int seed, int piecesMax)
    {
        var random = new Random(seed);
        var bytes = new List<byte>();
        for (var pieces = random.Next(piecesMax + 1); pieces > 0; pieces--)
        {
            bytes.AddRange(Piece(random));
        }

        return [.. bytes];
    }

    private static byte[] Piece(Random random) => random.Next(9) switch
    {
        0 => [(byte)random.Next(256)],
        1 => [(byte)random.Next(0x21)],
        2 => [(byte)' '],
        3 => Encoding.ASCII.GetBytes("words"[..random.Next(1, 6)]),
        4 => Encode(Notable[random.Next(Notable.Length)]),
        5 => Encode(random.Next(0x110000)),
        6 => Truncated(random, Encode(Notable[random.Next(Notable.Length)])),
        7 => Continuations(random),
        _ => [(byte)random.Next(0xC0, 0x100), .. Continuations(random)],
    };

    private static byte[] Truncated(Random random, byte[] character) => character[..random.Next(1, character.Length + 1)];

    private static byte[] Continuations(Random random) =>
        [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => (byte)random.Next(0x80, 0xC0))];

    /// <summary>The bit pattern of UTF-8 for any number up to 0x1FFFFF, also those that are no characters.</summary>
    public static byte[] Encode(int codePoint) => codePoint switch
    {
        < 0x80 => [(byte)codePoint],
        < 0x800 => [(byte)(0xC0 | (codePoint >> 6)), Tail(codePoint)],
        < 0x10000 => [(byte)(0xE0 | (codePoint >> 12)), Tail(codePoint >> 6), Tail(codePoint)],
        _ => [(byte)(0xF0 | (codePoint >> 18)), Tail(codePoint >> 12), Tail(codePoint >> 6), Tail(codePoint)],
    };

    private static byte Tail(int bits) => (byte)(0x80 | (bits & 0x3F));
}
