using AkkaLb.ClientNode.Commands;

namespace AkkaLb.ClientNode.Tests;

public sealed class HumanUnitsTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(115_589_120, "110 MiB")]
    [InlineData(5_400_000_000, "5.0 GiB")]
    public void A_size_has_the_unit_that_fits(long bytes, string expected) => Assert.Equal(expected, HumanUnits.Bytes(bytes));

    [Theory]
    [InlineData(0, "0 us")]
    [InlineData(850, "850 us")]
    [InlineData(2018, "2.0 ms")]
    [InlineData(41_535, "42 ms")]
    [InlineData(1_418_000, "1.4 s")]
    [InlineData(75_000_000, "75 s")]
    public void A_time_has_the_unit_that_fits(double microseconds, string expected) =>
        Assert.Equal(expected, HumanUnits.Time(TimeSpan.FromMicroseconds(microseconds)));
}
