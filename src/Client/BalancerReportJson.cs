using System.Text.Json;
using AkkaLb.Core;

namespace AkkaLb.Client;

/// <summary>How a balancer stands, in the shape in which programs write it as JSON.</summary>
internal static class BalancerReportJson
{
    /// <summary>Property names are to be written in camel case.</summary>
    public static object ToJson(this BalancerReport report)
    {
        var (b, w) = (report.Balancer, report.Watcher);
        return new
        {
            b.Id,
            address = report.Address.ToString(),
            b.Policy,
            isReady = b.Rejection.Length == 0,
            decides = !report.StandsBy,
            b.Rejection,
            b.Version,
            b.MemberCount,
            b.Waiting,
            longestWaitMs = b.LongestWait.TotalMilliseconds,
            b.OpenPicks,
            watcher = new
            {
                w.Registry,
                w.IsConnected,
                w.Revision,
                proofAgeMs = w.ProofAge?.TotalMilliseconds,
                w.Resyncs,
                w.Disconnects,
                w.LastProblem,
                w.MemberCount,
            },
            members = ToJson(b.Members),
            services = report.Services.Select(service => new
            {
                service = service.Key,
                service.Value.Policy,
                isReady = service.Value.Rejection.Length == 0,
                service.Value.Rejection,
                service.Value.MemberCount,
                service.Value.Waiting,
                longestWaitMs = service.Value.LongestWait.TotalMilliseconds,
                service.Value.OpenPicks,
                members = ToJson(service.Value.Members),
            }),
        };
    }

    /// <summary>Such as <c>up</c>.</summary>
    public static string NameOf(WorkerState state) => state switch
    {
        WorkerState.Up => "up",
        WorkerState.Draining => "draining",
    };

    /// <summary>Such as <c>3 jobs left</c>.</summary>
    public static string JobsLeft(MemberDetails details) => details.JobsLeft switch
    {
        0 => "no jobs left",
        1 => "1 job left",
        var left => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{left} jobs left"),
    };

    /// <inheritdoc cref="ToJson(BalancerReport)"/>
    public static IEnumerable<object> ToJson(IEnumerable<MemberState> members) => members.Select(m => new
    {
        m.Worker.Id, m.Worker.Incarnation, state = NameOf(m.State), m.IsEligible, m.ResidentBytes, m.Reason, m.InFlight, m.Drift, m.Places, m.Zone,
        condition = m.Details?.Condition is { } condition ? WorkerConditions.NameOf(condition) : null,
        m.Details?.Address, m.Details?.Capacity, m.Details?.LimitBytes, reportAgeMs = m.Details?.ReportAge?.TotalMilliseconds, m.Details?.Assignments,
        m.Details?.Version, m.Details?.JobsLeft, m.Details?.SharePercent,
        wanted = m.Details is { } details ? AdminStates.NameOf(details.Wanted) : null,
        m.Details?.WeightPercent, uptimeMs = m.Details?.Uptime?.TotalMilliseconds,
        answerMs = m.Details?.AnswerTime?.TotalMilliseconds,
        lastTrouble = m.Details?.LastTrouble is { } trouble
            ? new { how = JsonNamingPolicy.CamelCase.ConvertName($"{trouble.How}"), ageMs = trouble.Age.TotalMilliseconds }
            : null,
    });
}
