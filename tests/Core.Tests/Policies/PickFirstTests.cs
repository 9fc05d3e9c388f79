using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

public class PickFirstTests
{
    private readonly Candidate[] _eligible = [.. Members("a", "b", "c").Select(m => new Candidate(m))];
    private readonly First _policy = new();

    public PickFirstTests() => _policy.Rebuild(_eligible);

    [Fact]
    public void The_first_registered_gets_every_pick() =>
        Assert.All(Enumerable.Range(0, 5), _ => Assert.Same(_eligible[0], _policy.Pick([], default)));

    [Fact]
    public void The_next_one_follows_when_the_first_is_left_out() => Assert.Same(_eligible[1], _policy.Pick([_eligible[0]], default));

    [Fact]
    public void Nobody_is_named_when_all_are_left_out() => Assert.Null(_policy.Pick(_eligible, default));

    [Fact]
    public void The_next_one_follows_when_the_first_is_gone()
    {
        _policy.Rebuild(_eligible[1..]);
        Assert.Same(_eligible[1], _policy.Pick([], default));
    }
}
