using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Tests.Hocon;

public sealed class NumberTextTests
{
    public static TheoryData<string> NoNumbers() =>
        ["", " ", "NaN", "Infinity", "-Infinity", "∞", "1e3", "1e-10", "0,5", "1,000", "1.5.2", "0x10", "1_000", "½", "１", "- 1", "1s",
            "99999999999999999999999999999999"];

    [Theory]
    [MemberData(nameof(NoNumbers))]
    public void What_is_not_plain_digits_is_no_number(string text)
    {
        Assert.False(NumberText.TryWhole(text, out _));
        Assert.False(NumberText.TryDecimal(text, out _));
        Assert.False(NumberText.TryDuration(text, TimeSpan.FromSeconds(1), out _));
    }

    [Theory]
    [InlineData("0.1", 1_000_000)]
    [InlineData("0.0000001", 1)]
    [InlineData("0.00000001", 0)]
    [InlineData("-2", -20_000_000)]
    [InlineData("922337203685", 9_223_372_036_850_000_000)]
    public void Seconds_are_exact(string text, long ticks)
    {
        Assert.True(NumberText.TryDuration(text, TimeSpan.FromSeconds(1), out var duration));
        Assert.Equal(ticks, duration.Ticks);
    }

    [Fact]
    public void More_than_a_duration_holds_is_refused() => Assert.False(NumberText.TryDuration("922337203686", TimeSpan.FromSeconds(1), out _));

    [Fact]
    public void A_whole_number_has_no_fraction() => Assert.False(NumberText.TryWhole("1.0", out _));
}
