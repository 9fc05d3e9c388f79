using AkkaLb.Core.Balancing;

namespace AkkaLb.Core.Tests.Balancing;

public class RestartPauseTests
{
    private readonly RestartPause _pause = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));

    [Fact]
    public void It_doubles_up_to_its_longest_while_crash_follows_crash() => Assert.Equal([1, 2, 4, 5, 5], new[] { 0, 1, 3, 7, 12 }.Select(PauseAt));

    [Fact]
    public void It_begins_anew_after_a_long_time_without_a_crash()
    {
        Assert.Equal([1, 2], new[] { 100, 110 }.Select(PauseAt));
        Assert.Equal(1, PauseAt(121));
    }

    private double PauseAt(int seconds) => _pause.Crashed(TimeSpan.FromSeconds(seconds)).TotalSeconds;
}
