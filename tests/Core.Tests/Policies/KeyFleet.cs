using System.Globalization;
using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Tests.Policies;

/// <summary>Workers for tests of policies that go by keys.</summary>
internal static class KeyFleet
{
    public static Candidate Of(string id, int places = 8, int speed = WorkerRecord.OrdinarySpeed)
    {
        var member = Build.Up(id, 1);
        return new Candidate(member with { Worker = member.Worker with { Places = places, Speed = speed } });
    }

    public static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"worker-{number}");

    public static Candidate[] Equal(int count) => [.. Enumerable.Range(0, count).Select(i => Of(Id(i)))];

    /// <summary>Any number of workers up to this one, of few rates or of many, some of them busy, some gone.</summary>
    public static Candidate[] Any(Random random, int countMax)
    {
        int[] places = random.Chance(0.5) ? [8] : [1, 2, 8, 64, 1_000_000];
        var some = random.Next(1, 9);
        Candidate[] all = [.. Enumerable.Range(0, random.Next(1, countMax + 1)).Select(
            i => Of(Id(random.Next(1_000) + (1_000 * i)), random.Chance(0.1) ? random.Next(1, 100) : random.Of(places)))];
        foreach (var one in all)
        {
            one.Jobs.Give(random.Next(some), isTold: true, default);
            if (random.Chance(0.05))
            {
                one.Leave();
            }
        }

        return all;
    }

    /// <summary>Everybody has room.</summary>
    public static Room NoBound => new([], new KeyBound(), 1e12, 1, 1);

    public static Room RoomIn(Candidate[] fleet, Candidate[] leftOut, KeyBound bound, int weight) =>
        new(leftOut, bound, fleet.Sum(c => c.InFlight), fleet.Sum(c => c.Rate), weight);

    public static ulong Key(int number) => KeyHash.Of(string.Create(CultureInfo.InvariantCulture, $"key {number}"));

    /// <summary>Whom each of so many keys goes to while everybody has room.</summary>
    public static string[] Homes(IKeyOrder order, Candidate[] fleet, int keys)
    {
        order.Rebuild(fleet);
        return [.. Enumerable.Range(0, keys).Select(i => order.First(Key(i), NoBound)!.Key.Id)];
    }
}
