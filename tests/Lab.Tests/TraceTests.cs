using AkkaLb.ClientNode.Commands;

namespace AkkaLb.Lab.Tests;

public class TraceTests
{
    [Fact]
    public void Timestamps_with_seven_digits_and_Windows_line_ends_without_a_last_one_are_read()
    {
        var trace = Read("TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n2023-11-16 18:17:05.4799601,3180,8");
        Assert.Equal([0, 1.5000001], trace.Seconds);
        Assert.Equal([4808, 3180], trace.Memory!);
        Assert.Equal([10, 8], trace.Duration!);
    }

    [Fact]
    public void Seconds_are_read_as_well_and_count_from_the_first()
    {
        var trace = Read("at\n7\n9.5\n");
        Assert.Equal([0, 2.5], trace.Seconds);
        Assert.Null(trace.Memory);
        Assert.Null(trace.Duration);
    }

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("1,2,3\n2,2,3\n", "line 1: a header is expected, and this is a row")]
    [InlineData("a,b,c\n1,2,3\n", "two rows at different times are needed at least")]
    [InlineData("a,b,c\n1,2,3\n1,2,3\n", "two rows at different times are needed at least")]
    [InlineData("a,b,c\n1,2,3\nsoon,2,3\n", "line 3: \"soon\" is neither a timestamp nor a number of seconds")]
    [InlineData("a,b,c\n1,2,3\n2,2\n", "line 3: 2 columns, and the header has 3")]
    [InlineData("a,b,c\n1,2,3\n\n", "line 3: 1 columns, and the header has 3")]
    [InlineData("a,b,c\n1,2,3\n2,2,-1\n", "line 3: \"-1\" is no number from 0 to 1e15")]
    [InlineData("a,b,c\n1,NaN,3\n", "line 2: \"NaN\" is no number from 0 to 1e15")]
    [InlineData("a,b,c\n2,2,3\n1,2,3\n", "line 3: it is earlier than the line before")]
    [InlineData("a,b,c\n1,2,0\n2,2,0\n", "every duration is 0")]
    public void What_is_wrong_with_a_file_is_said_with_its_line(string text, string problem)
    {
        Assert.Equal(problem, Assert.Throws<FormatException>(() => Read(text)).Message);
    }

    private static Trace Read(string text) => Trace.Read(new StringReader(text));
}
