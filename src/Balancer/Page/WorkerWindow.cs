using AkkaLb.Core;

namespace AkkaLb.Balancer.Page;

/// <summary>The workers that somebody sees of a long list: filtered, in order, and a window of them.</summary>
/// <param name="Matched">How many are left when the list is filtered.</param>
/// <param name="From">Place of the first row among those; where fewer are left than were scrolled over, the last window there is.</param>
internal sealed record WorkerWindow(int Matched, int From, IReadOnlyList<MemberState> Rows)
{
    /// <param name="members">In the order of registration.</param>
    /// <param name="policy">Of the service: the words for a state depend on it.</param>
    public static WorkerWindow Select(IReadOnlyList<MemberState> members, string policy, LiveQuery query)
    {
        var matching = query.Words.Count == 0 ? members : [.. members.Where(m => Matches(m, WorkerWords.Of(m, policy), query.Words))];
        var from = Math.Max(0, Math.Min(query.From, matching.Count - query.Count));
        var count = Math.Min(query.Count, matching.Count - from);
        return new WorkerWindow(matching.Count, from, [.. Ordered(matching, policy, query).Skip(from).Take(count)]);
    }

    /// <summary>Workers with the same value stay in the order of registration, whichever way the others are sorted.</summary>
    private static IEnumerable<MemberState> Ordered(IReadOnlyList<MemberState> members, string policy, LiveQuery query)
    {
        return query.Sort switch
        {
            SortKey.Registered => query.IsDescending ? Enumerable.Reverse(members) : members,
            SortKey.Worker => By(m => m.Worker.Id, StringComparer.Ordinal),
            SortKey.State => By(m => WorkerWords.Of(m, policy).State, StringComparer.Ordinal),
            SortKey.InFlight => By(m => m.InFlight),
            SortKey.Answers => By(m => m.Details?.AnswerTime ?? TimeSpan.MinValue),
            SortKey.LastError => By(m => m.Details?.LastTrouble?.Age ?? TimeSpan.MaxValue),
            SortKey.Memory => By(m => m.ResidentBytes ?? -1),
            SortKey.Assigned => By(m => m.Details?.Assignments ?? -1),
            SortKey.Report => By(m => m.Details?.ReportAge ?? TimeSpan.MaxValue),
            SortKey.Zone => By(m => m.Zone, StringComparer.Ordinal),
            SortKey.Address => By(m => m.Details?.Address ?? "", StringComparer.Ordinal),
            SortKey.Version => By(m => m.Details?.Version ?? "", StringComparer.Ordinal),
        };

        IEnumerable<MemberState> By<TKey>(Func<MemberState, TKey> key, IComparer<TKey>? comparer = null) =>
            query.IsDescending ? members.OrderByDescending(key, comparer) : members.OrderBy(key, comparer);
    }

    private static bool Matches(MemberState m, WorkerWords words, IReadOnlyList<string> wanted)
    {
        foreach (var word in wanted)
        {
            if (!(Has(m.Worker.Id) || Has(words.State) || Has(words.Why) || Has(m.Zone) || Has(m.Details?.Address) || Has(m.Details?.Version)))
            {
                return false;
            }

            bool Has(string? text) => text?.Contains(word, StringComparison.OrdinalIgnoreCase) == true;
        }

        return true;
    }
}
