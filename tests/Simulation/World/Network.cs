using AkkaLb.Simulation.Checks;

namespace AkkaLb.Simulation.World;

/// <summary>What Akka.Remote and TCP make of messages between processes.</summary>
/// <remarks>
/// <para>One connection between two processes serves both ways. What is sent on it arrives in order and at most once. The first message to an address
/// dials. While that takes, messages wait. A dial that fails is an event, then the messages that waited come back as dead letters, and the address
/// is closed for a second: what is sent then comes back at once. When a connection breaks, the side that lives learns of it a moment later. What
/// it sent since is gone without a trace, or comes back as a dead letter after the event, not always in order.</para>
/// <para>While the network between two processes is cut, TCP repeats what is lost. After 12 s without an acknowledgement each side ends the
/// connection. A process that stands still acknowledges: its kernel does.</para>
/// <para><c>docs/simulation.md</c> names what was compared with the real ones, and how.</para>
/// </remarks>
internal sealed partial class Network(Run run)
{
    /// <summary>How long an address is closed after a failure: <c>retry-gate-closed-for</c>.</summary>
    public static readonly TimeSpan GateFor = TimeSpan.FromSeconds(1);

    /// <summary>Without an acknowledgement for so long a connection ends: <c>TCP_USER_TIMEOUT</c> of AkkaLb's transport.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(12);

    /// <summary>How long a dial may take: <c>connection-timeout</c>, and as long for the handshake.</summary>
    public static readonly TimeSpan DialMax = TimeSpan.FromSeconds(15);

    /// <summary>Within so much after the event come the dead letters of what could no longer be written.</summary>
    private static readonly TimeSpan UnwrittenWithin = TimeSpan.FromMilliseconds(10);

    /// <summary>Akka's own heartbeats on an idle connection.</summary>
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(4);

