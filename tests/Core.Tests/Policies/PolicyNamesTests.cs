using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Tests.Policies;

public class PolicyNamesTests
{
    [Fact]
    public void Every_name_makes_a_policy_of_that_name() =>
        Assert.All(PolicyNames.All, p => Assert.Equal(p.Name, PolicyNames.Create(p.Name).Name));

    [Fact]
    public void An_unknown_name_is_refused_with_the_names_there_are() =>
        Assert.Contains("choose one of round-robin, pick-first, least-load", Assert.Throws<ArgumentException>(
            () => PolicyNames.Create("random")).Message);

    [Fact]
    public void Only_least_load_decides_on_memory() =>
        Assert.Equal([PolicyNames.LeastLoad], PolicyNames.All.Select(
            p => PolicyNames.Create(p.Name)).Where(p => p.DecidesOnMemory).Select(p => p.Name));
}
