namespace AkkaLb.Core.Balancing;

/// <summary>Requests of one priority that wait.</summary>
/// <remarks>Each client has a line of its own, first come first served, and the lines take turns: a client with many requests delays its
/// own.</remarks>
internal sealed class WaitingLevel(JobPriority priority)
{
    private readonly Dictionary<long, WaitingLine> _lines = [];
    private readonly LinkedList<WaitingLine> _turns = [];

    /// <summary>Those of silent clients.</summary>
    private readonly LinkedList<WaitingLine> _aside = [];
    private readonly SortedSet<WaitingLine> _byLength = new(
        Comparer<WaitingLine>.Create((a, b) => (a.Requests.Count, a.Client).CompareTo((b.Requests.Count, b.Client))));

    public JobPriority Priority => priority;

    public int Count { get; private set; }

    /// <summary>Places that it has got since a lower level got one, while a lower one waited.</summary>
    public int PlacesAhead { get; set; }

    /// <summary>Null: none waits.</summary>
    public WaitingLine? Longest => _byLength.Max;

    /// <summary>Null: the client does not wait here.</summary>
    public WaitingLine? LineOf(long client) => _lines.GetValueOrDefault(client);

    /// <summary>Whether a client waits here that is not silent.</summary>
    public bool IsAnyoneThere => _turns.Count > 0;

    /// <summary>The request at the head of the line whose turn it is: silent clients have theirs when nobody else waits. The turn passes
    /// on.</summary>
    public WaitingRequest Next()
    {
        var turns = _turns.Count > 0 ? _turns : _aside;
        var turn = turns.First!;
        turns.RemoveFirst();
        turns.AddLast(turn);
        return turn.Value.Requests.First!.Value;
    }

    /// <summary>The client has said nothing for a while, or says something again.</summary>
    public void Know(long client, bool isSilent)
    {
        var (from, to) = isSilent ? (_turns, _aside) : (_aside, _turns);
        if (LineOf(client) is { Turn: { } turn } && turn.List == from)
        {
            from.Remove(turn);
            to.AddLast(turn);
        }
    }

    /// <summary>Puts a request at the end of its client's line.</summary>
    public WaitingRequest Add(Assign request, long ticket, TimeSpan now, TimeSpan end)
    {
        var client = request.Finished!.Client;
        if (!_lines.TryGetValue(client, out var line))
        {
            _lines.Add(client, line = new WaitingLine(this, client));
            line.Turn = _turns.AddLast(line);
        }

        var waiting = new WaitingRequest(request, line, ticket, now, end);
        line.Numbers.Add(request.RequestId);
        _byLength.Remove(line);
        waiting.Place = line.Requests.AddLast(waiting);
        _byLength.Add(line);
        Count++;
        return waiting;
    }

    /// <summary>It waits no more.</summary>
    public void Remove(WaitingRequest waiting)
    {
        var line = waiting.Line;
        line.Numbers.Remove(waiting.Request.RequestId);
        _byLength.Remove(line);
        line.Requests.Remove(waiting.Place!);
        Count--;
        if (line.Requests.Count > 0)
        {
            _byLength.Add(line);
            return;
        }

        _lines.Remove(line.Client);
        line.Turn!.List!.Remove(line.Turn);
    }
}

/// <summary>What one client waits for at one level; never empty.</summary>
internal sealed class WaitingLine(WaitingLevel level, long client)
{
    public WaitingLevel Level => level;

    public long Client => client;

    public LinkedList<WaitingRequest> Requests { get; } = [];

    /// <summary>Of these.</summary>
    public SortedSet<long> Numbers { get; } = [];

    public LinkedListNode<WaitingLine>? Turn { get; set; }

    /// <summary>One that cannot be served by whoever is free goes to the end: the others need not wait for it.</summary>
    public void LetOthersPass(WaitingRequest waiting)
    {
        Requests.Remove(waiting.Place!);
        Requests.AddLast(waiting.Place!);
    }
}

/// <summary>A request that waits.</summary>
/// <param name="Line">Of its client.</param>
/// <param name="Ticket">Names it to the shell; rises.</param>
/// <param name="Since">When it came.</param>
/// <param name="End">When it has waited long enough.</param>
internal sealed record WaitingRequest(Assign Request, WaitingLine Line, long Ticket, TimeSpan Since, TimeSpan End)
{
    /// <summary>In the line.</summary>
    public LinkedListNode<WaitingRequest>? Place { get; set; }

    public bool Equals(WaitingRequest? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Ticket.GetHashCode();
}