    /// <summary>When TCP dials again what was not answered.</summary>
    private static readonly TimeSpan[] DialAgain = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(7)];

    private readonly Random _random = run.Draws.For("network");
    private readonly Dictionary<string, Process> _byAddress = new(StringComparer.Ordinal);
    private readonly Dictionary<(int From, int To), Link> _links = [];
    private readonly List<Connection> _connections = [];
    private readonly Dictionary<(int From, int To), Road> _roads = [];

    private TimeSpan Now => run.Clockwork.Now;

    public void Add(Process process) => _byAddress.Add(process.Address, process);

    public Process? At(string address) => _byAddress.GetValueOrDefault(address);

    /// <summary>Sends, as <c>Tell</c> to a reference at another node does.</summary>
    public void Send(Process from, string address, string target, object message, string replyTo)
    {
        run.Clockwork.Note(from.Number, message);
        if (_byAddress.GetValueOrDefault(address) is not { } to)
        {
            from.Locally(() => from.OnDeadLetter(message));
            return;
        }

        if (to == from)
        {
            from.Locally(() => from.Receive(from.Address, replyTo, target, message));
            return;
        }

        var link = LinkOf(from, to);
        var envelope = new Envelope(target, message, replyTo);
        switch (link.State)
        {
            case LinkState.Open:
                Transmit(link.Connection!, from, envelope);
                break;
            case LinkState.Closed when Now < link.ClosedUntil:
                run.Marks.Reach(Mark.DeadLetterBehindClosedGate);
                from.Locally(() => from.OnDeadLetter(message));
                break;
            case LinkState.Dialling:
                link.Waiting.Add(envelope);
                break;
            default:
                link.Waiting.Add(envelope);
                Dial(from, to, link);
                break;
        }
    }

    /// <summary>A process has ended: its connections with it.</summary>
    public void Ended(Process process, bool inOrder)
    {
        foreach (var connection in _connections.Where(c => c.Has(process)).ToList())
        {
            // What it has written may still be on its way; in order, all of it arrives before the end does.
            var other = connection.Other(process);
            connection.CutOff(process, inOrder ? TimeSpan.MaxValue : Now + _random.Upto(TimeSpan.FromMilliseconds(2)));
            connection.EndedBy = process;
            connection.BreakFor(process);
            if (connection.IsBroken)
            {
                _connections.Remove(connection);
                continue;
            }

            if (IsCut(other, process) || IsCut(process, other))
            {
                // Nobody hears of it before the network is back or the silence has lasted.
                run.Marks.Reach(Mark.KilledBehindACut);
                continue;
            }

            connection.IsEnding = !inOrder;
            var notice = inOrder ? TimeSpan.Zero : _random.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(60));
            BreakAt(connection, connection.LastArrival(other) is { } last && inOrder && last > Now + notice ? last : Now + notice, other);
        }

        _connections.RemoveAll(c => c.IsBroken);
        ResetDialsTo(process);
        foreach (var key in _links.Keys.Where(k => k.From == process.Number).ToList())
        {
            _links.Remove(key);
        }
    }

    /// <summary>Nothing gets from one to the other from now on.</summary>
    public void Cut(Process from, Process to)
    {
        var road = RoadOf(from, to);
        road.IsCut = true;
        var connection = _connections.Find(c => c.Has(from) && c.Has(to) && !c.IsBroken);
        if (connection is not null && connection.SilentSince is null)
        {
            connection.SilentSince = Now;
            var silence = SilenceMax + _random.Upto(HeartbeatEvery);
            run.Clockwork.After(silence, () => EndSilent(connection));
        }
    }

    public void Heal(Process from, Process to)
    {
        var road = RoadOf(from, to);
        if (!road.IsCut)
        {
            return;
        }

        road.IsCut = false;
        if (IsCut(to, from))
        {
            return;
        }

        foreach (var connection in _connections.Where(c => c.Has(from) && c.Has(to) && !c.IsBroken).ToList())
        {
            if (connection.EndedBy is { } dead)
            {
                // The first repetition is refused.
                BreakAt(connection, Now + _random.Upto(HeartbeatEvery), connection.Other(dead));
                continue;
            }

            // TCP waits longer before each repetition: about as long again as the cut has lasted.
            var lasted = Now - (connection.SilentSince ?? Now);
            connection.SilentSince = null;
            var back = _random.Upto(lasted < TimeSpan.FromSeconds(4) ? lasted : TimeSpan.FromSeconds(4));
            connection.Release(run, Now + back);
        }
    }

    /// <summary>Everything that goes this way takes so much longer.</summary>
    public void Clog(Process from, Process to, TimeSpan delay) => RoadOf(from, to).Clog = delay;

    /// <summary>The connection between the two is torn, as by a router that has forgotten it.</summary>
    public void Reset(Process a, Process b)
    {
        foreach (var connection in _connections.Where(c => c.Has(a) && c.Has(b) && !c.IsBroken && c.EndedBy is null).ToList())
        {
            connection.CutOff(a, Now);
            connection.CutOff(b, Now);
            connection.IsEnding = true;
            BreakAt(connection, Now + _random.Upto(TimeSpan.FromMilliseconds(2)), a);
            BreakAt(connection, Now + _random.Upto(TimeSpan.FromMilliseconds(2)), b);
        }
    }

    /// <summary>Neither is anything cut between the two, nor does it take long.</summary>
    public bool IsClear(Process a, Process b) =>
        !_roads.Any(r => (r.Key == (a.Number, b.Number) || r.Key == (b.Number, a.Number)) && (r.Value.IsCut || r.Value.Clog > TimeSpan.Zero));

    public bool IsCut(Process from, Process to) => _roads.TryGetValue((from.Number, to.Number), out var road) && road.IsCut;

    /// <summary>Connections of which one end is gone and the other does not know it.</summary>
    public IEnumerable<string> HalfOpen() =>
        _connections.Where(c => c.IsBrokenFor(c.A) != c.IsBrokenFor(c.B)).Select(c => $"{c.A.Name} and {c.B.Name}");

    public void HealAll()
    {
        foreach (var ((from, to), road) in _roads.OrderBy(x => x.Key).ToList())
        {
            var (a, b) = (run.Processes[from], run.Processes[to]);
            if (!IsClear(a, b))
            {
                (a.DisturbedAt, b.DisturbedAt) = (Now, Now);
            }

            road.Clog = TimeSpan.Zero;
            Heal(a, b);
        }
    }

    /// <summary>Its kernel had accepted them, and ends them with the process.</summary>
    private void ResetDialsTo(Process process)
    {
        foreach (var ((from, _), link) in _links.Where(l => l.Key.To == process.Number && l.Value.IsAccepted).OrderBy(l => l.Key).ToList())
        {
            var (dialler, dial) = (run.Processes[from], link.Dials);
            if (!IsCut(dialler, process) && !IsCut(process, dialler))
            {
                var notice = _random.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(60));
                dialler.After(notice, () => FailDial(dialler, process, link, dial, "the connection was reset"));
            }
        }
    }

    private void Dial(Process from, Process to, Link link)
    {
        link.IsAccepted = false;
        link.State = LinkState.Dialling;
        link.DialledAt = Now;
        var dial = ++link.Dials;
        Try(0);

        void Try(int again) => from.After(Delay(from, to) + Delay(to, from), () =>
        {
            if (link.State != LinkState.Dialling || link.Dials != dial)
            {
                return;
            }

            if (IsCut(from, to) || IsCut(to, from))
            {
                if (again < DialAgain.Length)
                {
                    run.Clockwork.At(link.DialledAt + DialAgain[again], () => from.Post(() => Try(again + 1)));
                }
                else
                {
                    run.Clockwork.At(link.DialledAt + DialMax, () => from.Post(() => FailDial(from, to, link, dial, "the dial timed out")));
                }
            }
            else if (!to.IsUp)
            {
                FailDial(from, to, link, dial, "connection refused");
            }
            else if (to.IsFrozen)
            {
                // Its kernel accepts; Akka does not answer before it runs again.
                link.IsAccepted = true;
                var life = to.Life;
                to.Post(() =>
                {
                    if (link.State == LinkState.Dialling && link.Dials == dial && to.Life == life)
                    {
                        from.Post(() => Open(from, to, link));
                    }
                    else if (to.Life == life)
                    {
                        // What it accepts is over already.
                        to.OnConnected(from.Address);
                        to.OnConnectionLost(from.Address, "the connection was lost");
                        if (LinkOf(to, from) is { State: not LinkState.Open } back)
                        {
                            Close(back);
                        }
                    }
                });
                run.Clockwork.At(link.DialledAt + DialMax, () => from.Post(() => FailDial(from, to, link, dial, "no handshake")));
            }
            else
            {
                Open(from, to, link);
            }
        });
    }

    private void Open(Process from, Process to, Link link)
    {
        if (!to.IsUp || !from.IsUp || link.State == LinkState.Open)
        {
            return;
        }

        var connection = new Connection(from, to);
        _connections.Add(connection);
        var back = LinkOf(to, from);
        Use(from, link, connection);
        if (back is { State: LinkState.Open, Connection: { EndedBy: not null } former })
        {
            // Another process is there now: the connection with the one before it is over. Which of the two events comes first is open.
            run.Marks.Reach(Mark.AnotherProcessAtTheSameAddressDials);
            if (_random.Chance(0.5))
            {
                Break(former, to, isTwice: false);
            }
            else
            {
                _connections.Remove(former);
                (back.State, back.Connection) = (LinkState.Idle, null);
                to.Post(() =>
                {
                    Use(to, back, connection);
                    to.OnConnectionLost(from.Address, "the connection was lost");
                });
                return;
            }
        }

        // A connection that comes in is used for the way back too, also where the address was closed.
        to.Post(() => Use(to, back, connection));
    }

    private void Use(Process process, Link link, Connection connection)
    {
        if (connection.IsBroken || link.State == LinkState.Open)
        {
            return;
        }

        (link.State, link.Connection) = (LinkState.Open, connection);
        process.OnConnected(connection.Other(process).Address);
        foreach (var envelope in link.TakeWaiting())
        {
            Transmit(connection, process, envelope);
        }
    }

    private void FailDial(Process from, Process to, Link link, int dial, string seen)
    {
        if (link.State != LinkState.Dialling || link.Dials != dial)
        {
            return;
        }

        run.Marks.Reach(Mark.DialFailed);
        Close(link);
        from.OnConnectionLost(to.Address, seen);
        var unsent = link.TakeWaiting();
        from.After(_random.Between(TimeSpan.FromMilliseconds(4), TimeSpan.FromMilliseconds(40)), () =>
        {
            unsent.ForEach(e => from.OnDeadLetter(e.Message));
            from.OnConnectionLost(to.Address, seen);
        });
    }

    private void Transmit(Connection connection, Process from, Envelope envelope)
    {
        var to = connection.Other(from);
        var arrival = connection.Arrival(from, Now + Delay(from, to));
        if (connection.EndedBy is not null)
        {
            run.Marks.Reach(Mark.SentToTheDeadBeforeTheEvent);
        }

        if (connection.IsEnding && (connection.Unwritten.Exists(u => u.From == from) || _random.Chance(0.2)))
        {
            // The kernel takes no more: this waits in a buffer, and so does all that follows.
            connection.Unwritten.Add((from, envelope.Message));
            return;
        }

        if (connection.EndedBy is not null)
        {
            return;
        }

        var (life, fromAddress) = (to.Life, from.Address);
        var sent = new Sent(connection, from, () => Deliver(connection, from, to, life, fromAddress, envelope));
        run.Clockwork.At(arrival, () => Arrive(sent, to));
    }

    private void Arrive(Sent sent, Process to)
    {
        if (IsCut(sent.From, to))
        {
            sent.Connection.Held.Add(sent);
        }
        else if (Now < sent.Connection.HeldUntil)
        {
            // Behind what is repeated.
            run.Clockwork.At(sent.Connection.Arrival(sent.From, sent.Connection.HeldUntil), () => Arrive(sent, to));
        }
        else
        {
            sent.Deliver();
        }
    }

    private static void Deliver(Connection connection, Process from, Process to, int life, string fromAddress, Envelope e)
    {
        if (!connection.IsBrokenFor(to) && !connection.IsCutOff(from, to.Run.Clockwork.Now) && to.Life == life && to.IsUp)
        {
            to.Post(() => to.Receive(fromAddress, e.ReplyTo, e.Target, e.Message));
        }
    }

    private void EndSilent(Connection connection)
    {
        if (connection.SilentSince is not null && !connection.IsBroken)
        {
            run.Marks.Reach(Mark.ConnectionEndedBySilence);
            BreakAt(connection, Now, connection.A);
            BreakAt(connection, Now + _random.Upto(HeartbeatEvery), connection.B);
        }
    }

    /// <summary>One side learns that it is over: what waits to be read is read first.</summary>
    private void BreakAt(Connection connection, TimeSpan at, Process side)
    {
        var life = side.Life;
        run.Clockwork.At(at, () =>
        {
            if (side.Life == life && side.IsUp)
            {
                side.Post(() => Break(connection, side, isTwice: true));
            }
        });
    }

    /// <param name="isTwice">Akka tells of the same loss twice, except where another connection takes the place.</param>
    private void Break(Connection connection, Process side, bool isTwice)
    {
        if (connection.IsBrokenFor(side))
        {
            return;
        }

        connection.BreakFor(side);
        var other = connection.Other(side);
        var link = LinkOf(side, other);
        if (link.Connection == connection)
        {
            Close(link);
            side.OnConnectionLost(other.Address, "the connection was lost");
            if (isTwice)
            {
                // Something else may come between.
                side.Locally(() => side.OnConnectionLost(other.Address, "the connection was lost"));
            }

            foreach (var (_, message) in connection.Unwritten.Where(u => u.From == side))
            {
                // Later than what is sent from now on, perhaps.
                side.After(_random.Upto(UnwrittenWithin), () => side.OnDeadLetter(message));
            }
        }

        if (connection.IsBroken)
        {
            _connections.Remove(connection);
        }
    }

    private void Close(Link link) => (link.State, link.Connection, link.ClosedUntil) = (LinkState.Closed, null, Now + GateFor);

    private TimeSpan Delay(Process from, Process to)
    {
        var delay = _random.Between(TimeSpan.FromMilliseconds(0.05), TimeSpan.FromMilliseconds(1.5));
        return _roads.TryGetValue((from.Number, to.Number), out var road) ? delay + road.Clog : delay;
    }

    private Link LinkOf(Process from, Process to)
    {
        if (!_links.TryGetValue((from.Number, to.Number), out var link))
        {
            _links.Add((from.Number, to.Number), link = new Link());
        }

        return link;
    }

    private Road RoadOf(Process from, Process to)
    {
        if (!_roads.TryGetValue((from.Number, to.Number), out var road))
        {
            _roads.Add((from.Number, to.Number), road = new Road());
        }

        return road;
    }
}
