using System.Globalization;

namespace AkkaLb.Core;

/// <summary>A balancer's decisions in sentences.</summary>
public static class DecisionText
{
    /// <summary>Whom it named, why, and what became of it.</summary>
    public static string Of(Decision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        var d = decision;
        var text = $"{Whose(d.Client, d.Job, d.Request)}: {Time(d.Age)} ago ";
        if (d.Picked is not { } picked)
        {
            return $"{text}nobody was named: {d.Rejection}. Of {Workers(d.Workers)} {d.Eligible} could take jobs{LeftOut(d)}.";
        }

        text += $"{picked.WorkerId} was named. {d.Policy} chose it among the {d.Eligible} of {Workers(d.Workers)} that could take jobs{LeftOut(d)}: "
            + $"it had {Sight(picked)}{Others(d)}.";
        text += d.PassedOver > 0 ? $" {Count(d.PassedOver, "worker")} before it passed the pick on: they have not their full share." : "";
        text += d.IsHeldBack ? " It is kept from jobs, but nobody else could do this one." : "";
        text += d.IsAhead ? " It was named ahead, for a job that may come." : "";
        text += d.Waited > TimeSpan.Zero
            ? $" The request had waited {Time(d.Waited)} for a free place, beside {Count(d.Waiting, "other request")}." : "";
        return $"{text} {End(d)}";
    }

    /// <summary>What a request waits for.</summary>
    public static string Of(HeldRequest held)
    {
        ArgumentNullException.ThrowIfNull(held);
        return $"{Whose(held.Client, held.Job, held.Request)}: it has waited {Time(held.Since)} for a free place of the service {held.Service}, "
            + $"behind {Count(held.Ahead, "older request")}: {held.Why}.";
    }

    private static string Whose(long client, long job, long request) =>
        job != 0 ? $"job {new JobId(client, job)}"
        : client != 0 ? $"request {new JobId(client, request)}"
        : string.Create(CultureInfo.InvariantCulture, $"request {request} of a client that does not tell its name");

    private static string LeftOut(Decision d) => d.LeftOut == 0 ? "" : $", without {Count(d.LeftOut, "worker")} that the client left out";

    private static string Others(Decision d)
    {
        if (d.Others.Count == 0)
        {
            return "";
        }

        var shown = string.Join("; ", d.Others.Select(other => $"{other.WorkerId} had {Sight(other)}"));
        var more = d.Eligible - 1 - d.Others.Count;
        return $"; {shown}{(more > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {more} more are not kept") : "")}";
    }

    private static string Sight(CandidateSight sight)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{sight.InFlight:0.#} of {Count(sight.Places, "job")} in flight");
        text += sight.ResidentBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $" and {bytes >> 20} MiB in memory") : "";
        return text + (sight.ReportAge is { } age ? $" by a report {Time(age)} old" : "");
    }

    private static string End(Decision d) => d.End is not { } end ? "How it ended is not told yet." : end switch
    {
        PickEnd.Unused => "No job was sent there, or it did not arrive.",
        PickEnd.Done => $"The worker answered after {Time(d.Took)}.",
        PickEnd.Failed => $"The job failed there after {Time(d.Took)}.",
        PickEnd.Rejected => "The worker did not start it.",
        PickEnd.Cancelled => $"Its caller cancelled it after {Time(d.Took)}.",
        PickEnd.Unknown => $"The client does not know what became of it after {Time(d.Took)}: the worker was lost, or the deadline passed.",
    };

    private static string Workers(int count) => Count(count, "worker");

    private static string Count(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static string Time(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.##} ms"),
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s"),
    };
}
