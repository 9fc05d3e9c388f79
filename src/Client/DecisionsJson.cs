using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaLb.Core;

namespace AkkaLb.Client;

/// <summary>A balancer's decisions as programs tell them: in the words of <see cref="DecisionText"/>, and in numbers as JSON.</summary>
internal static class DecisionsJson
{
    /// <summary>How programs write what an operator reads as JSON.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>To be written with <see cref="Options"/>.</summary>
    public static object ToJson(this Decisions told) => new
    {
        told.Balancer,
        told.Kept,
        made = told.Made.Select(d => new
        {
            sentence = DecisionText.Of(d), ageMs = d.Age.TotalMilliseconds, d.Service, d.Policy,
            job = d.Job == 0 ? null : $"{new JobId(d.Client, d.Job)}",
            request = $"{new JobId(d.Client, d.Request)}", picked = ToJson(d.Picked), d.Rejection, others = d.Others.Select(ToJson), d.Eligible,
            d.Workers, d.LeftOut, d.PassedOver, d.IsHeldBack, d.IsAhead, waitedMs = d.Waited.TotalMilliseconds, d.Waiting, d.End,
            tookMs = d.End is null ? (double?)null : d.Took.TotalMilliseconds,
        }),
        waiting = told.Waiting.Select(w => new
        {
            sentence = DecisionText.Of(w), w.Service, job = w.Job == 0 ? null : $"{new JobId(w.Client, w.Job)}",
            request = $"{new JobId(w.Client, w.Request)}", w.Priority, sinceMs = w.Since.TotalMilliseconds, w.Ahead, w.Why,
        }),
    };

    /// <summary>That a text is no id.</summary>
    public static string NoId(string text) =>
        $"{OneLine.Of(text, 60)}: is no job's id: hexadecimal digits, a hyphen and a number, such as 5fe1b2c3d4e5f607-17";

    /// <summary>That no balancer of those that were asked knows of a job.</summary>
    /// <param name="kept">How many decisions each remembers.</param>
    public static string NobodyKnows(JobId job, int kept) => $"no balancer knows of {job}: each remembers its last {kept} decisions";

    /// <summary>That a balancer does not know of a job.</summary>
    public static string DoesNotKnow(JobId job, Decisions told) => told.Kept == 0
        ? $"{told.Balancer} does not know of {job}: it stands by, so ask the balancer that decides"
        : $"{told.Balancer} does not know of {job}: it remembers its last {told.Kept} decisions";

    private static object? ToJson(CandidateSight? sight) => sight is null ? null : new
    {
        worker = sight.WorkerId, sight.InFlight, sight.Places, sight.ResidentBytes, reportAgeMs = sight.ReportAge?.TotalMilliseconds,
    };
}
