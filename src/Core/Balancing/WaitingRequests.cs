using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Balancing;

/// <summary>Requests that wait until a place is free.</summary>
/// <remarks>Each client has a line of its own, first come first served, and the lines take turns: a client with many requests delays its own. When
/// there is no room for another one, the last of the longest line has to go, unless the new one's own line would be as long then.</remarks>
/// <param name="countMax">How many wait at most.</param>
/// <param name="waitMax">How long each waits at most.</param>
/// <param name="tickets">Where their numbers come from; null: they are its own.</param>
internal sealed class WaitingRequests(int countMax, TimeSpan waitMax, TicketNumbers? tickets = null)
{
    /// <summary>So often is a client told that its request still waits.</summary>
    public static readonly TimeSpan SayInterval = TimeSpan.FromSeconds(2);

    private readonly Dictionary<(long Client, long Request), WaitingRequest> _requests = [];
    private readonly Dictionary<long, Line> _lines = [];
    private readonly LinkedList<Line> _turns = [];
    private readonly SortedSet<Line> _byLength = new(
        Comparer<Line>.Create((a, b) => (a.Requests.Count, a.Client).CompareTo((b.Requests.Count, b.Client))));
    private readonly DueQueue<WaitingRequest> _due = new();
    private readonly SortedSet<WaitingRequest> _byAge = new(Comparer<WaitingRequest>.Create((a, b) => a.Ticket.CompareTo(b.Ticket)));
    private readonly TicketNumbers _tickets = tickets ?? new TicketNumbers();

    public int Count => _requests.Count;

    /// <summary>When the first has waited long enough, or is to be told that it still waits; null: none waits.</summary>
    public TimeSpan? NextDue => _due.NextDue;

    /// <summary>How many clients wait.</summary>
    public int LineCount => _turns.Count;

    /// <summary>Puts a request at the end of its client's line.</summary>
    /// <param name="request">Of a client that tells when its picks end.</param>
    /// <param name="hasToGo">Another one that had to make room for it; null: none.</param>
    /// <returns>Null when there is no room or no time for it.</returns>
    public WaitingRequest? Add(Assign request, TimeSpan now, out WaitingRequest? hasToGo)
    {
        hasToGo = null;
        var client = request.Finished!.Client;
        var time = request.Remaining < waitMax ? request.Remaining : waitMax;
        if (time <= TimeSpan.Zero)
        {
            return null;
        }

        if (Count >= countMax)
        {
            var own = _lines.GetValueOrDefault(client)?.Requests.Count ?? 0;
            if (_byLength.Max is not { } longest || longest.Requests.Count <= own + 1)
            {
                return null;
            }

            hasToGo = longest.Requests.Last!.Value;
            Remove(hasToGo);
        }

        if (!_lines.TryGetValue(client, out var line))
        {
            _lines.Add(client, line = new Line(client));
            line.Turn = _turns.AddLast(line);
        }

        // What rode on it has been taken.
        var waiting = new WaitingRequest(request with { Finished = request.Finished with { Picks = [] } }, line, _tickets.Next(), now, now + time);
        _requests.Add((client, request.RequestId), waiting);
        line.HeardAt = now;
        line.Numbers.Add(request.RequestId);
        _byLength.Remove(line);
        waiting.Place = line.Requests.AddLast(waiting);
        _byLength.Add(line);
        _byAge.Add(waiting);
        SayLater(waiting, now);
        return waiting;
    }

    /// <summary>How long the one has waited that came first.</summary>
    public TimeSpan LongestWait(TimeSpan now) => _byAge.Min is { } first ? now - first.Since : TimeSpan.Zero;

    /// <summary>The request at the head of the line whose turn it is. The turn passes on.</summary>
    public WaitingRequest Next()
    {
        var turn = _turns.First!;
        _turns.RemoveFirst();
        _turns.AddLast(turn);
        return turn.Value.Requests.First!.Value;
    }

    /// <summary>The client has said something.</summary>
    public void Heard(long client, TimeSpan now)
    {
        if (_lines.TryGetValue(client, out var line))
        {
            line.HeardAt = now;
        }
    }

    /// <summary>The request of this number; null: it does not wait.</summary>
    public WaitingRequest? Find(long client, long request) => _requests.GetValueOrDefault((client, request));

    /// <summary>One of a client's that has a smaller number; null: there is none.</summary>
    public WaitingRequest? FindBefore(long client, long request) =>
        _lines.TryGetValue(client, out var line) && line.Numbers.Min is var least && least < request ? _requests[(client, least)] : null;

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
        var line = waiting.Line;
        _requests.Remove((line.Client, waiting.Request.RequestId));
        _due.Remove(waiting);
        _byAge.Remove(waiting);
        line.Numbers.Remove(waiting.Request.RequestId);
        _byLength.Remove(line);
        line.Requests.Remove(waiting.Place!);
        if (line.Requests.Count > 0)
        {
            _byLength.Add(line);
            return;
        }

        _lines.Remove(line.Client);
        _turns.Remove(line.Turn!);
    }

    private void SayLater(WaitingRequest waiting, TimeSpan now) =>
        _due.Set(waiting, waiting.End - now < SayInterval ? waiting.End : now + SayInterval);

    /// <summary>What one client waits for; never empty.</summary>
    internal sealed class Line(long client)
    {
        public long Client => client;

        public LinkedList<WaitingRequest> Requests { get; } = [];

        /// <summary>Of these.</summary>
        public SortedSet<long> Numbers { get; } = [];

        public LinkedListNode<Line>? Turn { get; set; }

        /// <summary>When the client said something last.</summary>
        public TimeSpan HeardAt { get; set; }

        /// <summary>One that cannot be served by whoever is free goes to the end: the others need not wait for it.</summary>
        public void LetOthersPass(WaitingRequest waiting)
        {
            Requests.Remove(waiting.Place!);
            Requests.AddLast(waiting.Place!);
        }
    }
}

/// <summary>Numbers for requests that wait: each above the one before.</summary>
public sealed class TicketNumbers
{
    private long _last;

    /// <summary>The next one.</summary>
    public long Next() => ++_last;
}

/// <summary>A request that waits.</summary>
/// <param name="Line">Of its client.</param>
/// <param name="Ticket">Names it to the shell; rises.</param>
/// <param name="Since">When it came.</param>
/// <param name="End">When it has waited long enough.</param>
internal sealed record WaitingRequest(Assign Request, WaitingRequests.Line Line, long Ticket, TimeSpan Since, TimeSpan End)
{
    /// <summary>In the line.</summary>
    public LinkedListNode<WaitingRequest>? Place { get; set; }

    public bool Equals(WaitingRequest? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Ticket.GetHashCode();
}
