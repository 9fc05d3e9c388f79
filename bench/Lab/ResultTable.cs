using System.Globalization;
using System.Text;
using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Work;

namespace AkkaLb.Bench.Lab;

/// <summary>A comparison as text for a terminal.</summary>
internal static class ResultTable
{
    public static string Of(Workload work, IReadOnlyList<(string Name, Result Result)> rows)
    {
        var width = rows.Max(row => row.Name.Length);
        var text = new StringBuilder();
        foreach (var note in work.Notes)
        {
            text.AppendLine(note);
        }

        text.Append("".PadRight(width)).AppendLine("      p50      p99     p999     mean  imbalance     hot  rejected   done");
        foreach (var (name, r) in rows)
        {
            text.Append(name.PadRight(width))
                .Append(CultureInfo.InvariantCulture, $" {r.P50,8:0.00} {r.P99,8:0.00} {r.P999,8:0.00} {r.Mean,8:0.00}")
                .Append(CultureInfo.InvariantCulture, $" {r.Imbalance,10:0.00} {r.Hot,7:0.000} {r.Rejected,9:0.000} {r.Done,6:0.000}")
                .AppendLine();
        }

        return text.ToString().TrimEnd();
    }
}
