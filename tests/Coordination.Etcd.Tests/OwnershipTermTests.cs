namespace AkkaLb.Coordination.Etcd.Tests;

public class OwnershipTermTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly OwnershipTerm _term = new(7, Deadline);

    [Fact]
    public void It_holds_before_its_deadline_and_not_at_it()
    {
        Assert.True(_term.IsHeld(Deadline - TimeSpan.FromTicks(1)));
        Assert.False(_term.IsHeld(Deadline));
    }

    [Fact]
    public void Once_found_over_it_never_holds_again_whatever_is_said_later()
    {
        Assert.False(_term.IsHeld(Deadline));

        Assert.False(_term.TryExtend(TimeSpan.Zero, Deadline * 2));
        Assert.False(_term.IsHeld(TimeSpan.Zero));
    }

    [Fact]
    public void A_renewal_moves_the_deadline_on_and_never_back()
    {
        Assert.True(_term.TryExtend(TimeSpan.Zero, Deadline * 2));
        Assert.True(_term.TryExtend(TimeSpan.Zero, Deadline));

        Assert.True(_term.IsHeld(Deadline));
    }

    [Fact]
    public void A_renewal_told_at_the_deadline_comes_too_late() => Assert.False(_term.TryExtend(Deadline, Deadline * 2));

    [Fact]
    public void Given_up_it_does_not_hold()
    {
        _term.End();

        Assert.False(_term.IsHeld(TimeSpan.Zero));
        Assert.False(_term.TryExtend(TimeSpan.Zero, Deadline * 2));
    }

    /// <summary>Many threads ask and extend around the deadline: after the first "no" on any of them there is no "yes" on any.</summary>
    [Fact]
    public void Asked_and_extended_by_many_threads_it_ends_once()
    {
        for (var round = 0; round < 500; round++)
        {
            var term = new OwnershipTerm(1, Deadline);
            var isOver = 0;
            var revived = 0;
            Parallel.For(0, 8, i =>
            {
                for (var n = 0; n < 20; n++)
                {
                    var wasOver = Volatile.Read(ref isOver) != 0;
                    // Even workers ask late, odd ones extend: the clock reads of different threads are not ordered.
                    var holds = i % 2 == 0
                        ? term.IsHeld(Deadline + TimeSpan.FromTicks(n % 3))
                        : term.TryExtend(Deadline - TimeSpan.FromTicks(1), Deadline + TimeSpan.FromTicks(n % 3));
                    if (!holds)
                    {
                        Volatile.Write(ref isOver, 1);
                    }
                    else if (wasOver)
                    {
                        Interlocked.Increment(ref revived);
                    }
                }
            });

            Assert.Equal(0, revived);
        }
    }
}
