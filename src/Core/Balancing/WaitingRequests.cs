using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Balancing;

/// <summary>Requests that wait until a place is free.</summary>
/// <remarks>A free place goes to the highest priority that waits, and one of <see cref="LowerShare"/> to the next lower one that waits: so nobody is
/// starved, however much of a higher priority comes. Within a priority the clients' lines take turns, see <see cref="WaitingLevel"/>. When there is
/// no room for another one, the last of the longest line of the lowest priority has to go, unless the new one is of a lower one, or its own line
/// would be as long then. But each priority has a tenth of the room for itself.</remarks>
/// <param name="countMax">How many wait at most.</param>
/// <param name="waitMax">How long each waits at most.</param>
/// <param name="tickets">Where their numbers come from; null: they are its own.</param>
internal sealed class WaitingRequests(int countMax, TimeSpan waitMax, TicketNumbers? tickets = null)
{
    /// <summary>Of so many places one goes to the next lower level that waits. Where all three wait their shares are 90, 9 and 1 of 100.</summary>
    public const int LowerShare = 10;

    /// <summary>So often is a client told that its request still waits.</summary>
    public static readonly TimeSpan SayInterval = TimeSpan.FromSeconds(2);

    /// <summary>A client that waits says something whenever it is told that it does. One that has not may be gone: the others have their turns
    /// first.</summary>
    private static readonly TimeSpan QuietMax = SayInterval + TimeSpan.FromMilliseconds(500);

    private readonly WaitingLevel[] _levels = [.. Enum.GetValues<JobPriority>().OrderDescending().Select(p => new WaitingLevel(p))];
    private readonly Dictionary<(long Client, long Request), WaitingRequest> _requests = [];
    private readonly DueQueue<WaitingRequest> _due = new();

    /// <summary>When a client said something last, of each that waits.</summary>
    private readonly Dictionary<long, TimeSpan> _heardAt = [];
    private readonly DueQueue<long> _silent = new();
    private readonly SortedSet<WaitingRequest> _byAge = new(Comparer<WaitingRequest>.Create((a, b) => a.Ticket.CompareTo(b.Ticket)));
    private readonly TicketNumbers _tickets = tickets ?? new TicketNumbers();

    public int Count => _requests.Count;

    /// <summary>One for each priority, the highest first.</summary>
    public IReadOnlyList<WaitingLevel> Levels => _levels;

    /// <summary>When the first has waited long enough, is to be told that it still waits, or has been silent for a while; null: none waits.</summary>
    public TimeSpan? NextDue => Times.Sooner(_due.NextDue, _silent.NextDue);

    /// <summary>Puts a request at the end of its client's line.</summary>
    /// <param name="request">Of a client that tells when its picks end.</param>
    /// <param name="hasToGo">Another one that had to make room for it; null: none.</param>
    /// <returns>Null when there is no room or no time for it.</returns>
    public WaitingRequest? Add(Assign request, TimeSpan now, out WaitingRequest? hasToGo)
    {
        hasToGo = null;
        var time = request.Remaining < waitMax ? request.Remaining : waitMax;
        if (time <= TimeSpan.Zero)
        {
            return null;
        }

        if (Count >= countMax)
        {
            hasToGo = WhoHasToGoFor(request);
            if (hasToGo is null)
            {
                return null;
            }

            Remove(hasToGo);
        }

        // What rode on it has been taken.
        var bare = request with { Finished = request.Finished! with { Picks = [] } };
        var waiting = _levels[JobPriority.High - request.Priority].Add(bare, _tickets.Next(), now, now + time);
        Heard(request.Finished!.Client, now);
        _requests.Add((request.Finished!.Client, request.RequestId), waiting);
        _byAge.Add(waiting);
        SayLater(waiting, now);
        return waiting;
    }

    /// <summary>All, the oldest first.</summary>
    public IEnumerable<WaitingRequest> InOrder => _byAge;

    /// <summary>How long the one has waited that came first.</summary>
    public TimeSpan LongestWait(TimeSpan now) => _byAge.Min is { } first ? now - first.Since : TimeSpan.Zero;

