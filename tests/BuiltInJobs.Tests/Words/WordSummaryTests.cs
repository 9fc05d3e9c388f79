using AkkaLb.BuiltInJobs.Words;

namespace AkkaLb.BuiltInJobs.Tests.Words;

public class WordSummaryTests
{
    /// <summary>Every text of up to five characters that are each a word, a space or neutral: 364 of them.</summary>
    private static readonly byte[][] ShortTexts = [.. Enumerable.Range(0, 6).SelectMany(Texts)];

    private static readonly WordSummary[] Summaries = [.. ShortTexts.Select(text => WordCounter.Count(text)).Distinct()];

    [Fact]
    public void No_bytes_and_the_default_are_neutral()
    {
        Assert.Equal(WordSummary.Neutral, WordCounter.Count([]));
        Assert.Equal(WordSummary.Neutral, default);
        Assert.True(WordSummary.Neutral.IsNeutral);
    }

    [Fact]
    public void A_space_alone_is_not_neutral_because_it_parts_its_neighbours()
    {
        var word = WordCounter.Count("a"u8);
        Assert.False(WordCounter.Count(" "u8).IsNeutral);
        Assert.Equal(2, WordSummary.Total([word, WordCounter.Count(" "u8), word]));
        Assert.Equal(1, WordSummary.Total([word, WordCounter.Count("\0"u8), word]));
    }

    [Fact]
    public void Summaries_say_what_touches_their_edges()
    {
        Assert.Equal(new WordSummary(1, StartsInWord: true, EndsInWord: true, HasSpace: false), WordCounter.Count("ab"u8));
        Assert.Equal(new WordSummary(1, StartsInWord: true, EndsInWord: false, HasSpace: true), WordCounter.Count("ab "u8));
        Assert.Equal(new WordSummary(1, StartsInWord: false, EndsInWord: true, HasSpace: true), WordCounter.Count(" ab"u8));
        Assert.Equal(new WordSummary(2, StartsInWord: true, EndsInWord: true, HasSpace: true), WordCounter.Count("\0a b\0"u8));
        Assert.Equal(new WordSummary(0, StartsInWord: false, EndsInWord: false, HasSpace: true), WordCounter.Count("\n"u8));
    }

    [Fact]
    public void A_word_across_many_pieces_counts_once() =>
        Assert.Equal(3, WordSummary.Total([WordCounter.Count("one tw"u8), WordCounter.Count("o"u8), default, WordCounter.Count("oo three"u8)]));

    [Fact]
    public void The_total_of_no_pieces_is_0() => Assert.Equal(0, WordSummary.Total([]));

    [Fact]
    public void Neutral_is_the_identity_on_both_sides() =>
        Assert.All(Summaries, summary =>
        {
            Assert.Equal(summary, WordSummary.Neutral.Then(summary));
            Assert.Equal(summary, summary.Then(WordSummary.Neutral));
        });

    [Fact]
    public void Joining_is_associative()
    {
        foreach (var a in Summaries)
        {
            foreach (var b in Summaries)
            {
                Assert.All(Summaries, c => Assert.Equal(a.Then(b).Then(c), a.Then(b.Then(c))));
            }
        }
    }

    [Fact]
    public void Counting_two_texts_and_joining_is_counting_them_joined()
    {
        foreach (var left in ShortTexts)
        {
            foreach (var right in ShortTexts)
            {
                Assert.Equal(WordCounter.Count([.. left, .. right]), WordCounter.Count(left).Then(WordCounter.Count(right)));
            }
        }
    }

    private static IEnumerable<byte[]> Texts(int length) =>
        length == 0 ? [[]] : Texts(length - 1).SelectMany(text => "a \0"u8.ToArray(), (text, next) => (byte[])[.. text, next]);
}
