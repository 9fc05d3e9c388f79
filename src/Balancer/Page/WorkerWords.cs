using System.Globalization;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Policies;

namespace AkkaLb.Balancer.Page;

/// <summary>How much a worker's state is to catch the eye.</summary>
internal enum Tone
{
    /// <summary>It gets jobs.</summary>
    Good,

    /// <summary>It gets jobs, or will soon, and somebody may want to know more.</summary>
    Busy,

    /// <summary>It gets no jobs, as it wants.</summary>
    Quiet,

    /// <summary>It gets no jobs, and somebody should look at it.</summary>
    Bad,
}

/// <summary>A worker's state for people.</summary>
/// <param name="State">Such as <c>ejected</c>.</param>
/// <param name="Why">A sentence; empty: there is nothing to say.</param>
internal readonly record struct WorkerWords(string State, Tone Tone, string Why)
{
    /// <summary>What a worker's state means under a policy.</summary>
    /// <param name="policy">Its name.</param>
    public static WorkerWords Of(MemberState m, string policy)
    {
        if (m.Details is not { Condition: { } condition } details)
        {
            var state = BalancerReportJson.NameOf(m.State) + (m.State == WorkerState.Up && !m.IsEligible ? ", gets no jobs" : "");
            return new WorkerWords(state, m.IsEligible ? Tone.Good : Tone.Busy, m.Reason);
        }

        var name = WorkerConditions.NameOf(condition);
        return condition switch
        {
            WorkerCondition.Up => StaleOr(new WorkerWords(name, Tone.Good, m.Reason), m, details, policy),
            WorkerCondition.SlowStart => StaleOr(new WorkerWords(name, Tone.Busy, m.Reason), m, details, policy),
            WorkerCondition.Full => new WorkerWords(name, Tone.Busy, $"{Jobs(m.InFlight)} in flight, and no free place"),
            WorkerCondition.Draining or WorkerCondition.Maintenance => new WorkerWords(name, Tone.Quiet, Left(m, details)),
            WorkerCondition.NoReport => new WorkerWords(
                name, Tone.Bad, $"{policy} picks nobody without a fresh report, and {ReportOf(details)}"),
            WorkerCondition.Unable or WorkerCondition.Ejected or WorkerCondition.AboveMemory => new WorkerWords(name, Tone.Bad, m.Reason),
        };
    }

    /// <summary>How a job ended that did not end well.</summary>
    public static string Of(MemberTrouble trouble) => trouble.How == PickEnd.Failed ? "failed" : "lost";

    private static string Jobs(double count)
    {
        var text = Invariant($"{count:0.#}");
        return text == "1" ? "1 job" : $"{text} jobs";
    }

    private static string Left(MemberState m, MemberDetails details)
    {
        var left = BalancerReportJson.JobsLeft(details);
        return m.Reason.Length == 0 ? left : $"{left}; {m.Reason}";
    }

    /// <summary>A report that is fresh tells of memory.</summary>
    private static WorkerWords StaleOr(WorkerWords fresh, MemberState m, MemberDetails details, string policy) =>
        m.ResidentBytes is not null ? fresh : fresh with
        {
            Tone = Tone.Busy,
            Why = (fresh.Why.Length == 0 ? "" : fresh.Why + "; ") + $"{ReportOf(details)}: {Meaning(policy)}",
        };

    private static string ReportOf(MemberDetails details) =>
        details.ReportAge is { } age ? Invariant($"its last report is {age.TotalSeconds:0.#} s old") : "none of its reports has come";

    private static string Meaning(string policy) => Policy.All.Any(p => p.Name == policy && p.NeedsReports)
        ? $"{policy} does not pick it"
        : "its jobs in flight are only estimated, and its memory is not known";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
