using System.Globalization;
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

    [Theory]
    [InlineData("0:0:0:59.9", "59 s")]
    [InlineData("0:0:12:59", "12 min")]
    [InlineData("0:3:5:59", "3 h 5 min")]
    [InlineData("9:4:59:0", "9 d 4 h")]
    public void A_time_that_may_be_long_is_told_in_its_two_largest_units(string time, string expected) =>
        Assert.Equal(expected, HumanUnits.Age(TimeSpan.Parse(time, CultureInfo.InvariantCulture)));
}
