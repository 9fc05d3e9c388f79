using System.Globalization;
using AkkaLb.Client;
using AkkaLb.Core;

namespace AkkaLb.ClientNode.Commands;

/// <summary>Workers as a table for people: a head, and a line for each.</summary>
internal static class WorkerTable
{
    private static readonly TextColumn<MemberState>[] Columns =
    [
        new("worker", m => m.Worker.Id),
        new("state", StateOf),
        new("in flight", m => m.Details is { } d ? Invariant($"{m.InFlight:0.#} of {d.Capacity}") : Invariant($"{m.InFlight:0.#}")),
        new("assigned", m => m.Details is { } d ? d.Assignments.ToString("N0", CultureInfo.InvariantCulture) : TextTable.Unknown),
        new("memory", MemoryOf),
        new("report", m => m.Details?.ReportAge is { } age ? HumanUnits.Time(age) : TextTable.Unknown),
        new("uptime", m => m.Details?.Uptime is { } uptime ? HumanUnits.Age(uptime) : TextTable.Unknown),
        new("zone", m => m.Zone),
        new("address", m => m.Details is { } d ? OneLine.Of(d.Address, WorkerRecord.ReasonLengthMax) : TextTable.Unknown),
        new("version", m => m.Details is { Version.Length: > 0 } d ? OneLine.Of(d.Version, WorkerRecord.ReasonLengthMax) : TextTable.Unknown),
        new("incarnation", m => m.Worker.Incarnation.ToString(CultureInfo.InvariantCulture)),
        new("why", m => OneLine.Of(m.Reason, WorkerRecord.ReasonLengthMax)),
    ];

    public static IEnumerable<string> Lines(IReadOnlyList<MemberState> members) => TextTable.Lines(Columns, members);

    /// <summary>In words.</summary>
    public static string StateOf(MemberState m) => m.Details is { Condition: { } condition } details
        ? condition switch
        {
            WorkerCondition.SlowStart => Invariant($"slow start {details.SharePercent} %"),
            WorkerCondition.Draining or WorkerCondition.Maintenance =>
                $"{WorkerConditions.NameOf(condition)}: {BalancerReportJson.JobsLeft(details)}",
            _ when details.WeightPercent < WorkerOverride.WeightUsual =>
                Invariant($"{WorkerConditions.NameOf(condition)}, weight {details.WeightPercent} %"),
            _ => WorkerConditions.NameOf(condition),
        }
        : BalancerReportJson.NameOf(m.State) + (m.State == WorkerState.Up && !m.IsEligible ? ", gets no jobs" : "");

    private static string MemoryOf(MemberState m) => (m.ResidentBytes, m.Details?.LimitBytes) switch
    {
        (null, _) => TextTable.Unknown,
        ({ } bytes, > 0 and var limit) => $"{HumanUnits.Bytes(bytes)} of {HumanUnits.Bytes(limit)}",
        ({ } bytes, _) => HumanUnits.Bytes(bytes),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
