
namespace AkkaLb.Core.Tests;

public sealed class RareLinesTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    [Fact]
    public void Line_is_said_once_and_later_with_how_often_it_was_held_back()
    {
        var log = new RareLines(Quiet, linesMax: 10);

        Assert.Equal("a", log.Say("a", TimeSpan.Zero));
        Assert.Null(log.Say("a", Quiet / 2));
        Assert.Null(log.Say("a", Quiet - TimeSpan.FromTicks(1)));
        Assert.Equal("a (2 times more since the last such line)", log.Say("a", Quiet));
        Assert.Equal("a", log.Say("a", Quiet * 3));
    }

    [Fact]
    public void Other_line_is_said_at_once()
    {
        var log = new RareLines(Quiet, linesMax: 10);

        Assert.Equal("a", log.Say("a", TimeSpan.Zero));
        Assert.Equal("b", log.Say("b", TimeSpan.Zero));
    }

    [Fact]
    public void Lines_made_up_by_strangers_are_forgotten_before_they_fill_memory()
    {
        var log = new RareLines(Quiet, linesMax: 10);

        var said = Enumerable.Range(0, 1000).Count(i => log.Say($"{i}", TimeSpan.Zero) is not null);

        Assert.Equal(1000, said);
        Assert.InRange(log.Remembered, 1, 10);
    }
}
