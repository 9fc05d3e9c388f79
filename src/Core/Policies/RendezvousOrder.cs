using System.Numerics;
using System.Runtime.CompilerServices;

namespace AkkaLb.Core.Policies;

/// <summary>By score: each worker has one for each key, -rate / ln(h), where h is a hash of both that looks drawn from between 0 and 1.</summary>
/// <remarks>
/// <para>Rendezvous hashing (Thaler and Ravishankar, 1998) with weights (Schindelhauer and Schomaker, 2005). A worker's score does not depend on the
/// others. So a leave moves exactly the keys of the one that left, a join exactly those that the new one is first for, and a rate that changes moves
/// keys to or from that worker alone.</para>
/// <para>Looking at everybody takes time, though several are looked at in one step. So the first few of a key are remembered, for as many keys as the
/// table has room for and until membership changes. Trees and rings take logarithmic time for every key, but move more keys than these, or
/// spread them less evenly.</para>
/// </remarks>
public sealed class RendezvousOrder : IKeyOrder
{
    private const int Remembered = 4;
    private const int KeysMin = 1 << 10;
    private const int KeysMax = 1 << 16;
    private const int KeysOfWorker = 64;

    /// <summary>A key has so many places that it may take. With one, two keys of the same place would drive out each other time and again.</summary>
    private const int Ways = 8;
    private const double Hashes = 1L << 32;

    private Candidate[] _members = [];
    private uint[] _low = [];
    private uint[] _high = [];
    private Group[] _groups = [];
    private Ranking[] _rankings = new Ranking[KeysMin];
    private int _version;
    private int _count;
    private int _replaced;

    public void Rebuild(Candidate[] eligible)
    {
        // Each group begins at a whole step; nobody stands at the places behind its end.
        Group[] groups = [.. eligible.CountBy(c => c.RegisteredRate).Select(g => new Group(g.Key, 0, g.Value))];
        var end = 0;
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = groups[i] with { Start = end };
            end += (groups[i].Count + Vector<uint>.Count - 1) / Vector<uint>.Count * Vector<uint>.Count;
        }

        var next = groups.ToDictionary(g => g.Rate, g => g.Start);
        (_members, _low, _high) = (new Candidate[end], new uint[end], new uint[end]);
        foreach (var candidate in eligible)
        {
            var place = next[candidate.RegisteredRate]++;
            (_members[place], _low[place], _high[place]) = (candidate, (uint)candidate.IdHash, (uint)(candidate.IdHash >> 32));
        }

