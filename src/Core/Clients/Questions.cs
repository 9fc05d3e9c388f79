namespace AkkaLb.Core.Clients;

/// <summary>Questions to a balancer that differ in nothing but their numbers are asked as one.</summary>
public static class Questions
{
    /// <summary>Joins questions that stand side by side, have numbers in a row and ask for the same: one <see cref="Assign"/> stands for all of them,
    /// see <see cref="Assign.Each"/>. All else stays as it is, in order.</summary>
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
                while (i + count < messages.Count && messages[i + count] is Assign next && IsNext(first, next, count)
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

    private static bool IsPlain(Assign m) => m is { Count: 1, Key: null, Finished: not null };

    private static bool IsNext(Assign first, Assign next, int count) => IsPlain(next)
        && next.RequestId == first.RequestId + count
        && (next.Weight, next.Service, next.Priority, next.Zone) == (first.Weight, first.Service, first.Priority, first.Zone)
        && next.Finished!.Client == first.Finished!.Client
        && next.LeaveOut.SequenceEqual(first.LeaveOut);

    /// <summary>Who told last may have given up picks that were told before: so what the first one gave up counts.</summary>
    private static Assign Joined(List<IAkkaLbMessage> messages, int start, int count)
    {
        var first = (Assign)messages[start];
        var (remaining, picks) = (first.Remaining, new List<EndedPick>());
        for (var i = start; i < start + count; i++)
        {
            var next = (Assign)messages[i];
            picks.AddRange(next.Finished!.Picks);
            remaining = next.Remaining > remaining ? next.Remaining : remaining;
        }

        return first with { Count = count, Remaining = remaining, Finished = first.Finished! with { Picks = picks } };
    }
}
