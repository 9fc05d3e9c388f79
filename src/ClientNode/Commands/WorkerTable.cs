using System.Globalization;
using AkkaLb.Client;
using AkkaLb.Core;

namespace AkkaLb.ClientNode.Commands;

/// <summary>Workers as a table for people: a head, and a line for each.</summary>
internal static class WorkerTable
{
    /// <summary>What is not told.</summary>
    private const string Unknown = "-";

    private static readonly (string Head, Func<MemberState, string> Of)[] Columns =
    [
        ("worker", m => m.Worker.Id),
        ("state", StateOf),
        ("in flight", m => m.Details is { } d ? Invariant($"{m.InFlight:0.#} of {d.Capacity}") : Invariant($"{m.InFlight:0.#}")),
        ("assigned", m => m.Details is { } d ? d.Assignments.ToString("N0", CultureInfo.InvariantCulture) : Unknown),
        ("memory", MemoryOf),
        ("report", m => m.Details?.ReportAge is { } age ? HumanUnits.Time(age) : Unknown),
        ("zone", m => m.Zone),
        ("address", m => m.Details is { } d ? OneLine.Of(d.Address, WorkerRecord.ReasonLengthMax) : Unknown),
        ("version", m => m.Details is { Version.Length: > 0 } d ? OneLine.Of(d.Version, WorkerRecord.ReasonLengthMax) : Unknown),
        ("incarnation", m => m.Worker.Incarnation.ToString(CultureInfo.InvariantCulture)),
        ("why", m => OneLine.Of(m.Reason, WorkerRecord.ReasonLengthMax)),
    ];

    /// <summary>Columns in which nobody has anything are left out; no lines where there is nobody.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<MemberState> members)
    {
        if (members.Count == 0)
        {
            return [];
        }

        var columns = Columns.Select(c => (c.Head, Cells: members.Select(c.Of).ToList()))
            .Where(c => c.Cells.Exists(cell => cell.Length > 0)).ToList();
        var widths = columns.Select(c => c.Cells.Append(c.Head).Max(cell => cell.Length)).ToList();
        return Enumerable.Range(-1, members.Count + 1).Select(row => string.Join(
            "  ", columns.Select((c, i) => (row < 0 ? c.Head : c.Cells[row]).PadRight(widths[i]))).TrimEnd());
    }

    private static string StateOf(MemberState m) => m.Details?.Condition is { } condition
        ? BalancerReportJson.NameOf(condition)
        : BalancerReportJson.NameOf(m.State) + (m.State == WorkerState.Up && !m.IsEligible ? ", gets no jobs" : "");

    private static string MemoryOf(MemberState m) => (m.ResidentBytes, m.Details?.LimitBytes) switch
    {
        (null, _) => Unknown,
        ({ } bytes, > 0 and var limit) => $"{HumanUnits.Bytes(bytes)} of {HumanUnits.Bytes(limit)}",
        ({ } bytes, _) => HumanUnits.Bytes(bytes),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
