using AkkaLb.Endpoints;

namespace AkkaLb.Core.Tests;

public class RareLinesTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly RareLines _log = new(Quiet, linesMax: 10);

    [Fact]
    public void A_line_is_said_once_and_later_with_how_often_it_was_held_back()
    {
        Assert.Equal("a", _log.Say("a", TimeSpan.Zero));
        Assert.Null(_log.Say("a", Quiet / 2));
        Assert.Null(_log.Say("a", Quiet - TimeSpan.FromTicks(1)));
        Assert.Equal("a (such lines left out since the last one: 2)", _log.Say("a", Quiet));
        Assert.Equal("a", _log.Say("a", Quiet * 3));
    }

    [Fact]
    public void Another_source_is_heard_at_once_and_the_same_one_is_not_whatever_it_says()
    {
        Assert.Equal("x", _log.Say("a", "x", TimeSpan.Zero));
        Assert.Equal("x", _log.Say("b", "x", TimeSpan.Zero));
        Assert.Null(_log.Say("a", "y", TimeSpan.Zero));
    }

    [Fact]
    public void Sources_made_up_by_strangers_fill_neither_memory_nor_the_log()
    {
        var said = Enumerable.Range(0, 1000).Select(i => _log.Say($"{i}", TimeSpan.Zero)).OfType<string>().ToList();

        Assert.Equal(11, said.Count);
        Assert.Equal("10 (there are too many sources to name each)", said[^1]);
        Assert.Equal(10, _log.Remembered);
        Assert.Equal("new", _log.Say("new", Quiet));
    }

    [Fact]
    public void Sources_beyond_those_that_are_told_apart_are_counted()
    {
        for (var i = 0; i < 20; i++)
        {
            _log.Say($"{i}", TimeSpan.Zero);
            _log.Say($"{i % 10}", Quiet - TimeSpan.FromTicks(1));
        }

        foreach (var i in Enumerable.Range(0, 10))
        {
            _log.Say($"{i}", Quiet);
        }

        Assert.Equal("20 (such lines of other sources left out since the last one: 9)", _log.Say("20", Quiet));
    }
}
