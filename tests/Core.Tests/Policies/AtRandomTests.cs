using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class AtRandomTests
{
    private readonly AtRandom _chooser = new(new Random(4053));

    [Fact]
    public void Each_worker_gets_its_share()
    {
        const int Picks = 100_000;
        _chooser.Rebuild([.. Members("a", "b", "c", "d", "e").Select(m => new Candidate(m))]);
        var counts = Counts(Picks, []);
        Assert.Equal(5, counts.Count);

        // Five standard deviations of a binomial count.
        var bound = 5 * Math.Sqrt(Picks * 0.2 * 0.8);
        Assert.All(counts.Values, count => Assert.InRange(count, (Picks / 5) - bound, (Picks / 5) + bound));
    }

    [Fact]
    public void Those_that_are_not_left_out_share_evenly_also_where_half_are()
    {
        const int Picks = 100_000;
        Candidate[] all = [.. Members("a", "b", "c", "d").Select(m => new Candidate(m))];
        _chooser.Rebuild(all);
        var counts = Counts(Picks, [all[0], all[1]]);
        Assert.Equal(["c", "d"], counts.Keys.Order());

        // One pick in 256 is not drawn, but is the next in the row: always c. So c gets 50.2 %.
        Assert.All(counts.Values, count => Assert.InRange(count, Picks * 0.49, Picks * 0.51));
    }

    [Fact]
    public void The_only_one_that_is_left_is_found_among_ten_thousand()
    {
        Candidate[] all = [.. Enumerable.Range(0, 10_000).Select(i => new Candidate(Up($"{i}", i)))];
        _chooser.Rebuild(all);
        foreach (var gone in all.Skip(1))
        {
            gone.Leave();
        }

        Assert.Same(all[0], _chooser.Pick([], default));
        Assert.Null(_chooser.Pick([all[0]], default));
    }

    private Dictionary<string, int> Counts(int picks, Candidate[] leftOut) =>
        Enumerable.Range(0, picks).Select(_ => _chooser.Pick(leftOut, default)!.Key.Id).CountBy(id => id).ToDictionary();
}
