
namespace AkkaLb.Etcd.Tests;

public sealed class ReconnectBackoffTests
{
    [Fact]
    public void Delays_double_up_to_the_longest_and_are_at_least_half_random()
    {
        var backoff = New();
        foreach (var ceiling in new[] { 100, 200, 400, 800, 1000, 1000 })
        {
            Assert.InRange(backoff.Next().TotalMilliseconds, ceiling / 2, ceiling);
        }
    }

    [Fact]
    public void After_a_reset_the_first_delay_comes_again()
    {
        var backoff = New();
        for (var i = 0; i < 10; i++)
        {
            backoff.Next();
        }

        backoff.Reset();
        Assert.InRange(backoff.Next().TotalMilliseconds, 50, 100);
    }

    private static ReconnectBackoff New() => new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), new Random(1));
}
