using System.Buffers;
using System.Text;

namespace AkkaLb.BuiltInJobs.Words;

/// <summary>Decides where a chunk may end.</summary>
internal static class ChunkBoundary
{
    /// <summary>How far back, in bytes, to look for a space. Longer than nearly every word; in text without spaces the search costs little.</summary>
    private const int SpaceWindow = 256;

    private static readonly SearchValues<byte> AsciiSpaces = SearchValues.Create(" \t\n\v\f\r"u8);

    /// <summary>The length of the longest good chunk at the start of <paramref name="bytes"/>, when more bytes follow.</summary>
    /// <remarks>
    /// A cut changes the count only if a well-formed character spans it. Right after an ASCII byte none can, and ending at a space also keeps words
    /// whole. Otherwise the cut goes before an unfinished character at the very end, if there is one: at most 3 bytes back, whatever follows.
    /// Stray continuation bytes may be cut anywhere, since each of them is an error of its own on either side.
    /// </remarks>
    /// <param name="bytes">At least 4 bytes, so that the answer is positive.</param>
    internal static int Choose(ReadOnlySpan<byte> bytes)
    {
        var windowStart = bytes.Length - Math.Min(SpaceWindow, bytes.Length / 2);
        var space = bytes[windowStart..].LastIndexOfAny(AsciiSpaces);
        if (space >= 0)
        {
            return windowStart + space + 1;
        }

        var isUnfinished = Rune.DecodeLastFromUtf8(bytes, out _, out var tail) == OperationStatus.NeedMoreData;
        return isUnfinished ? bytes.Length - tail : bytes.Length;
    }
}
