using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class InStrideTests
{
    private readonly InStride _chooser = new();

    [Fact]
    public void Workers_of_the_same_capacity_take_turns()
    {
        _chooser.Rebuild([Of("a", 8), Of("b", 8), Of("c", 8)]);
        Assert.Equal("a b c a b c", Picks(6));
    }

    [Fact]
    public void Half_the_capacity_gets_every_second_turn()
    {
        _chooser.Rebuild([Of("large", 8), Of("small", 4)]);
        var counts = Counts(300);
        Assert.InRange(counts["large"], 199, 201);
        Assert.InRange(counts["small"], 99, 101);
    }

    [Fact]
    public void Whatever_the_capacities_everybody_gets_its_share_within_one_turn_in_each_stretch() => Seeded.Runs(300, random =>
    {
        int[] capacities = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(1, 65))];
        var chooser = new InStride();
        chooser.Rebuild([.. capacities.Select((c, i) => Of($"{i}", c))]);
        var picks = random.Next(1, 4_000);
        var counts = Enumerable.Range(0, picks).Select(_ => chooser.Pick([], default)!.Key.Id).CountBy(id => id).ToDictionary();
        for (var i = 0; i < capacities.Length; i++)
        {
            // The last round is cut short, and a worker may be a turn early or late when it is.
            var share = (double)picks * capacities[i] / capacities.Sum();
            Assert.InRange(counts.GetValueOrDefault($"{i}"), share - 2.5, share + 2.5);
        }
    });

    [Fact]
    public void Where_the_large_are_left_out_the_small_take_turns()
    {
        Candidate[] all = [Of("large", 1_000_000), Of("a", 1), Of("b", 1), Of("c", 1)];
        _chooser.Rebuild(all);
        var picks = Enumerable.Range(0, 30).Select(_ => _chooser.Pick([all[0]], default)!.Key.Id).CountBy(id => id).ToDictionary();
        Assert.All(["a", "b", "c"], id => Assert.InRange(picks[id], 9, 11));
        Assert.Null(_chooser.Pick(all, default));
    }

    [Fact]
    public void Nobody_is_picked_of_none()
    {
        _chooser.Rebuild([]);
        Assert.Null(_chooser.Pick([], default));
    }

    private static Candidate Of(string id, int capacity)
    {
        var member = Up(id, 1);
        return new Candidate(member with { Worker = member.Worker with { Capacity = capacity } });
    }

    private string Picks(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => _chooser.Pick([], default)!.Key.Id));

    private Dictionary<string, int> Counts(int count) =>
        Enumerable.Range(0, count).Select(_ => _chooser.Pick([], default)!.Key.Id).CountBy(id => id).ToDictionary();
}
