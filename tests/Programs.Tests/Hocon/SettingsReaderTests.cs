using Akka.Configuration;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Tests.Hocon;

public class SettingsReaderTests
{
    [Theory]
    [InlineData("100ms", 100)]
    [InlineData("10 ms", 10)]
    [InlineData("1.5s", 1500)]
    [InlineData("2 minutes", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("250 us", 0.25)]
    [InlineData("\"5s\"", 5000)]
    public void A_duration_is_a_number_and_a_unit(string text, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Parse(text).ReadDuration("a"));

    [Theory]
    [InlineData("5")]
    [InlineData("-5s")]
    [InlineData("s")]
    [InlineData("1e3 s")]
    [InlineData("1.2.3s")]
    [InlineData("5 S")]
    [InlineData("99999999999999999999999999 d")]
    [InlineData("[5s]")]
    public void Anything_else_is_no_duration(string text) =>
        Assert.StartsWith("a = ", Assert.Single(
            Assert.Throws<SettingsException>(() => Parse(text).ReadDuration("a")).Problems), StringComparison.Ordinal);

    [Fact]
    public void Lists_maps_numbers_and_switches_are_read_as_written()
    {
        Assert.Equal(["x", "y z"], Parse("[x, y z]").ReadTextList("a"));
        Assert.Equal("2", Parse("{ \"k.1\" = 2 }").ReadTextMap("a")["k.1"]);
        Assert.Equal(-7, Parse("-7").ReadInt("a"));
        Assert.Equal(3_000_000_000, Parse("3000000000").ReadLong("a"));
        Assert.Equal(0.25, Parse("0.25").ReadFraction("a"));
        Assert.True(Parse("on").ReadBool("a"));
    }

    [Fact]
    public void A_number_beyond_32_bits_is_no_int() => Assert.Throws<SettingsException>(() => Parse("3000000000").ReadInt("a"));

    [Fact]
    public void A_missing_key_is_an_error_and_never_a_default() =>
        Assert.Equal(["b.c is missing; its default belongs in hocon/"], Assert.Throws<SettingsException>(() => Parse("1").ReadText("b.c")).Problems);

    private static Config Parse(string value) => ConfigurationFactory.ParseString($"a = {value}\n");
}
