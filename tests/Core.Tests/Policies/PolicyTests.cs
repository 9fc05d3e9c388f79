using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Tests.Policies;

public class PolicyTests
{
    [Fact]
    public void Every_name_is_the_name_of_a_policy_and_of_one() =>
        Assert.All(Policy.All, p => Assert.Same(p, Policy.Of(p.Name)));

    [Fact]
    public void An_unknown_name_is_refused_with_the_names_there_are() =>
        Assert.Contains("choose one of round-robin, pick-first, least-load", Assert.Throws<ArgumentException>(
            () => Policy.Of("quickest")).Message);

    [Fact]
    public void The_original_three_come_first() => Assert.Equal(["round-robin", "pick-first", "least-load"], Policy.All.Take(3).Select(p => p.Name));
}
