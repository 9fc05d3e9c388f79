using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Tests.Policies;

public class MaglevOrderTests
{
    private const int Size = 65_537;

    private readonly MaglevOrder _order = new();

    /// <summary>300 fleets, 40 keys each.</summary>
    [Fact]
    public void It_names_whom_a_plain_reading_of_the_rule_names() => Seeded.Runs(300, random =>
    {
        var fleet = KeyFleet.Any(random, countMax: random.Of([3, 9, 40, 200]));
        _order.Rebuild(fleet);
        var table = NaiveTable(fleet);
        for (var pick = 0; pick < 40; pick++)
        {
            Candidate[] leftOut = [.. fleet.Where(_ => random.Chance(random.Of([0, 0.1, 0.9])))];
            var bound = new KeyBound(random.Of([1.01, 1.25, 2]), random.Next(1, 4));
            var (key, weight) = (KeyFleet.Key(random.Next(1_000)), random.Chance(0.7) ? 1 : random.Next(1, 50));
            var room = KeyFleet.RoomIn(fleet, leftOut, bound, weight);
            Assert.Same(NaiveFirst(fleet, table, key, room), _order.First(key, room));
        }
    });

    /// <summary>Against the table's own places, of which a worker has its part but for the last turn.</summary>
    [Fact]
    public void Each_worker_has_places_by_its_rate() => Seeded.Runs(50, random =>
    {
        Candidate[] fleet = [.. KeyFleet.Any(random, countMax: 60).Where(c => c.IsEligible)];
        _order.Rebuild(fleet);
        var counts = Enumerable.Range(0, Size).Select(At).CountBy(c => c).ToDictionary();
        var rate = fleet.Sum(c => c.Rate);
        foreach (var one in fleet)
        {
            var part = one.Rate / rate * Size;
            var inOneTurn = 2 * one.Rate * fleet.Length / rate;
            Assert.InRange(counts.GetValueOrDefault(one), part - inOneTurn - 2, part + inOneTurn + 2);
        }
    });

    /// <summary>100,000 keys. Whoever loses a place takes another one, so beside the keys of the worker itself some of all others move: the more, the
    /// fewer places each worker has. The bounds are what was measured, and a little.</summary>
    [Theory]
    [InlineData(10, 1.1)]
    [InlineData(30, 1.2)]
    [InlineData(100, 2)]
    [InlineData(1_000, 8)]
    public void A_join_or_a_leave_moves_more_than_the_keys_of_one_where_workers_are_many(int workers, double most)
    {
        const int Keys = 100_000;
        var fleet = KeyFleet.Equal(workers + 1);
        var before = KeyFleet.Homes(_order, fleet[..workers], Keys);
        var after = KeyFleet.Homes(_order, fleet, Keys);
        var moved = Enumerable.Range(0, Keys).Count(i => before[i] != after[i]);
        Assert.InRange(moved * (double)workers / Keys, 0.8, most);
    }

    [Fact]
    public void Who_registered_first_does_not_matter() => Seeded.Runs(30, random =>
    {
        var fleet = KeyFleet.Any(random, countMax: 40);
        var homes = new MaglevOrder();
        homes.Rebuild(fleet);
        Candidate[] shuffled = [.. fleet];
        random.Shuffle(shuffled);
        _order.Rebuild(shuffled);
        Assert.All(Enumerable.Range(0, 50), i => Assert.Same(
            homes.First(KeyFleet.Key(i), KeyFleet.NoBound), _order.First(KeyFleet.Key(i), KeyFleet.NoBound)));
    });

    [Fact]
    public void More_workers_than_places_are_no_trouble()
    {
        var fleet = KeyFleet.Equal(Size + 10);
        _order.Rebuild(fleet);
        Assert.NotNull(_order.First(1, KeyFleet.NoBound));
    }

    [Fact]
    public void Of_nobody_nobody_is_first()
    {
        Assert.Null(_order.First(1, KeyFleet.NoBound));
        _order.Rebuild([]);
        Assert.Null(_order.First(1, KeyFleet.NoBound));
    }

    /// <summary>Who stands at a place: a hash that falls there.</summary>
    private Candidate At(int place) => _order.First(((((ulong)place << 32) + Size - 1) / Size) << 32, KeyFleet.NoBound)!;

    private static Candidate?[] NaiveTable(Candidate[] fleet)
    {
        var unit = Math.Pow(2, Math.Floor(Math.Log2(fleet.Average(c => c.Rate))));
        var workers = fleet.OrderBy(c => c.IdHash).Select(c => (
            Worker: c,
            Places: Permutation(c).GetEnumerator(),
            Due: new double[] { (c.IdHash & uint.MaxValue) / Math.Pow(2, 32) })).ToList();
        var table = new Candidate?[Size];
        for (var free = Size; free > 0;)
        {
            foreach (var (worker, places, due) in workers)
            {
                due[0] += worker.Rate / unit;
                for (; due[0] >= 1 && free > 0; due[0]--, free--)
                {
                    while (places.MoveNext() && table[places.Current] is not null)
                    {
                    }

                    table[places.Current] = worker;
                }
            }
        }

        return table;
    }

    private static IEnumerable<int> Permutation(Candidate c)
    {
        var (start, step) = (Part(c.IdHash, Size), 1 + Part(KeyHash.Next(c.IdHash), Size - 1));
        return Enumerable.Range(0, Size).Select(j => (int)((start + (j * (long)step)) % Size));
    }

    private static Candidate? NaiveFirst(Candidate[] fleet, Candidate?[] table, ulong key, in Room room)
    {
        for (var jump = 0; jump < 64; jump++, key = KeyHash.Next(key))
        {
            if (room.Has(table[Part(key, Size)]!))
            {
                return table[Part(key, Size)];
            }
        }

        Candidate[] byHash = [.. fleet.OrderBy(c => c.IdHash)];
        var start = Part(key, fleet.Length);
        foreach (var one in byHash[start..].Concat(byHash[..start]))
        {
            if (room.Has(one))
            {
                return one;
            }
        }

        return null;
    }

    private static int Part(ulong hash, int size) => (int)((hash >> 32) / Math.Pow(2, 32) * size);
}
