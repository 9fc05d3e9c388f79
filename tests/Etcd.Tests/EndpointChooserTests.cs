namespace AkkaLb.Etcd.Tests;

public sealed class EndpointChooserTests
{
    private readonly EndpointChooser _chooser = new(3, avoidFor: Seconds(10));

    [Fact]
    public void Members_take_turns() => Assert.Equal([0, 1, 2, 0, 1], Next(5, Seconds(0)));

    [Fact]
    public void One_that_failed_is_passed_over_until_its_time_is_over()
    {
        _chooser.Failed(1, Seconds(5));
        Assert.Equal([0, 2, 0, 2], Next(4, Seconds(14.9)));
        Assert.Equal([0, 1, 2], Next(3, Seconds(15)));
    }

    [Fact]
    public void One_that_answered_takes_its_turn_again_at_once()
    {
        _chooser.Failed(0, Seconds(5));
        _chooser.Succeeded(0);
        Assert.Equal([0, 1, 2], Next(3, Seconds(5)));
    }

    [Fact]
    public void When_all_have_failed_the_one_that_failed_first_is_asked()
    {
        _chooser.Failed(2, Seconds(1));
        _chooser.Failed(0, Seconds(2));
        _chooser.Failed(1, Seconds(3));
        Assert.Equal(2, _chooser.Next(Seconds(4)));
        _chooser.Failed(2, Seconds(4));
        Assert.Equal(0, _chooser.Next(Seconds(4)));
    }

    [Fact]
    public void A_single_member_is_asked_whatever_happened()
    {
        var single = new EndpointChooser(1, Seconds(10));
        single.Failed(0, Seconds(1));
        Assert.Equal(0, single.Next(Seconds(1)));
    }

    [Fact]
    public void Whatever_failed_a_member_that_has_not_is_asked_first_and_everybody_is_asked_in_the_end()
    {
        var random = new Random(4053);
        for (var round = 0; round < 2_000; round++)
        {
            var count = random.Next(1, 6);
            var chooser = new EndpointChooser(count, Seconds(10));
            var failed = Enumerable.Range(0, count).Where(_ => random.Next(2) == 0).ToHashSet();
            Array.ForEach([.. Enumerable.Range(0, random.Next(count))], _ => chooser.Next(Seconds(0)));
            foreach (var member in failed)
            {
                chooser.Failed(member, Seconds(0));
            }

            var asked = new List<int>();
            for (var i = 0; i < count; i++)
            {
                asked.Add(chooser.Next(Seconds(1 + i)));
                chooser.Failed(asked[^1], Seconds(1 + i));
            }

            Assert.Equal(Enumerable.Range(0, count), asked.Order());
            Assert.DoesNotContain(failed, asked.Take(count - failed.Count).Contains);
        }
    }

    private static TimeSpan Seconds(double n) => TimeSpan.FromSeconds(n);

    private IEnumerable<int> Next(int count, TimeSpan now) => [.. Enumerable.Range(0, count).Select(_ => _chooser.Next(now))];
}
