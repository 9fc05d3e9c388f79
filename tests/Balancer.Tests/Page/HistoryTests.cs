using AkkaLb.Balancer.Page;

namespace AkkaLb.Balancer.Tests.Page;

public sealed class HistoryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Only_the_newest_samples_are_kept_and_a_reader_gets_those_that_it_lacks()
    {
        var history = new History(3);
        for (var i = 1; i <= 5; i++)
        {
            history.Add(new Sample(Noon.AddSeconds(i), i, 0, 0, 0));
        }

        Assert.Equal([3, 4, 5], history.Since(default).Select(s => s.AssignmentsPerSecond));
        Assert.Equal([5], history.Since(Noon.AddSeconds(4)).Select(s => s.AssignmentsPerSecond));
        Assert.Empty(history.Since(Noon.AddSeconds(5)));
    }
}
