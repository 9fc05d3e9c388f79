using AkkaLb.Endpoints;

namespace AkkaLb.Etcd.Tests;

public sealed class LogTextTests
{
    [Theory]
    [InlineData("/akkalb/workers/w-1", "/akkalb/workers/w-1")]
    [InlineData("", "")]
    [InlineData("a b é 字 😀", "a b é 字 😀")]
    [InlineData("a\r\nfatal: b", "a\\u000d\\u000afatal: b")]
    [InlineData("\u001b[2J\u0007\0\t\u007f\u0085", "\\u001b[2J\\u0007\\u0000\\u0009\\u007f\\u0085")]
    [InlineData("a\u2028b\u2029c\u202ed\ufeff", "a\\u2028b\\u2029c\\u202ed\\ufeff")]
    [InlineData("\U000E0041", "\\U000e0041")]
    public void What_cannot_be_seen_is_written_as_its_number(string text, string shown) => Assert.Equal(shown, LogText.Of(text));

    [Fact]
    public void Half_a_surrogate_pair_is_replaced() => Assert.Equal("a\ufffdb", LogText.Of("a\ud800b"));

    [Fact]
    public void A_long_text_is_cut()
    {
        Assert.Equal(new string('x', 300), LogText.Of(new string('x', 300)));
        Assert.Equal(new string('x', 300) + "...", LogText.Of(new string('x', 1_000_000)));
        Assert.Equal(new string('x', 299) + "...", LogText.Of(new string('x', 299) + "\r"));
    }
}
