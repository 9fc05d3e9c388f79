using System.Diagnostics;
using AkkaLb.Processes.Harness;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>The rule: a worker is named only while etcd holds its key, and a moment after that; while etcd cannot be reached the last known
/// workers stand.</summary>
/// <remarks>Pure: it judges what was noted.</remarks>
/// <param name="Allowance">How long after the end of its key a worker may still be named while the balancer reaches etcd.</param>
/// <param name="Recovery">How long after the end of an outage the balancer may need to be up to date again.</param>
public sealed record AssignmentWindow(TimeSpan Allowance, TimeSpan Recovery)
{
    /// <summary>An event takes milliseconds, a reading up to a second on a busy machine; the watch's longest pause between two tries is 2 s, and
    /// a try to open it takes up to 2 s.</summary>
    public static AssignmentWindow Default { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6));

    /// <summary>Judges the answers that named a worker while etcd could be reached.</summary>
    /// <param name="readings">Of etcd, in order, the last one begun behind the last answer.</param>
    public Verdict Judge(IReadOnlyList<Assignments.Answer> answers, IReadOnlyList<EtcdReading> readings)
    {
        var outages = readings.Where(r => r.Workers is null).ToList();
        var (judged, violations) = (0, new List<string>());
        foreach (var answer in answers.Where(a => a.Worker is not null))
        {
            var from = answer.AskedAt - Ticks(Allowance);
            var isOut = outages.Any(o => o.BeganAt <= answer.AnsweredAt && o.EndedAt + Ticks(Recovery) >= from);
            if (isOut)
            {
                continue;
            }

            judged++;
            if (!WasThere(answer.Worker!, from, answer.AnsweredAt, readings))
            {
                var seen = readings.LastOrDefault(r => r.EndedAt <= from && r.Workers?.ContainsKey(answer.Worker!) == true);
                var when = seen is null
                    ? "and never seen in etcd"
                    : $"{Stopwatch.GetElapsedTime(seen.EndedAt, answer.AskedAt)} after it was last seen in etcd";
                violations.Add($"{answer.Worker} was named {when}");
            }
        }

        return new Verdict(judged, violations);
    }

    /// <summary>Whether a reading that overlaps the window, or is the last one before it or the first one behind it, shows the worker.</summary>
    private static bool WasThere(string worker, long from, long to, IReadOnlyList<EtcdReading> readings)
    {
        var first = LastIndex(readings, r => r.EndedAt <= from);
        var last = LastIndex(readings, r => r.BeganAt <= to) + 1;
        for (var i = Math.Max(first, 0); i <= Math.Min(last, readings.Count - 1); i++)
        {
            if (readings[i].Workers is not { } workers || workers.ContainsKey(worker))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Readings are in order: those that fit come first. -1: none does.</summary>
    private static int LastIndex(IReadOnlyList<EtcdReading> readings, Func<EtcdReading, bool> fits)
    {
        var (low, high) = (0, readings.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = fits(readings[middle]) ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <param name="Judged">How many answers there was something to say about.</param>
    /// <param name="Violations">Those of them that broke the rule, a sentence each.</param>
    public sealed record Verdict(int Judged, IReadOnlyList<string> Violations);
}
