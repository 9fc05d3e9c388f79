using System.Buffers;
using System.Text;

namespace AkkaLb.BuiltInJobs.Words;

/// <summary>Counts the words in a piece of a file.</summary>
/// <remarks>
/// <para>The totals are those of GNU coreutils 9.1 with glibc 2.36, <c>LC_ALL=C.UTF-8 wc -w</c> without <c>POSIXLY_CORRECT</c>, for any bytes.
/// A word is a run of printable characters that are not spaces. Everything else is <em>neutral</em>: <c>wc</c> steps over it and stays in or
/// out of the word as it was. So <c>"a\0b"</c> is one word, <c>"\0"</c> is none, and a space still ends a word after any number of neutral bytes.
/// Neutral are control characters, unassigned code points, the separators U+2028 and U+2029, and every byte that is not part of well-formed
/// UTF-8 (overlong forms, surrogates, values past U+10FFFF and cut-off sequences included).</para>
/// <para>Later coreutils, from the one that decodes with <c>mbrtoc32</c> on, differ in neutral characters only: by their source, U+2028 and
/// U+2029 are spaces, and the rest, undecodable bytes included, is part of words. Other text gets the same count from both.</para>
/// </remarks>
public static class WordCounter
{
    /// <summary>Counts one piece; one pass, no allocation. Thread-safe.</summary>
    /// <param name="chunk">Any bytes, none included. Pieces of one file add up if no character is cut in two, which <see cref="ChunkSplitter"/>
    /// takes care of; the halves of a cut character would be neutral.</param>
    public static WordSummary Count(ReadOnlySpan<byte> chunk)
    {
        var words = 0L;
        int startsInWord = 0, inWord = 0, hasSpace = 0;

        for (var i = 0; i < chunk.Length;)
        {
            CharacterKind kind;
            if (chunk[i] < 0x80)
            {
                kind = CharacterKinds.OfAscii(chunk[i]);
                i++;
            }
            else
            {
                kind = NonAscii(chunk[i..], out var length);
                i += length;
            }

            // Arithmetic on 0 and 1, no branches: where a word ends is what a branch predictor cannot know.
            int isWord = (int)kind >> 1, isSpace = (int)kind & 1;
            var isFirstOfWord = isWord & ~inWord;
            words += isFirstOfWord;
            startsInWord |= isFirstOfWord & ~hasSpace;
            hasSpace |= isSpace;
            inWord = isWord | (inWord & ~isSpace);
        }

        return new WordSummary(words, startsInWord != 0, inWord != 0, hasSpace != 0);
    }

    /// <remarks>
    /// On an error <see cref="Rune"/> skips the longest prefix of a character it saw, where <c>wc</c> skips one byte. That prefix is a lead byte and
    /// continuation bytes, and a continuation byte alone is an error too: both end up at the same place, having counted nothing.
    /// </remarks>
    private static CharacterKind NonAscii(ReadOnlySpan<byte> bytes, out int length) =>
        Rune.DecodeFromUtf8(bytes, out var rune, out length) == OperationStatus.Done
            ? CharacterKinds.Of(rune.Value)
            : CharacterKind.Neutral;
}
