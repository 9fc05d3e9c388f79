namespace AkkaLb.Simulation.World;

/// <summary>Virtual time: what is to happen, in order, and a hash of what has happened.</summary>
internal sealed class Clockwork
{
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _agenda = new();
    private readonly Dictionary<Type, long> _types = [];
    private long _order;

    public TimeSpan Now { get; private set; }

    /// <summary>How many things have happened.</summary>
    public long Events { get; private set; }

    /// <summary>Of everything that has happened, in order: two runs with the same hash were the same run.</summary>
    public ulong TraceHash { get; private set; } = StableHash.Start;

    public void At(TimeSpan at, Action act) => _agenda.Enqueue(act, (at < Now ? Now : at, ++_order));

    public void After(TimeSpan delay, Action act) => At(Now + delay, act);

    /// <summary>Runs until that time; what is due then has happened.</summary>
    public void RunUntil(TimeSpan end)
    {
        while (_agenda.TryPeek(out _, out var next) && next.At <= end)
        {
            var act = _agenda.Dequeue();
            Now = next.At;
            Events++;
            TraceHash = StableHash.Of(TraceHash, Now.Ticks);
            act();
        }

        Now = end;
    }

    /// <summary>Puts a number that shows, of a job or a member, into the hash.</summary>
    public void Note(long number) => TraceHash = StableHash.Of(TraceHash, number);

    /// <summary>Puts something that shows into the hash: who, and what kind of thing.</summary>
    public void Note(int who, object what)
    {
        var type = what.GetType();
        if (!_types.TryGetValue(type, out var number))
        {
            _types.Add(type, number = (long)StableHash.Of(StableHash.Start, type.FullName!));
        }

        TraceHash = StableHash.Of(StableHash.Of(TraceHash, who), number);
    }
}
