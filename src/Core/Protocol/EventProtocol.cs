using AkkaLb.Core.Machines;

namespace AkkaLb.Core;

/// <summary>Asks <c>/user/akkalb-watcher</c> of a balancer what its parts have told the operator lately; answered with a
/// <see cref="BalancerEvents"/>, to anyone, at any time.</summary>
/// <param name="After">Only events with a higher number are wanted; 0: all that are kept. One that is higher than the newest is of an earlier life of
/// the balancer, and counts as 0.</param>
/// <param name="Count">How many at most: 0 to <see cref="CountMax"/>.</param>
public sealed record GetBalancerEvents(long After, int Count) : IAkkaLbMessage
{
    /// <summary>So many are kept, and no more are told at once.</summary>
    public const int CountMax = 500;
}

/// <summary>What the parts of a balancer have told the operator.</summary>
/// <param name="Begun">When the balancer began to keep them, UTC, in whole milliseconds: another time is another life of it, whose numbers begin at
/// 1.</param>
/// <param name="Latest">Number of the newest; 0: there was none.</param>
/// <param name="Events">In order. Fewer than were asked for when more would not fit a frame; the next ones come after the last of them.</param>
public sealed record BalancerEvents(DateTimeOffset Begun, long Latest, IReadOnlyList<BalancerEvent> Events) : IAkkaLbMessage;

/// <summary>A sentence of a balancer's log.</summary>
/// <param name="Number">From 1, without gaps; only the newest <see cref="GetBalancerEvents.CountMax"/> are kept.</param>
/// <param name="At">When it was said, UTC, in whole milliseconds.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="Text">One line, at most <see cref="TextLengthMax"/> characters.</param>
public sealed record BalancerEvent(long Number, DateTimeOffset At, NoteLevel Level, string Text)
{
    /// <summary>Longer texts are cut.</summary>
    public const int TextLengthMax = 1000;

    /// <summary>What it takes in a <see cref="BalancerEvents"/> at most, in bytes: its text, and 40 for numbers and field headers.</summary>
    public int BytesMax => (3 * Math.Min(Text.Length, TextLengthMax)) + 40;
}
