namespace AkkaLb.Core.Clients;

/// <summary>Questions to a balancer that ask for the same are asked as one.</summary>
public static class Questions
{
    /// <summary>Joins questions that stand side by side, have numbers in a row and ask for the same: one <see cref="Assign"/> stands for all of them,
    /// see <see cref="Assign.Each"/>. It says the longest of their remaining times. All else stays as it is, in order.</summary>
    /// <param name="messages">To one balancer that takes batches.</param>
    public static void Join(List<IAkkaLbMessage> messages)
    {
        var kept = 0;
        for (var i = 0; i < messages.Count;)
        {
            var count = 1;
            if (messages[i] is Assign first && IsPlain(first))
            {
                var picks = first.Finished!.Picks.Count;
                while (count < Assign.QuestionsMax && i + count < messages.Count && messages[i + count] is Assign next && IsNext(first, next, count)
                    && (picks += next.Finished!.Picks.Count) <= Finished.PicksMax)
                {
                    count++;
                }
            }

            messages[kept++] = count == 1 ? messages[i] : Joined(messages, i, count);
            i += count;
        }

        messages.RemoveRange(kept, messages.Count - kept);
    }

    private static bool IsPlain(Assign m) => m is { Count: 1, Key: null, AheadSince: 0, Finished: not null };

    /// <summary>An end of a pick that is only asked for here would come before the pick: nobody would know it.</summary>
    private static bool IsNext(Assign first, Assign next, int count) => IsPlain(next)
        && next.Finished!.Picks.All(ended => ended.Pick < first.RequestId)
        && next.RequestId == first.RequestId + count
        && (next.Weight, next.Service, next.Priority, next.Zone) == (first.Weight, first.Service, first.Priority, first.Zone)
        && next.Finished!.Client == first.Finished!.Client
        && next.LeaveOut.SequenceEqual(first.LeaveOut);

    /// <summary>A later question may give up picks (<see cref="Finished.Since"/>) whose ends ride on an earlier one: so it is the first one's that
    /// counts.</summary>
    private static Assign Joined(List<IAkkaLbMessage> messages, int start, int count)
    {
        var first = (Assign)messages[start];
        var (remaining, picks, areInARow) = (first.Remaining, new List<EndedPick>(), true);
        for (var i = start; i < start + count; i++)
        {
            var next = (Assign)messages[i];
            picks.AddRange(next.Finished!.Picks);
            areInARow &= next.Job == first.Job + (i - start);
            remaining = next.Remaining > remaining ? next.Remaining : remaining;
        }

        return first with
        {
            Count = count, Remaining = remaining, Job = areInARow ? first.Job : 0, Finished = first.Finished! with { Picks = picks },
        };
    }
}
