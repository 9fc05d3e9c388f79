using AkkaLb.Core;
using static AkkaLb.Messages.WireFields;

namespace AkkaLb.Messages;

/// <summary>What a balancer has told the operator.</summary>
internal static class WireEvents
{
    /// <summary>The end of the year 9999, the last that .NET knows.</summary>
    private const ulong TimeMsMax = 253_402_300_799_999;

    public static Wire.GetBalancerEvents ToWire(this GetBalancerEvents m)
    {
        Check(m.Count is >= 0 and <= GetBalancerEvents.CountMax, "count");
        return new Wire.GetBalancerEvents { After = checked((ulong)m.After), Count = (uint)m.Count };
    }

    public static GetBalancerEvents FromWire(this Wire.GetBalancerEvents m)
    {
        Check(m.Count <= GetBalancerEvents.CountMax, "count");
        return new GetBalancerEvents(checked((long)m.After), (int)m.Count);
    }

    public static Wire.BalancerEvents ToWire(this BalancerEvents m)
    {
        Check(m.Events.Count <= GetBalancerEvents.CountMax, "events");
        var wire = new Wire.BalancerEvents { BegunMs = Since1970(m.Begun), Latest = checked((ulong)m.Latest) };
        wire.Events.Add(m.Events.Select(e => new Wire.BalancerEvent
        {
            Number = checked((ulong)e.Number),
            AtMs = Since1970(e.At),
            Level = e.Level.ToWire(),
            Text = OneLine.Of(e.Text, BalancerEvent.TextLengthMax),
        }));
        return wire;
    }

    public static BalancerEvents FromWire(this Wire.BalancerEvents m)
    {
        Check(m.Events.Count <= GetBalancerEvents.CountMax, "events");
        return new BalancerEvents(
            Time(m.BegunMs),
            checked((long)m.Latest),
            [.. m.Events.Select(e => new BalancerEvent(
                checked((long)e.Number), Time(e.AtMs), e.Level.FromWire(), OneLine.Of(e.Text, BalancerEvent.TextLengthMax)))]);
    }

    private static ulong Since1970(DateTimeOffset time) => checked((ulong)time.ToUnixTimeMilliseconds());

    private static DateTimeOffset Time(ulong ms)
    {
        Check(ms <= TimeMsMax, "time");
        return DateTimeOffset.FromUnixTimeMilliseconds((long)ms);
    }
}
