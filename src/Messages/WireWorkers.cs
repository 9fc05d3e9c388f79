using AkkaLb.Core;
using static AkkaLb.Messages.WireFields;

namespace AkkaLb.Messages;

/// <summary>Between worker and balancer: reports and registrations.</summary>
internal static class WireWorkers
{
    public static Wire.MemoryReport ToWire(this MemoryReport m)
    {
        var wire = new Wire.MemoryReport
        {
            WorkerId = Sendable(m.Worker.Id),
            Incarnation = (ulong)m.Worker.Incarnation,
            Sequence = checked((ulong)m.Sequence),
            HeartbeatMs = Ms32(m.Heartbeat),
            ResidentBytes = checked((ulong)m.ResidentBytes),
            GcHeapBytes = checked((ulong)m.GcHeapBytes),
            LimitBytes = checked((ulong)m.LimitBytes),
            JobsInFlight = InFlight(m.Jobs),
            JobsAccepted = Accepted(m.Jobs),
            UnixTimeMs = m.UnixTimeMs,
            Places = checked((uint)m.Places),
        };
        if (m.Uptime is { } uptime)
        {
            wire.UptimeS = Seconds(uptime);
        }

        return wire;
    }

    public static MemoryReport FromWire(this Wire.MemoryReport m)
    {
        Check(m.HeartbeatMs >= 1, "heartbeat_ms");
        Check(m.Places <= int.MaxValue, "places");
        return new MemoryReport(
            Key(m.WorkerId, m.Incarnation),
            checked((long)m.Sequence),
            Duration(m.HeartbeatMs),
            checked((long)m.ResidentBytes),
            checked((long)m.GcHeapBytes),
            checked((long)m.LimitBytes),
            Counts(m.JobsAccepted, m.JobsInFlight),
            m.UnixTimeMs,
            (int)m.Places,
            m.HasUptimeS ? TimeSpan.FromSeconds(m.UptimeS) : null);
    }

    public static Wire.WorkerRecord ToWire(this WorkerRecord m) => new()
    {
        WorkerId = Sendable(m.Id),
        Incarnation = (ulong)m.Incarnation,
        Path = Sendable(m.Path, m.Path.Length is > 0 and <= NameLengthMax, "path"),
        State = m.State.ToWire(),
        Capacity = checked((uint)m.Capacity),
        HeartbeatMs = checked((uint)m.HeartbeatMs),
        Version = Sendable(m.Version, m.Version.Length <= VersionLengthMax, "version"),
        Reason = OneLine.Of(m.Reason, WorkerRecord.ReasonLengthMax),
        Places = checked((uint)m.Places),
        Speed = m.Speed == WorkerRecord.OrdinarySpeed ? 0 : checked((uint)m.Speed),
        Zone = Zone(m.Zone),
        TakesCancel = m.TakesCancel,
        TakesBatches = m.TakesBatches,
    };

    public static WorkerRecord FromWire(this Wire.WorkerRecord? m)
    {
        Check(m is not null, "worker");
        Check(m!.Path.Length is > 0 and <= NameLengthMax, "path");
        Check(m.Capacity is >= 1 and <= int.MaxValue, "capacity");
        Check(m.HeartbeatMs is >= 1 and <= int.MaxValue, "heartbeat_ms");
        Check(m.Places <= int.MaxValue, "places");
        Check(m.Speed <= WorkerRecord.SpeedMax, "speed");
        Check(m.Version.Length <= VersionLengthMax, "version");
        var key = Key(m.WorkerId, m.Incarnation);
        return new WorkerRecord(
            key.Id,
            key.Incarnation,
            m.Path,
            m.State.FromWire(),
            (int)m.Capacity,
            (int)m.HeartbeatMs,
            m.Version,
            OneLine.Of(m.Reason, WorkerRecord.ReasonLengthMax),
            (int)m.Places,
            m.Speed == 0 ? WorkerRecord.OrdinarySpeed : (int)m.Speed,
            Zone(m.Zone),
            m.TakesCancel,
            m.TakesBatches);
    }

    public static Register FromWire(this Wire.Register m)
    {
        Check(m.TtlMs >= 1, "ttl_ms");
        return new Register(m.Worker.FromWire(), Duration(m.TtlMs), (long)m.LeaseId);
    }
}
