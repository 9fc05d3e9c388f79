using System.Diagnostics;
using System.Globalization;
using AkkaLb.ClientNode.Commands;
using Spectre.Console;

namespace AkkaLb.Demo;

/// <summary>The table at the end.</summary>
internal static class Report
{
    public static void Print(JobSummary s, string victim, int victimPid, int? onVictim, long total, long recount)
    {
        var culture = CultureInfo.InvariantCulture;
        var table = new Table().Border(TableBorder.Rounded).AddColumn("what").AddColumn(new TableColumn("how much").RightAligned());
        foreach (var (worker, jobs) in s.Workers)
        {
            table.AddRow($"jobs done by {worker}{(worker == victim && onVictim is not null ? " (killed)" : "")}", jobs.ToString(culture));
        }

        if (onVictim is { } lost)
        {
            table.AddRow($"jobs on {victim} right before its SIGKILL (pid {victimPid.ToString(culture)})", lost.ToString(culture));
        }
        else
        {
            table.AddRow("worker killed", "none: too little text");
        }

        table.AddRow("retries", s.Retried.ToString(culture));
        table.AddRow("jobs failed", s.Failed.ToString(culture));
        table.AddRow("jobs per second", s.JobsPerSecond.ToString("0", culture));
        table.AddRow("assign, p50 / p99 / max", string.Create(
            culture, $"{s.AssignMicros.P50 / 1000:0.0} / {s.AssignMicros.P99 / 1000:0.0} / {s.AssignMicros.Max / 1000:0.0} ms"));
        table.AddRow("job, p50 / p99 / max", string.Create(culture, $"{s.JobMillis.P50:0} / {s.JobMillis.P99:0} / {s.JobMillis.Max:0} ms"));
        table.AddRow("words", total.ToString(culture));
        AnsiConsole.Write(table);
        Console.Out.WriteLine(total == recount
            ? $"total {total.ToString(culture)} words: the same as counted here in one process"
            : $"total {total.ToString(culture)} words, but counted here in one process: {recount.ToString(culture)}");
    }

    /// <summary>Says what <c>wc -w</c> makes of the same files, where there is one and the files fit a command line.</summary>
    public static async Task CompareWithWcAsync(IReadOnlyList<string> files, long total, CancellationToken cancellationToken)
    {
        const int commandLineCharsMax = 100_000;
        if (files.Sum(f => f.Length + 1) > commandLineCharsMax)
        {
            return;
        }

        try
        {
            var start = new ProcessStartInfo("wc", ["-w", "--", .. files]) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["LC_ALL"] = "C.UTF-8";
            start.Environment.Remove("POSIXLY_CORRECT");
            using var wc = Process.Start(start)!;
            var errors = wc.StandardError.ReadToEndAsync(cancellationToken);
            var lines = (await wc.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false)).Split(
                '\n', StringSplitOptions.RemoveEmptyEntries);
            await errors.ConfigureAwait(false);
            var words = lines.Length == 0 ? "nothing" : lines[^1].TrimStart().Split(' ')[0];
            var verdict = words == total.ToString(CultureInfo.InvariantCulture)
                ? "the same"
                : "not the same; versions of wc differ on bytes that are no text";
            Console.Out.WriteLine($"LC_ALL=C.UTF-8 wc -w says {words}: {verdict}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No wc here; the recount above stands.
        }
    }
}