    /// <summary>The level to which the next place goes. Where only clients wait that may be gone, it is the next lower one's turn.</summary>
    public WaitingLevel Turn()
    {
        WaitingLevel? turn = null;
        foreach (var level in _levels)
        {
            if (level.IsAnyoneThere)
            {
                turn = level;
                if (level.PlacesAhead < LowerShare - 1)
                {
                    break;
                }
            }
        }

        return turn ?? Array.Find(_levels, level => level.Count > 0)!;
    }

    /// <summary>A request of this level has got a place.</summary>
    public void Placed(WaitingLevel at)
    {
        var isAhead = false;
        foreach (var level in _levels)
        {
            if (level.Priority > at.Priority)
            {
                level.PlacesAhead = 0;
            }

            isAhead |= level.Priority < at.Priority && level.Count > 0;
        }

        at.PlacesAhead = isAhead ? at.PlacesAhead + 1 : 0;
    }

    /// <summary>The client has said something.</summary>
    public void Heard(long client, TimeSpan now)
    {
        if (Waits(client))
        {
            _heardAt[client] = now;
            _silent.Set(client, now + QuietMax);
            Know(client, isSilent: false);
        }
    }

    /// <summary>Sets aside those that have been silent for a while.</summary>
    /// <returns>One that has been silent for so long that it is gone; null: none has.</returns>
    public long? TakeGone(TimeSpan now)
    {
        while (_silent.TryTakeDue(now, out var client))
        {
            if (now - _heardAt[client] >= OpenPicks.SilenceMax)
            {
                return client;
            }

            _silent.Set(client, _heardAt[client] + OpenPicks.SilenceMax);
            Know(client, isSilent: true);
        }

        return null;
    }

    /// <summary>The request of this number; null: it does not wait.</summary>
    public WaitingRequest? Find(long client, long request) => _requests.GetValueOrDefault((client, request));

    /// <summary>One of a client's that has a smaller number; null: there is none.</summary>
    public WaitingRequest? FindBefore(long client, long request)
    {
        foreach (var level in _levels)
        {
            if (level.LineOf(client)?.Numbers.Min is { } least && least < request)
            {
                return _requests[(client, least)];
            }
        }

        return null;
    }

    /// <summary>One whose time is over, or that is to be told that it still waits; null: none is due.</summary>
    public WaitingRequest? TakeDue(TimeSpan now)
    {
        if (!_due.TryTakeDue(now, out var waiting))
        {
            return null;
        }

        if (now < waiting.End)
        {
            SayLater(waiting, now);
        }

        return waiting;
    }

    /// <summary>It waits no more.</summary>
    public void Remove(WaitingRequest waiting)
    {
        waiting.Line.Level.Remove(waiting);
        _requests.Remove((waiting.Line.Client, waiting.Request.RequestId));
        _due.Remove(waiting);
        _byAge.Remove(waiting);
        if (!Waits(waiting.Line.Client))
        {
            _heardAt.Remove(waiting.Line.Client);
            _silent.Remove(waiting.Line.Client);
        }
    }

    private bool Waits(long client) => Array.Exists(_levels, level => level.LineOf(client) is not null);

    private void Know(long client, bool isSilent)
    {
        foreach (var level in _levels)
        {
            level.Know(client, isSilent);
        }
    }

    /// <summary>Null: nobody.</summary>
    private WaitingRequest? WhoHasToGoFor(Assign request)
    {
        var share = countMax / LowerShare;
        var level = _levels[JobPriority.High - request.Priority];
        if (level.Count < share)
        {
            return _levels.MaxBy(other => other.Count)!.Longest!.Requests.Last!.Value;
        }

        var lowest = Array.FindLast(_levels, other => other.Count > share);
        if (lowest is null || lowest.Priority > request.Priority)
        {
            return null;
        }

        var longest = lowest.Longest!;
        var own = lowest.LineOf(request.Finished!.Client)?.Requests.Count ?? 0;
        return lowest.Priority < request.Priority || longest.Requests.Count > own + 1 ? longest.Requests.Last!.Value : null;
    }

    private void SayLater(WaitingRequest waiting, TimeSpan now) =>
        _due.Set(waiting, waiting.End - now < SayInterval ? waiting.End : now + SayInterval);
}

/// <summary>Numbers for requests that wait: each above the one before.</summary>
public sealed class TicketNumbers
{
    private long _last;

    /// <summary>The next one.</summary>
    public long Next() => ++_last;
}
