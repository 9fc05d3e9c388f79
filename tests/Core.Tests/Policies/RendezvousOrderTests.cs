using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Tests.Policies;

public class RendezvousOrderTests
{
    private readonly RendezvousOrder _order = new();

    [Fact]
    public void It_names_whom_a_plain_reading_of_the_rule_names() => Seeded.Runs(3_000, random =>
    {
        var order = new RendezvousOrder();
        for (var membership = 0; membership < 3; membership++)
        {
            var fleet = KeyFleet.Any(random, countMax: random.Of([3, 9, 40, 200]));
            order.Rebuild(fleet);
            for (var pick = 0; pick < 10; pick++)
            {
                Candidate[] leftOut = [.. fleet.Where(_ => random.Chance(random.Of([0, 0.1, 0.9])))];
                var bound = new KeyBound(random.Of([1.01, 1.25, 2]), random.Next(1, 4));
                var (key, weight) = (KeyFleet.Key(random.Next(5)), random.Chance(0.7) ? 1 : random.Next(1, 50));
                var room = KeyFleet.RoomIn(fleet, leftOut, bound, weight);
                Assert.Same(Naive(fleet, key, leftOut, bound, weight), order.First(key, room));
            }
        }
    });

    [Theory]
    [InlineData(10)]
    [InlineData(50)]
    public void A_leave_moves_the_keys_of_the_one_that_left_and_a_join_only_keys_to_the_new_one(int workers)
    {
        const int Keys = 100_000;
        var fleet = KeyFleet.Equal(workers + 1);
        var before = KeyFleet.Homes(_order, fleet[..workers], Keys);
        var after = KeyFleet.Homes(_order, fleet, Keys);
        var moved = Enumerable.Range(0, Keys).Where(i => before[i] != after[i]).ToList();
        Assert.All(moved, i => Assert.Equal(KeyFleet.Id(workers), after[i]));
        Assert.InRange(moved.Count, 1, 1.1 * Keys / workers);

        // The way back: what a leave of that worker moves.
        Assert.Equal(before, KeyFleet.Homes(_order, fleet[..workers], Keys));
        Assert.Equal(moved.Count, after.Count(id => id == KeyFleet.Id(workers)));
    }

    [Fact]
    public void A_worker_that_becomes_faster_only_gains_keys()
    {
        const int Keys = 20_000;
        var fleet = KeyFleet.Equal(20);
        var before = KeyFleet.Homes(_order, fleet, Keys);
        fleet[7] = KeyFleet.Of(KeyFleet.Id(7), places: 12);
        var after = KeyFleet.Homes(_order, fleet, Keys);
        Assert.All(Enumerable.Range(0, Keys), i => Assert.True(before[i] == after[i] || after[i] == KeyFleet.Id(7)));
        Assert.NotEqual(before, after);
    }

    /// <summary>100,000 keys; five standard deviations of a binomial count.</summary>
    [Fact]
    public void Each_worker_gets_keys_by_its_rate()
    {
        const int Keys = 100_000;
        Candidate[] fleet = [.. Enumerable.Range(0, 30).Select(i => KeyFleet.Of(KeyFleet.Id(i), places: 1 + (i % 3 * i)))];
        var counts = KeyFleet.Homes(_order, fleet, Keys).CountBy(id => id).ToDictionary();
        foreach (var one in fleet)
        {
            var part = one.Rate / fleet.Sum(c => c.Rate);
            var bound = 5 * Math.Sqrt(Keys * part * (1 - part));
            Assert.InRange(counts.GetValueOrDefault(one.Key.Id), (Keys * part) - bound, (Keys * part) + bound);
        }
    }

    [Fact]
    public void Who_registered_first_does_not_matter() => Seeded.Runs(200, random =>
    {
        var fleet = KeyFleet.Any(random, countMax: 40);
        var homes = new RendezvousOrder();
        homes.Rebuild(fleet);
        Candidate[] shuffled = [.. fleet];
        random.Shuffle(shuffled);
        _order.Rebuild(shuffled);
        Assert.All(Enumerable.Range(0, 50), i => Assert.Same(
            homes.First(KeyFleet.Key(i), KeyFleet.NoBound), _order.First(KeyFleet.Key(i), KeyFleet.NoBound)));
    });

    [Fact]
    public void More_keys_than_are_remembered_are_no_trouble()
    {
        const int Keys = 5_000;
        var fleet = KeyFleet.Equal(5);
        var homes = KeyFleet.Homes(_order, fleet, Keys);
        Assert.All(Enumerable.Range(0, Keys), i => Assert.Equal(homes[i], _order.First(KeyFleet.Key(i), KeyFleet.NoBound)!.Key.Id));
    }

    [Fact]
    public void Of_nobody_nobody_is_first()
    {
        Assert.Null(_order.First(1, KeyFleet.NoBound));
        _order.Rebuild([]);
        Assert.Null(_order.First(1, KeyFleet.NoBound));
    }

    /// <summary>The best score of those that are there, are not left out, and have room.</summary>
    private static Candidate? Naive(Candidate[] fleet, ulong key, Candidate[] leftOut, KeyBound bound, int weight)
    {
        var (load, rate) = (fleet.Sum(c => c.InFlight), fleet.Sum(c => c.Rate));
        return fleet.Where(c => c.IsEligible && !leftOut.Contains(c) && HasRoom(c)).OrderByDescending(c => Score(c, key)).FirstOrDefault();

        bool HasRoom(Candidate c)
        {
            var part = c.Rate / rate;
            var most = Math.Max(bound.JobsMin, Math.Ceiling((bound.Factor * (load + weight) * part) - 1e-9));
            return c.InFlight + weight <= most || c.InFlight <= load * part;
        }
    }

    private static double Score(Candidate c, ulong key)
    {
        var (low, high) = ((uint)(c.IdHash ^ key), (uint)((c.IdHash ^ key) >> 32));
        var x = (low ^ (low >> 16)) * 0x7FEB352D;
        x = (x ^ (x >> 15) ^ high) * 0x846CA68B;
        x = (x ^ (x >> 16)) * 0x9E3779B1;
        x ^= x >> 15;
        return -c.Rate / Math.Log((x + 0.5) / Math.Pow(2, 32));
    }
}
