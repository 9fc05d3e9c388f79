using System.Globalization;

namespace AkkaLb.Core.Balancing;

/// <summary>What a change of the membership means to an operator: one line.</summary>
/// <param name="IsTrouble">Somebody may want to look at it.</param>
public sealed record MemberNews(string Text, bool IsTrouble)
{
    /// <param name="before">The worker as it was known; null: there was none of its id.</param>
    /// <param name="now">As the registry tells it; null: it is gone.</param>
    public static MemberNews Of(string id, WorkerRecord? before, WorkerRecord? now) => now switch
    {
        null when before is { State: WorkerState.Draining, Reason.Length: 0 } => Good($"worker {id} has left"),

        // A registry does not tell why an entry went. One that is about to leave in order says draining first.
        null => Bad($"worker {id} is gone: its lease ran out, or its entry was deleted or cannot be used"),
        _ when before is null || before.Incarnation != now.Incarnation => Arrived(before, now),
        _ => Changed(before, now),
    };

    /// <param name="isAbove">It uses too much now; false: no longer.</param>
    /// <param name="share">Of the memory that it may have; null: it does not tell any more.</param>
    public static MemberNews OfMemory(string id, bool isAbove, double? share)
    {
        if (share is null)
        {
            return Good($"worker {id} no longer tells how much of its memory it uses; it gets jobs again");
        }

        var percent = Percent(share.Value);
        return isAbove
            ? Bad($"worker {id} uses {percent} % of the memory that it may have; it gets no jobs while others use less")
            : Good($"worker {id} uses {percent} % of the memory that it may have; it gets jobs again");
    }

    /// <summary>It is ejected.</summary>
    /// <param name="time">How long.</param>
    /// <param name="share">Of its jobs that failed.</param>
    /// <param name="others">The same of the other workers.</param>
    public static MemberNews OfEjection(string id, TimeSpan time, double share, double others)
    {
        var seconds = time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        return Bad(
            $"worker {id} gets no jobs for {seconds} s: {Percent(share)} % of its jobs failed, and {Percent(others)} % of those of the others");
    }

    /// <summary>It is ejected no more.</summary>
    public static MemberNews OfReturn(string id) => Good($"worker {id} gets jobs again: its time without jobs is over");

    /// <summary>An operator's word has come, changed or gone.</summary>
    /// <param name="before">Null: there was none.</param>
    /// <param name="now">Null: there is none.</param>
    public static MemberNews OfOverride(string id, WorkerOverride? before, WorkerOverride? now) => Good(
        now is { IsNone: false } ? $"worker {id} is {now.Describe()}"
        : before is { IsNone: false } ? $"worker {id} is ready again: it was {before.Describe()}"
        : $"worker {id} is ready");

    private static string Percent(double share) => (100 * share).ToString("0", CultureInfo.InvariantCulture);

    private static MemberNews Arrived(WorkerRecord? before, WorkerRecord now)
    {
        var what = before is null ? "" : " and has taken the place of another process";
        var where = $"at {GatePath.HostAndPortIn(now.Path)} (incarnation {now.Incarnation}){what}";
        return now switch
        {
            { Reason.Length: > 0 } => Bad($"worker {now.Id} is registered {where}; it takes no jobs: {Shown(now)}"),
            { State: WorkerState.Draining } => Good($"worker {now.Id} is draining {where}"),
            _ => Good($"worker {now.Id} is up {where}"),
        };
    }

    private static MemberNews Changed(WorkerRecord before, WorkerRecord now) => now switch
    {
        { Reason.Length: > 0 } when now.Reason != before.Reason => Bad($"worker {now.Id} takes no jobs: {Shown(now)}"),
        { State: WorkerState.Draining } when before.State != now.State || before.Reason != now.Reason => Good($"worker {now.Id} is draining"),
        { State: WorkerState.Up } when before.State != now.State => Good($"worker {now.Id} takes jobs again"),
        _ => Good($"worker {now.Id} has registered again"),
    };

    /// <summary>Whoever may write to the registry could otherwise forge lines.</summary>
    private static string Shown(WorkerRecord worker) => OneLine.Of(worker.Reason, WorkerRecord.ReasonLengthMax);

    private static MemberNews Good(string text) => new(text, IsTrouble: false);

    private static MemberNews Bad(string text) => new(text, IsTrouble: true);
}
