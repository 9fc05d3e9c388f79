namespace AkkaLb.Core.Policies;

/// <summary>A table of workers in which each hash has a place. When the worker there has no room, the key is hashed again.</summary>
/// <remarks>
/// <para>Maglev (Eisenbud and others, "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016). Each worker has a permutation of all
/// places, by a start and a step. In turn they take the first place of theirs that is free, until none is. A worker takes as many places in a turn as
/// its rate says. A change moves more keys than it must, as whoever loses a place takes another one.</para>
/// <para>To go on to the neighbour would hand the whole load of a full worker to one other; each further hash of the key jumps anywhere (Chen,
/// Coleman and Shrivastava, "Revisiting Consistent Hashing with Bounded Loads", arXiv 1908.08762). With the default bound four fifths of all places
/// are those of full workers at worst, so on average it takes five jumps then. After <see cref="JumpsMax"/> all workers are looked at in
/// turn.</para>
/// </remarks>
public sealed class MaglevOrder : IKeyOrder
{
    /// <summary>A prime number, so that every step comes to all places.</summary>
    private const int Size = 65_537;
    private const int JumpsMax = 64;

    private readonly int[] _table = new int[Size];
    private Candidate[] _members = [];

    public void Rebuild(Candidate[] eligible)
    {
        // The order of turns is that of the hashes: the same for everybody, and a worker that registers again has its old one.
        var hashes = Array.ConvertAll(eligible, c => c.IdHash);
        _members = [.. eligible];
        Array.Sort(hashes, _members);
        if (_members.Length > 0)
        {
            Fill(hashes, Turns());
        }
    }

    public Candidate? First(ulong key, in Room room)
    {
        if (_members.Length == 0)
        {
            return null;
        }

        for (var jump = 0; jump < JumpsMax; jump++)
        {
            if (_members[_table[KeyHash.Place(key, Size)]] is var member && room.Has(member))
            {
                return member;
            }

            key = KeyHash.Next(key);
        }

        var start = KeyHash.Place(key, _members.Length);
        for (var passed = 0; passed < _members.Length; passed++)
        {
            if (_members[(start + passed) % _members.Length] is var member && room.Has(member))
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>How many places each takes in a turn: its rate by a power of two, between one and two on average. So a join or a leave changes it for
    /// all only when the mean passes such a power.</summary>
    private double[] Turns()
    {
        var sum = 0.0;
        foreach (var member in _members)
        {
            sum += member.RegisteredRate;
        }

        var unit = Math.ScaleB(1, Math.ILogB(sum / _members.Length));
        return Array.ConvertAll(_members, c => c.RegisteredRate / unit);
    }

    private void Fill(ulong[] hashes, double[] turns)
    {
        var next = Array.ConvertAll(hashes, h => KeyHash.Place(h, Size));
        var steps = Array.ConvertAll(hashes, h => 1 + KeyHash.Place(KeyHash.Next(h), Size - 1));

        // Parts of a place are rounded up for some and down for others.
        var taken = Array.ConvertAll(hashes, h => (uint)h / (double)(1L << 32));
        Array.Fill(_table, -1);
        for (var free = Size; free > 0;)
        {
            for (var i = 0; i < turns.Length; i++)
            {
                taken[i] += turns[i];
                for (; taken[i] >= 1 && free > 0; taken[i]--, free--)
                {
                    Take(i, ref next[i], steps[i]);
                }
            }
        }
    }

    private void Take(int member, ref int next, int step)
    {
        while (_table[next] >= 0)
        {
            next = After(next, step);
        }

        _table[next] = member;
        next = After(next, step);
    }

    private static int After(int place, int step) => place + step is var sum && sum < Size ? sum : sum - Size;
}
