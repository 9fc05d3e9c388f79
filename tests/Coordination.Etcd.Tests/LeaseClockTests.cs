using AkkaLb.Tests.Support;

namespace AkkaLb.Coordination.Etcd.Tests;

public class LeaseClockTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void It_follows_the_monotonic_clock()
    {
        var clock = new LeaseClock(_time);
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(TimeSpan.FromSeconds(3), clock.Now);
    }

    [Fact]
    public void Time_the_machine_slept_counts_though_the_monotonic_clock_stood_still()
    {
        var clock = new LeaseClock(_time);
        _time.SetWallClock(TimeSpan.FromMinutes(5));

        Assert.Equal(TimeSpan.FromMinutes(5), clock.Now);
        Assert.Equal(TimeSpan.FromMinutes(5), clock.Now);
    }

    [Fact]
    public void A_wall_clock_that_is_set_back_changes_nothing()
    {
        var clock = new LeaseClock(_time);
        _time.SetWallClock(TimeSpan.FromHours(-1));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(TimeSpan.FromSeconds(1), clock.Now);
    }

    [Fact]
    public void A_sleep_after_the_wall_clock_was_set_back_counts_as_well()
    {
        var clock = new LeaseClock(_time);
        _time.SetWallClock(TimeSpan.FromHours(-1));
        Assert.Equal(TimeSpan.Zero, clock.Now);

        _time.SetWallClock(TimeSpan.FromMinutes(1));

        Assert.Equal(TimeSpan.FromMinutes(1), clock.Now);
    }

    [Fact]
    public void Small_differences_are_left_to_the_safety_margin()
    {
        var clock = new LeaseClock(_time);
        _time.SetWallClock(TimeSpan.FromMilliseconds(100));

        Assert.Equal(TimeSpan.Zero, clock.Now);
    }
}