        (_groups, _count) = (groups, eligible.Length);
        _version++;
        var keys = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(eligible.Length * (long)KeysOfWorker, KeysMin, KeysMax));
        if (keys != _rankings.Length)
        {
            _rankings = new Ranking[keys];
        }
    }

    public Candidate? First(ulong key, in Room room)
    {
        ref var ranking = ref RankingOf(key);
        for (var rank = 0; rank < ranking.Count; rank++)
        {
            if (_members[ranking.Places[rank]] is var member && room.Has(member))
            {
                return member;
            }
        }

        return ranking.Count < _count ? FirstOfAll(key, room) : null;
    }

    private ref Ranking RankingOf(ulong key)
    {
        var ways = _rankings.AsSpan((int)(key & (ulong)((_rankings.Length / Ways) - 1)) * Ways, Ways);
        foreach (ref var known in ways)
        {
            if (known.Key == key && known.Version == _version)
            {
                return ref known;
            }
        }

        ref var replaced = ref ways[_replaced++ & (Ways - 1)];
        Rank(key, ref replaced);
        return ref replaced;
    }

    private void Rank(ulong key, ref Ranking ranking)
    {
        Span<Ranked> best = stackalloc Ranked[Remembered];
        var count = Best(key, best, hasRoom: false, default);
        (ranking.Key, ranking.Version, ranking.Count) = (key, _version, count);
        for (var rank = 0; rank < count; rank++)
        {
            ranking.Places[rank] = best[rank].Place;
        }
    }

    private Candidate? FirstOfAll(ulong key, in Room room)
    {
        Span<Ranked> best = stackalloc Ranked[1];
        return Best(key, best, hasRoom: true, room) == 0 ? null : _members[best[0].Place];
    }

    /// <summary>Fills in those with the best scores, the best one first.</summary>
    /// <param name="hasRoom">Only among those that have room.</param>
    /// <returns>How many there are.</returns>
    private int Best(ulong key, Span<Ranked> best, bool hasRoom, in Room room)
    {
        var count = 0;
        var (low, high) = (new Vector<uint>((uint)key), new Vector<uint>((uint)(key >> 32)));
        foreach (var group in _groups)
        {
            var least = count < best.Length ? 0 : LeastHash(group.Rate, best[^1].Score);
            for (var step = group.Start; step < group.Start + group.Count; step += Vector<uint>.Count)
            {
                var hashes = Mix(new Vector<uint>(_low, step) ^ low, new Vector<uint>(_high, step) ^ high);
                if (!Vector.GreaterThanOrEqualAny(hashes, new Vector<uint>(least)))
                {
                    continue;
                }

                var end = Math.Min(Vector<uint>.Count, group.Start + group.Count - step);
                for (var i = 0; i < end; i++)
                {
                    if (hashes[i] >= least && (!hasRoom || room.Has(_members[step + i])))
                    {
                        count = Insert(new Ranked(Score(group.Rate, hashes[i]), step + i), best, count);
                        least = count < best.Length ? 0 : LeastHash(group.Rate, best[^1].Score);
                    }
                }
            }
        }

        return count;
    }

    private int Insert(Ranked one, Span<Ranked> best, int count)
    {
        var rank = Math.Min(count, best.Length - 1);
        if (count == best.Length && !IsBetter(one, best[rank]))
        {
            return count;
        }

        for (; rank > 0 && IsBetter(one, best[rank - 1]); rank--)
        {
            best[rank] = best[rank - 1];
        }

        best[rank] = one;
        return Math.Min(count + 1, best.Length);
    }

    /// <summary>Equal scores are rare, but where there are any, every balancer has to prefer the same worker.</summary>
    private bool IsBetter(Ranked a, Ranked b) =>
        a.Score > b.Score || (a.Score == b.Score && _members[a.Place].IdHash < _members[b.Place].IdHash);

    /// <summary>Among workers of one rate the order is that of the hashes.</summary>
    private double Score(double rate, uint hash) => _groups.Length == 1 ? hash : -rate / Math.Log((hash + 0.5) / Hashes);

    /// <summary>Smaller hashes of this rate have a worse score for sure.</summary>
    private uint LeastHash(double rate, double score) =>
        _groups.Length == 1 ? (uint)score : (uint)Math.Max(0, (Math.Exp(-rate / score) * Hashes) - 2);

    /// <summary>A hash of worker and key, from both halves of the two.</summary>
    /// <remarks>Shifts and multiplications as in the 32-bit finalizers of C. Wellons ("Prospecting for Hash Functions", 2018).</remarks>
    private static Vector<uint> Mix(Vector<uint> low, Vector<uint> high)
    {
        low ^= low >>> 16;
        low *= 0x7FEB352D;
        low ^= (low >>> 15) ^ high;
        low *= 0x846CA68B;
        low ^= low >>> 16;
        low *= 0x9E3779B1;
        return low ^ (low >>> 15);
    }

    /// <summary>Workers of one rate.</summary>
    private readonly record struct Group(double Rate, int Start, int Count);

    private readonly record struct Ranked(double Score, int Place);

    /// <summary>The first few of a key.</summary>
    private struct Ranking
    {
        public ulong Key;
        public int Version;
        public int Count;
        public RankedPlaces Places;
    }

    [InlineArray(Remembered)]
    private struct RankedPlaces
    {
        private int _first;
    }
}
