using AkkaLb.Core;
using static AkkaLb.Messages.WireFields;

namespace AkkaLb.Messages;

/// <summary>What a balancer tells of itself and of its watch.</summary>
internal static class WireStates
{
    public static Wire.WatcherState ToWire(this WatcherState m)
    {
        var wire = new Wire.WatcherState
        {
            Registry = Text(m.Registry, NameLengthMax),
            Connected = m.IsConnected,
            Revision = checked((ulong)m.Revision),
            Resyncs = checked((ulong)m.Resyncs),
            Disconnects = checked((ulong)m.Disconnects),
            LastProblem = Text(m.LastProblem),
            MemberCount = checked((uint)m.MemberCount),
        };
        if (m.ProofAge is { } age)
        {
            wire.ProofAgeMs = Ms(age);
        }

        return wire;
    }

    public static WatcherState FromWire(this Wire.WatcherState m)
    {
        Check(m.Registry.Length <= NameLengthMax, "registry");
        return new WatcherState(
            m.Registry,
            m.Connected,
            checked((long)m.Revision),
            m.HasProofAgeMs ? Duration(m.ProofAgeMs) : null,
            checked((long)m.Resyncs),
            checked((long)m.Disconnects),
            Text(m.LastProblem),
            checked((int)m.MemberCount));
    }

    public static Wire.GetBalancerState ToWire(this GetBalancerState m)
    {
        Check(m.Count is >= 0 and <= GetBalancerState.CountMax, "count");
        return new Wire.GetBalancerState { From = checked((uint)m.From), Count = (uint)m.Count, Service = SendableService(m.Service) };
    }

    public static GetBalancerState FromWire(this Wire.GetBalancerState m)
    {
        Check(m.Count <= GetBalancerState.CountMax, "count");
        return new GetBalancerState(checked((int)m.From), (int)m.Count, Service(m.Service));
    }

    public static Wire.BalancerState ToWire(this BalancerState m)
    {
        Check(m.Members.Count <= GetBalancerState.CountMax, "members");
        Check(m.Services.Count <= BalancerState.ServicesMax, "services");
        var wire = new Wire.BalancerState
        {
            Id = Text(m.Id, NameLengthMax),
            Policy = Text(m.Policy, NameLengthMax),
            Rejection = Text(m.Rejection),
            Version = checked((ulong)m.Version),
            MemberCount = checked((uint)m.MemberCount),
            From = checked((uint)m.From),
            Waiting = checked((uint)m.Waiting),
            LongestWaitMs = Ms(m.LongestWait),
            OpenPicks = checked((uint)m.OpenPicks),
        };
        wire.Services.Add(m.Services.Select(service => Sendable(service, WorkerService.IsValid(service), "service")));
        foreach (var member in m.Members)
        {
            var wireMember = new Wire.MemberState
            {
                WorkerId = Sendable(member.Worker.Id),
                Incarnation = (ulong)member.Worker.Incarnation,
                State = member.State.ToWire(),
                Eligible = member.IsEligible,
                Reason = OneLine.Of(member.Reason, WorkerRecord.ReasonLengthMax),
                InFlight = member.InFlight,
                Drift = member.Drift,
                Places = checked((uint)member.Places),
                Zone = Zone(member.Zone),
                Details = member.Details?.ToWire(),
            };
            if (member.ResidentBytes is { } bytes)
            {
                wireMember.ResidentBytes = checked((ulong)bytes);
            }

            wire.Members.Add(wireMember);
        }

        return wire;
    }

    public static BalancerState FromWire(this Wire.BalancerState m)
    {
        Check(m.Id.Length <= NameLengthMax, "id");
        Check(m.Policy.Length <= NameLengthMax, "policy");
        Check(m.Members.Count <= GetBalancerState.CountMax, "members");
        Check(m.Services.Count <= BalancerState.ServicesMax, "services");
        return new BalancerState(
            m.Id,
            m.Policy,
            Text(m.Rejection),
            checked((long)m.Version),
            checked((int)m.MemberCount),
            checked((int)m.From),
            [.. m.Members.Select(member => new MemberState(
                Key(member.WorkerId, member.Incarnation),
                member.State.FromWire(),
                member.Eligible,
                member.HasResidentBytes ? checked((long)member.ResidentBytes) : null,
                OneLine.Of(member.Reason, WorkerRecord.ReasonLengthMax),
                Finite(member.InFlight),
                Finite(member.Drift),
                checked((int)member.Places),
                Zone(member.Zone),
                member.Details?.FromWire()))],
            checked((int)m.Waiting),
            Duration(m.LongestWaitMs),
            checked((int)m.OpenPicks),
            [.. m.Services.Select(Service)]);
    }

    private static Wire.MemberDetails ToWire(this MemberDetails m)
    {
        var wire = new Wire.MemberDetails
        {
            Condition = m.Condition?.ToWire() ?? Wire.WorkerCondition.Unspecified,
            Address = OneLine.Of(m.Address, WorkerRecord.ReasonLengthMax),
            Capacity = checked((uint)m.Capacity),
            LimitBytes = checked((ulong)m.LimitBytes),
            Assignments = checked((ulong)m.Assignments),
            Version = Text(m.Version, VersionLengthMax),
            JobsLeft = checked((uint)m.JobsLeft),
            SharePercent = checked((uint)m.SharePercent),
            Wanted = m.Wanted.ToWire(),
            WeightPercent = checked((uint)m.WeightPercent),
        };
        if (m.ReportAge is { } age)
        {
            wire.ReportAgeMs = Ms(age);
        }

        if (m.Uptime is { } uptime)
        {
            wire.UptimeS = Seconds(uptime);
        }

        if (m.AnswerTime is { } answer)
        {
            wire.AnswerUs = Us(answer);
        }

        if (m.LastTrouble is { } trouble)
        {
            (wire.Trouble, wire.TroubleAgeMs) = (trouble.How.ToWire(), Ms(trouble.Age));
        }

        return wire;
    }

    private static MemberDetails FromWire(this Wire.MemberDetails m)
    {
        Check(m.Version.Length <= VersionLengthMax, "version");
        return new MemberDetails(
            m.Condition.FromWire(), OneLine.Of(m.Address, WorkerRecord.ReasonLengthMax), checked((int)m.Capacity), checked((long)m.LimitBytes),
            m.HasReportAgeMs ? Duration(m.ReportAgeMs) : null, checked((long)m.Assignments), m.Version, checked((int)m.JobsLeft),
            PercentOf(m.SharePercent), m.Wanted.FromWire(), PercentOf(m.WeightPercent),
            m.HasUptimeS ? TimeSpan.FromSeconds(m.UptimeS) : null, m.HasAnswerUs ? Micros(m.AnswerUs) : null,
            m.HasTrouble ? new MemberTrouble(m.Trouble.FromWire(), Duration(m.TroubleAgeMs)) : null);
    }

    /// <summary>A version before this one tells none.</summary>
    private static int PercentOf(uint wire) =>
        wire == 0 ? WorkerOverride.WeightUsual : (int)Math.Min(wire, WorkerOverride.WeightUsual);
}
