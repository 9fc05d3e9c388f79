using AkkaLb.Core.Machines;
using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Balancing;

/// <summary>The picks whose clients tell when they end: who holds what.</summary>
/// <remarks>A client that holds any says something every <see cref="SayInterval"/> at least. What a client holds that has been silent for
/// <see cref="SilenceMax"/> is given up. Bounded: a pick that finds no room is given all the same, and nobody waits for its end.</remarks>
internal sealed class OpenPicks
{
    /// <summary>So often does a client say something while it holds picks.</summary>
    public static readonly TimeSpan SayInterval = TimeSpan.FromSeconds(5);

    /// <summary>A client that has said nothing for so long is gone: three words are missing.</summary>
    public static readonly TimeSpan SilenceMax = SayInterval * 3;

    /// <summary>Picks that were given ahead and that no job uses are together at most this part of those in use, or
    /// <see cref="AheadMin"/>.</summary>
    private const double AheadShare = 0.25;

    private const int AheadMin = 4;

    /// <summary>After so long a pick that was given ahead is in use, or lost: clients give back what they do not use much sooner.</summary>
    private static readonly TimeSpan AheadFor = TimeSpan.FromSeconds(1);

    private const int HoldersMax = 10_000;
    private const int PicksMax = 1_000_000;
    private const int HolderPicksMax = 100_000;

    private readonly Dictionary<long, Holder> _holders = [];
    private readonly DueQueue<long> _silent = new();
    private readonly DueQueue<long> _aheadFor = new();

    /// <summary>Of all clients.</summary>
    public int Count { get; private set; }

    /// <summary>Picks of all clients that were given ahead and that no job uses, as far as is known.</summary>
    public int AheadCount { get; private set; }

    /// <summary>When a client may have been silent for too long; null: nobody holds anything.</summary>
    public TimeSpan? NextDue => _silent.NextDue;

    /// <summary>Notes a pick; false when there is no room, or the client has a pick of this number already.</summary>
    /// <param name="since">As it has said. A pick of before, or of before what it said earlier, was asked for over a way that it has left.</param>
    /// <param name="isAhead">It is for a job that may come.</param>
    /// <param name="decision">Its number in the <see cref="DecisionLog"/>.</param>
    public bool TryAdd(
        long client, long since, long pick, Candidate worker, int weight, TimeSpan now, bool isAhead = false, long decision = 0)
    {
        if (Count >= PicksMax)
        {
            return false;
        }

        if (!_holders.TryGetValue(client, out var holder))
        {
            if (_holders.Count >= HoldersMax)
            {
                return false;
            }

            _holders.Add(client, holder = new Holder { HeardAt = now, Since = since });
            _silent.Set(client, now + SilenceMax);
        }

        if (pick < holder.Since || holder.Picks.Count >= HolderPicksMax
            || !holder.Picks.TryAdd(pick, new OpenPick(worker, weight, worker.Jobs.Window, decision)))
        {
            return false;
        }

        Count++;
        if (isAhead)
        {
            holder.Ahead.Add(pick);
            AheadCount++;
            _aheadFor.Set(client, now + AheadFor);
        }

        return true;
    }

    /// <summary>How many more picks a client may be given ahead.</summary>
    /// <param name="aheadSince">Those that it has got ahead with smaller numbers are in use, or have ended.</param>
    /// <param name="waits">Whether requests wait where no place is free: then few that are in use are no reason to give any.</param>
    public int RoomAhead(long client, long aheadSince, bool waits, TimeSpan now)
    {
        while (_aheadFor.TryTakeDue(now, out var quiet))
        {
            InUse(_holders[quiet], long.MaxValue);
        }

        var holder = _holders.GetValueOrDefault(client);
        if (holder is not null)
        {
            InUse(holder, aheadSince);
        }

        var forAll = Math.Max(waits ? 0 : AheadMin, (int)(AheadShare * (Count - AheadCount))) - AheadCount;
        return Math.Max(0, Math.Min(forAll, Assign.AheadMax - (holder?.Ahead.Count ?? 0)));
    }

    /// <summary>The client is there.</summary>
    /// <param name="since">Gives up its picks with smaller numbers.</param>
    /// <param name="givenUp">Gets those.</param>
    public void Heard(long client, long since, List<OpenPick> givenUp, TimeSpan now)
    {
        if (!_holders.TryGetValue(client, out var holder))
        {
            return;
        }

        holder.HeardAt = now;
        if (since > holder.Since)
        {
            holder.Since = since;
            InUse(holder, since);
            foreach (var (pick, open) in holder.Picks)
            {
                if (pick < since)
                {
                    holder.Picks.Remove(pick);
                    givenUp.Add(open);
                    Count--;
                }
            }
        }
    }

    /// <summary>Forgets a pick that has ended; false when it is not known.</summary>
    public bool TryEnd(long client, long pick, out OpenPick ended)
    {
        ended = default;
        if (!_holders.TryGetValue(client, out var holder) || !holder.Picks.Remove(pick, out ended))
        {
            return false;
        }

        Count--;
        AheadCount -= holder.Ahead.Remove(pick) ? 1 : 0;
        return true;
    }

    /// <summary>Gives up what a client holds that is gone.</summary>
    /// <param name="givenUp">Gets it.</param>
    public void GiveUp(long client, List<OpenPick> givenUp)
    {
        if (_holders.Remove(client, out var holder))
        {
            _silent.Remove(client);
            givenUp.AddRange(holder.Picks.Values);
            Count -= holder.Picks.Count;
            AheadCount -= holder.Ahead.Count;
            _aheadFor.Remove(client);
        }
    }

    /// <summary>Gives up what clients hold that have been silent for too long.</summary>
    /// <param name="givenUp">Gets it.</param>
    public void Tick(TimeSpan now, List<OpenPick> givenUp)
    {
        while (_silent.TryTakeDue(now, out var client))
        {
            var holder = _holders[client];
            if (holder.HeardAt + SilenceMax > now)
            {
                _silent.Set(client, holder.HeardAt + SilenceMax);
                continue;
            }

            GiveUp(client, givenUp);
        }
    }

    /// <summary>Those of a client's picks that were given ahead and have smaller numbers are in use, or have ended.</summary>
    private void InUse(Holder holder, long since)
    {
        for (var i = holder.Ahead.Count - 1; i >= 0; i--)
        {
            if (holder.Ahead[i] < since)
            {
                holder.Ahead.RemoveAt(i);
                AheadCount--;
            }
        }
    }

    private sealed class Holder
    {
        public Dictionary<long, OpenPick> Picks { get; } = [];

        /// <summary>Numbers of those that were given ahead and that no job uses: at most <see cref="Assign.AheadMax"/>.</summary>
        public List<long> Ahead { get; } = [];

        public TimeSpan HeardAt { get; set; }

        public long Since { get; set; }
    }
}

/// <summary>A pick that has not ended.</summary>
/// <param name="Worker">Whom it named.</param>
/// <param name="Weight">Its load, in ordinary jobs.</param>
/// <param name="Window">See <see cref="LoadEstimate.Window"/>.</param>
/// <param name="Decision">Its number in the <see cref="DecisionLog"/>.</param>
internal readonly record struct OpenPick(Candidate Worker, int Weight, int Window, long Decision);
