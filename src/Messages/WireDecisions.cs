using AkkaLb.Core;
using static AkkaLb.Messages.WireFields;

namespace AkkaLb.Messages;

/// <summary>What a balancer tells of its decisions.</summary>
internal static class WireDecisions
{
    public static Wire.GetDecisions ToWire(this GetDecisions m)
    {
        Check(m.Count is >= 1 and <= GetDecisions.CountMax, "count");
        Check(m.Client >= 0, "client");
        return new Wire.GetDecisions { Client = (ulong)m.Client, Number = checked((ulong)m.Number), Count = (uint)m.Count };
    }

    public static GetDecisions FromWire(this Wire.GetDecisions m)
    {
        Check(m.Count is >= 1 and <= GetDecisions.CountMax, "count");
        return new GetDecisions(checked((long)m.Client), checked((long)m.Number), (int)m.Count);
    }

    public static Wire.Decisions ToWire(this Decisions m)
    {
        Check(m.Made.Count <= GetDecisions.CountMax, "made");
        Check(m.Waiting.Count <= GetDecisions.CountMax, "waiting");
        var wire = new Wire.Decisions { Balancer = Text(m.Balancer, NameLengthMax), Kept = checked((uint)m.Kept) };
        wire.Made.Add(m.Made.Select(ToWire));
        wire.Waiting.Add(m.Waiting.Select(held => new Wire.HeldRequest
        {
            Service = SendableService(held.Service),
            Client = checked((ulong)held.Client),
            Request = (ulong)held.Request,
            Job = checked((ulong)held.Job),
            Priority = held.Priority.ToWire(),
            SinceMs = Ms(held.Since),
            Ahead = checked((uint)held.Ahead),
            Why = Text(held.Why),
        }));
        return wire;
    }

    public static Decisions FromWire(this Wire.Decisions m)
    {
        Check(m.Balancer.Length <= NameLengthMax, "balancer");
        Check(m.Made.Count <= GetDecisions.CountMax, "made");
        Check(m.Waiting.Count <= GetDecisions.CountMax, "waiting");
        return new Decisions(
            m.Balancer,
            [.. m.Made.Select(FromWire)],
            [.. m.Waiting.Select(held => new HeldRequest(
                Service(held.Service), checked((long)held.Client), (long)held.Request, checked((long)held.Job), held.Priority.FromWire(),
                Duration(held.SinceMs), checked((int)held.Ahead), Text(held.Why)))],
            checked((int)m.Kept));
    }

    private static Wire.Decision ToWire(Decision m)
    {
        Check(m.Others.Count <= Decision.OthersMax, "others");
        var wire = new Wire.Decision
        {
            AgeUs = Us(m.Age),
            Service = SendableService(m.Service),
            Policy = Text(m.Policy, NameLengthMax),
            Client = checked((ulong)m.Client),
            Request = (ulong)m.Request,
            Job = checked((ulong)m.Job),
            Picked = m.Picked is null ? null : ToWire(m.Picked),
            Rejection = Text(m.Rejection),
            Eligible = checked((uint)m.Eligible),
            Workers = checked((uint)m.Workers),
            LeftOut = checked((uint)m.LeftOut),
            PassedOver = checked((uint)m.PassedOver),
            HeldBack = m.IsHeldBack,
            Ahead = m.IsAhead,
            WaitedUs = Us(m.Waited),
            Waiting = checked((uint)m.Waiting),
            TookUs = Us(m.Took),
        };
        wire.Others.Add(m.Others.Select(ToWire));
        if (m.End is { } end)
        {
            wire.End = end.ToWire();
        }

        return wire;
    }

    private static Decision FromWire(Wire.Decision m)
    {
        Check(m.Policy.Length <= NameLengthMax, "policy");
        Check(m.Others.Count <= Decision.OthersMax, "others");
        return new Decision(
            Micros(m.AgeUs), Service(m.Service), m.Policy, checked((long)m.Client), (long)m.Request, checked((long)m.Job),
            m.Picked is null ? null : FromWire(m.Picked), Text(m.Rejection), [.. m.Others.Select(FromWire)], checked((int)m.Eligible),
            checked((int)m.Workers), checked((int)m.LeftOut), checked((int)m.PassedOver), m.HeldBack, m.Ahead, Micros(m.WaitedUs),
            checked((int)m.Waiting), m.HasEnd ? m.End.FromWire() : null, Micros(m.TookUs));
    }

    private static Wire.CandidateSight ToWire(CandidateSight m)
    {
        var wire = new Wire.CandidateSight
        {
            WorkerId = Sendable(m.WorkerId), InFlight = m.InFlight, Places = checked((uint)m.Places),
        };
        if (m.ResidentBytes is { } bytes)
        {
            wire.ResidentBytes = checked((ulong)bytes);
        }

        if (m.ReportAge is { } age)
        {
            wire.ReportAgeMs = Ms(age);
        }

        return wire;
    }

    private static CandidateSight FromWire(Wire.CandidateSight m) => new(
        Key(m.WorkerId, 1).Id, Finite(m.InFlight), checked((int)m.Places), m.HasResidentBytes ? checked((long)m.ResidentBytes) : null,
        m.HasReportAgeMs ? Duration(m.ReportAgeMs) : null);
}
