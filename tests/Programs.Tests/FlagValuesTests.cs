using System.CommandLine;

namespace AkkaLb.Programs.Tests;

public sealed class FlagValuesTests
{
    private static readonly Option<string?> Jobs = CommonFlags.Make("--jobs", "N", "");
    private static readonly Option<string?> For = CommonFlags.Make("--for", "SECONDS", "");

    [Fact]
    public void What_is_within_bounds_is_read_and_what_is_not_given_is_null()
    {
        var (values, problems) = Read("--jobs", "100");

        Assert.Equal((100L, null), (values.Whole(Jobs, 1, 100), values.Seconds(For, TimeSpan.Zero, TimeSpan.MaxValue)));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e-10")]
    [InlineData("0,5")]
    [InlineData("-1")]
    [InlineData("0.0005")]
    [InlineData("100.1")]
    [InlineData("")]
    public void Each_flag_that_cannot_be_used_is_named_with_its_range(string given)
    {
        var (values, problems) = Read("--for", given, "--jobs", given);

        Assert.Null(values.Whole(Jobs, 1, 10));
        Assert.Null(values.Seconds(For, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(100)));

        var shown = given.Length == 0 ? "\"\"" : given;
        Assert.Equal(
            [$"--jobs {shown}: must be a whole number from 1 to 10", $"--for {shown}: must be a number of seconds from 0.001 to 100, such as 0.5"],
            problems);
    }

    private static (FlagValues Values, List<string> Problems) Read(params string[] arguments)
    {
        var problems = new List<string>();
        return (new FlagValues(new RootCommand { Jobs, For }.Parse(arguments), problems), problems);
    }
}
