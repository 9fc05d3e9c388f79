namespace AkkaLb.Core.Tests;

public sealed class OneLineTests
{
    [Theory]
    [InlineData("a\r\n  b\nc", "a b c")]
    [InlineData("a \u2028\u0085 b", "a b")]
    [InlineData("\n a b \n", "a b")]
    [InlineData("a  b", "a  b")]
    [InlineData("a\tb", "a b")]
    public void Line_breaks_become_one_space(string text, string expected) => Assert.Equal(expected, OneLine.Of(text));

    [Theory]
    [InlineData("\u001b[2J", "\\u001b[2J")]
    [InlineData("a\u202eb", "a\\u202eb")]
    [InlineData("a\0b", "a\\u0000b")]
    [InlineData("\U000e0001x", "\\U000e0001x")]
    public void What_cannot_be_seen_is_escaped(string text, string expected) => Assert.Equal(expected, OneLine.Of(text));

    [Theory]
    [InlineData("abcd", 4, "abcd")]
    [InlineData("abcde", 4, "a...")]
    [InlineData("ab\u001bd", 5, "ab...")]
    [InlineData("\U0001f600\U0001f600", 4, "\U0001f600\U0001f600")]
    [InlineData("\U0001f600\U0001f600x", 4, "...")]
    public void A_longer_text_is_cut_to_the_bound_and_says_so(string text, int lengthMax, string expected) =>
        Assert.Equal(expected, OneLine.Of(text, lengthMax));

    [Fact]
    public void Half_a_character_becomes_the_replacement_character() => Assert.Equal("a\ufffdb", OneLine.Of("a\ud800b"));

    [Theory]
    [InlineData("a\n\t b\u001b \r\n")]
    [InlineData("  a  \u2028  b  ")]
    public void Applied_twice_it_changes_nothing_more(string text) => Assert.Equal(OneLine.Of(text), OneLine.Of(OneLine.Of(text)));
}
