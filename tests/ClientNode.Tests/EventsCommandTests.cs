using AkkaLb.ClientNode.Commands;
using AkkaLb.Core;
using AkkaLb.Core.Machines;

namespace AkkaLb.ClientNode.Tests;

public class EventsCommandTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_event_is_a_line_with_its_time_in_UTC_its_level_and_its_balancer()
    {
        var e = new BalancerEvent(8, Noon.AddMilliseconds(5).ToOffset(TimeSpan.FromHours(2)), NoteLevel.Warning, "worker w1 is gone: \"why\"");

        Assert.Equal("2026-06-01T12:00:00.005Z warning b-1 worker w1 is gone: \"why\"", EventsCommand.Line("b-1", e));
        Assert.Equal(
            "{\"at\":\"2026-06-01T12:00:00.005Z\",\"level\":\"warning\",\"balancer\":\"b-1\",\"number\":8,"
                + "\"text\":\"worker w1 is gone: \\\"why\\\"\"}",
            EventsCommand.JsonLine("b-1", e));
    }

    [Fact]
    public void Events_of_several_balancers_are_in_order_of_time_and_of_one_in_its_own()
    {
        (string Balancer, BalancerEvent Event)[] events =
            [("b-2", Event(1, 3)), ("b-2", Event(2, 3)), ("b-1", Event(2, 3)), ("b-1", Event(1, 1))];

        Assert.Equal(
            ["b-1 1", "b-1 2", "b-2 1", "b-2 2"],
            EventsCommand.InOrder(events.Reverse()).Select(e => $"{e.Balancer} {e.Event.Number}"));

        static BalancerEvent Event(long number, int second) => new(number, Noon.AddSeconds(second), NoteLevel.Info, "text");
    }
}
