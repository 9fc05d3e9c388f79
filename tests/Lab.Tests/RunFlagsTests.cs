using AkkaLb.Bench.Lab;
using AkkaLb.Programs;

namespace AkkaLb.Lab.Tests;

public class RunFlagsTests
{
    [Theory]
    [InlineData("--workers 0", "--workers 0: must be a whole number from 1 to 100000")]
    [InlineData("--utilisation much", "--utilisation much: must be a number from 0.01 to 10, such as 0.5")]
    [InlineData("--discipline lifo", "--discipline lifo: must be one of fifo, shared")]
    [InlineData("--durations file", "--durations file: --arrivals names no file")]
    [InlineData("--speeds 1,fast", "--speeds: \"fast\" is no SPEED or SPEED:SHARE, numbers from 0.001 to 1000")]
    [InlineData("--report-age 0", "--report-age 0: must be a number from 0.0001 to 1000000, such as 0.5")]
    public void A_wrong_value_is_refused_in_words(string line, string problem) => Assert.Equal([problem], Problems(line));

    [Fact]
    public void An_unknown_policy_is_refused_with_those_that_there_are()
    {
        var problem = Assert.Single(Problems("--policy random,best"));
        Assert.StartsWith("--policy best: no such policy; choose from round-robin, ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_is_refused()
    {
        Assert.StartsWith("--arrivals no-such-file.csv: ", Assert.Single(Problems("--arrivals no-such-file.csv")), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_is_named_at_once() => Assert.Equal(3, Problems("--workers x --slots -1 --jobs 1").Count);

    [Fact]
    public void Nothing_is_wrong_with_nothing() => Assert.Empty(Problems(""));

    private static List<string> Problems(string line)
    {
        var flags = new RunFlags();
        var problems = new List<string>();
        flags.Read(new FlagValues(flags.Command.Parse(line), problems));
        return problems;
    }
}
