using System.Text;
using AkkaLb.BuiltInJobs.Words;

namespace AkkaLb.BuiltInJobs.Tests.Words;

public class WordCounterTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData(" \t\r\n\v\f", 0)]
    [InlineData("one", 1)]
    [InlineData("  one two\n", 2)]
    [InlineData("one\ttwo\rthree\nfour\vfive\fsix", 6)]
    [InlineData("don't stop - now!", 4)]
    public void Words_are_what_ascii_white_space_leaves_between(string text, long words) => Assert.Equal(words, Count(text));

    [Theory]
    [InlineData("déjà vu", 2)]
    [InlineData("слово за словом", 3)]
    [InlineData("中文 字", 2)]
    [InlineData("a 😀 b", 3)]
    [InlineData("\uFEFFmark", 1)]
    [InlineData("\u200B", 1)]
    [InlineData("\u00AD", 1)]
    [InlineData("\uE000", 1)]
    public void Any_printable_character_makes_a_word(string text, long words) => Assert.Equal(words, Count(text));

    [Theory]
    [InlineData('\u00A0')]
    [InlineData('\u1680')]
    [InlineData('\u2000')]
    [InlineData('\u2006')]
    [InlineData('\u2007')]
    [InlineData('\u2008')]
    [InlineData('\u200A')]
    [InlineData('\u202F')]
    [InlineData('\u205F')]
    [InlineData('\u2060')]
    [InlineData('\u3000')]
    public void Unicode_spaces_and_no_break_spaces_part_words(char space)
    {
        Assert.Equal(2, Count($"a{space}b"));
        Assert.Equal(0, Count($"{space}{space}"));
    }

    [Theory]
    [InlineData('\0')]
    [InlineData('\u001B')]
    [InlineData('\u007F')]
    [InlineData('\u0085')]
    [InlineData('\u0378')]
    [InlineData('\u2028')]
    [InlineData('\u2029')]
    [InlineData('\uFFFE')]
    public void Characters_that_do_not_print_neither_make_nor_part_words(char neutral)
    {
        Assert.Equal(1, Count($"a{neutral}b"));
        Assert.Equal(0, Count($" {neutral} "));
        Assert.Equal(2, Count($"a{neutral} {neutral}b"));
    }

    [Theory]
    [InlineData("80", "a continuation byte alone")]
    [InlineData("FF", "never a byte of UTF-8")]
    [InlineData("C3", "cut off after one of two")]
    [InlineData("E280", "cut off after two of three")]
    [InlineData("F09F98", "cut off after three of four")]
    [InlineData("C1A1", "an overlong a")]
    [InlineData("E080A0", "an overlong space")]
    [InlineData("F08280A0", "an overlong no-break space")]
    [InlineData("EDA080", "a surrogate")]
    [InlineData("F4908080", "the first value past U+10FFFF")]
    [InlineData("F888808080", "five bytes")]
    public void Bytes_that_are_not_utf8_neither_make_nor_part_words(string hex, string what)
    {
        byte[] invalid = Convert.FromHexString(hex);
        Assert.True(WordCounter.Count(invalid).IsNeutral, what);
        Assert.Equal(1, WordCounter.Count([(byte)'a', .. invalid, (byte)'b']).Words);
        Assert.Equal(0, WordCounter.Count([(byte)' ', .. invalid, (byte)' ']).Words);
    }

    [Fact]
    public void A_lead_byte_does_not_swallow_the_space_after_it() =>
        Assert.Equal(2, WordCounter.Count([(byte)'a', 0xE2, (byte)' ', (byte)'b']).Words);

    [Fact]
    public void Of_282163_printable_code_points_18_are_spaces()
    {
        // The five ASCII controls from tab to carriage return are spaces without being printable.
        var kinds = Enumerable.Range(0, 0x110000).Select(CharacterKinds.Of).ToLookup(kind => kind);
        Assert.Equal(282_163 - 18, kinds[CharacterKind.Word].Count());
        Assert.Equal(18 + 5, kinds[CharacterKind.Space].Count());
    }

    [Fact]
    public void Random_bytes_and_mixtures_get_the_count_of_the_naive_reader()
    {
        for (var seed = 0; seed < 3_000; seed++)
        {
            Check(seed, SeededText.Uniform(seed, lengthMax: 200));
            Check(seed, SeededText.Mixture(seed, piecesMax: 40));
        }

        static void Check(int seed, byte[] bytes) =>
            Assert.True(NaiveWordCount.Of(bytes) == WordCounter.Count(bytes).Words, $"seed {seed}: {Convert.ToHexString(bytes)}");
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        var bytes = SeededText.Mixture(seed: 7, piecesMax: 5_000);
        WordCounter.Count(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        WordCounter.Count(bytes);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static long Count(string text) => WordCounter.Count(Encoding.UTF8.GetBytes(text)).Words;
}
