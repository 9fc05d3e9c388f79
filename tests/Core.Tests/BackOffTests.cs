using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests;

public class BackOffTests
{
    private static readonly BackOff TenToAThousand = new(Ms(10), S(1));

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 20)]
    [InlineData(6, 640)]
    [InlineData(7, 1000)]
    [InlineData(31, 1000)]
    [InlineData(int.MaxValue, 1000)]
    public void The_bound_doubles_with_each_retry_up_to_the_maximum(int retry, double boundMs) =>
        Assert.Equal(Ms(boundMs / 2), TenToAThousand.Delay(retry, new MiddlingRandom()));

    [Fact]
    public void Delays_lie_between_zero_and_the_bound_and_reach_into_both_ends() => Seeded.Runs(20, random =>
    {
        var delays = Enumerable.Range(0, 1_000).Select(_ => TenToAThousand.Delay(3, random)).ToList();
        Assert.All(delays, delay => Assert.InRange(delay, TimeSpan.Zero, Ms(80)));
        Assert.True(delays.Min() < Ms(4) && delays.Max() > Ms(76));
    });

    [Fact]
    public void The_mean_delay_is_half_the_bound() =>
        // N = 10,000, seed 1; the standard error of the mean is 80 / sqrt(12 N) = 0.23 ms, the tolerance four of these.
        Assert.InRange(MeanMs(new Random(1), retry: 3, count: 10_000), 40 - 0.92, 40 + 0.92);

    private static double MeanMs(Random random, int retry, int count) =>
        Enumerable.Range(0, count).Average(_ => TenToAThousand.Delay(retry, random).TotalMilliseconds);
}
