namespace AkkaLb.Etcd.Tests;

public sealed class RenewedChannelTests
{
    private static readonly TimeSpan RenewAfter = TimeSpan.FromSeconds(5);
    private readonly List<Channel> _opened = [];
    private readonly RenewedChannel<Channel> _renewed;

    public RenewedChannelTests() => _renewed = new RenewedChannel<Channel>(Open, RenewAfter);

    [Fact]
    public void Calls_that_fail_for_a_while_get_a_new_channel_and_one_success_among_them_keeps_the_old()
    {
        Fail(at: 0);
        Fail(at: 4.9);
        Succeed();
        Fail(at: 5);
        Fail(at: 9.9);
        Assert.Single(_opened);
        Fail(at: 10);
        Assert.Equal(2, _opened.Count);
        Assert.True(_opened[0].IsDisposed);
        Fail(at: 11);
        Fail(at: 15.9);
        Assert.Equal(2, _opened.Count);
    }

    [Fact]
    public void The_old_channel_stays_until_its_last_user_has_left_it()
    {
        var (first, second) = (_renewed.Take(), _renewed.Take());
        Fail(at: 0);
        Fail(at: 5);
        using var third = _renewed.Take();
        Assert.NotSame(first.Channel, third.Channel);
        first.Dispose();
        first.Dispose();
        Assert.False(second.Channel.IsDisposed);
        second.Dispose();
        Assert.True(second.Channel.IsDisposed);
        Assert.False(third.Channel.IsDisposed);
    }

    [Fact]
    public void However_long_somebody_stays_on_an_old_channel_there_are_two_at_most()
    {
        var stays = new List<RenewedChannel<Channel>.Use>();
        for (var i = 0; i < 10; i++)
        {
            stays.Add(_renewed.Take());
            Fail(at: 100 * i);
            Fail(at: (100 * i) + 5);
            Assert.InRange(_opened.Count(c => !c.IsDisposed), 1, 2);
        }

        Assert.Equal(11, _opened.Count);
        stays.ForEach(s => s.Dispose());
        Assert.Equal(1, _opened.Count(c => !c.IsDisposed));
        _renewed.Dispose();
        Assert.All(_opened, c => Assert.True(c.IsDisposed));
    }

    [Fact]
    public void What_happens_on_an_old_channel_says_nothing_of_the_new_one()
    {
        using var old = _renewed.Take();
        Fail(at: 0);
        Fail(at: 5);
        old.Failed(TimeSpan.FromSeconds(6));
        Fail(at: 10);
        old.Succeeded();
        Fail(at: 11);
        Assert.Equal(2, _opened.Count);
        Fail(at: 15);
        Assert.Equal(3, _opened.Count);
    }

    private void Fail(double at)
    {
        using var use = _renewed.Take();
        use.Failed(TimeSpan.FromSeconds(at));
    }

    private void Succeed()
    {
        using var use = _renewed.Take();
        use.Succeeded();
    }

    private Channel Open()
    {
        _opened.Add(new Channel());
        return _opened[^1];
    }

    private sealed class Channel : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
