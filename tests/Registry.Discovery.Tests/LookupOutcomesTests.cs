using System.Net;
using Akka.Actor;
using Akka.Discovery;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Discovery.Tests;

public class LookupOutcomesTests
{
    private readonly DiscoveredBalancers _settings = new("shop") { System = "Shop", Interval = TimeSpan.FromSeconds(5) };
    private LookupOutcomes? _outcomes;

    private LookupOutcomes Outcomes => _outcomes ??= new LookupOutcomes(_settings, new Random(4053));

    [Fact]
    public void An_answer_is_told_when_it_differs_from_what_is_known_in_more_than_its_order()
    {
        Assert.Equal(["a:1", "b:2"], KnownOf(Outcomes.Answered(Answer(("a", 1), ("b", 2), ("a", 1)))));
        Assert.Empty(Outcomes.Answered(Answer(("b", 2), ("a", 1))));
        Assert.Equal(["b:2"], KnownOf(Outcomes.Answered(Answer(("b", 2)))));
        Assert.Equal(_settings.Interval, Outcomes.Pause);
    }

    [Fact]
    public void Neither_an_empty_answer_nor_a_failure_forgets_a_balancer_and_each_trouble_is_told_once()
    {
        Outcomes.Answered(Answer(("a", 1)));
        Assert.IsType<Watched<Address>.Down>(Assert.Single(Outcomes.Answered(Answer())));
        Assert.Empty(Outcomes.Failed("no network"));
        Assert.Equal(["a:1"], KnownOf(Outcomes.ForNewcomer.Take(1)));
        Assert.IsType<Watched<Address>.Up>(Assert.Single(Outcomes.Answered(Answer(("a", 1)))));
        Assert.Equal("no network", Assert.IsType<Watched<Address>.Down>(Assert.Single(Outcomes.Failed("no network"))).Reason);
    }

    [Fact]
    public void That_nobody_is_there_yet_is_an_answer()
    {
        Assert.Empty(Outcomes.ForNewcomer);
        Assert.Empty(KnownOf(Outcomes.Answered(Answer())));
        Assert.Empty(KnownOf(Outcomes.ForNewcomer));
    }

    [Fact]
    public void Pauses_after_failures_grow_to_six_intervals_and_an_answer_ends_them()
    {
        for (var failures = 0; failures < 100; failures++)
        {
            Outcomes.Failed("away");
            var bound = Math.Min(30, Math.Pow(2, failures));
            Assert.InRange(Outcomes.Pause, TimeSpan.Zero, TimeSpan.FromSeconds(bound));
        }

        Outcomes.Answered(Answer(("a", 1)));
        Assert.Equal(_settings.Interval, Outcomes.Pause);
        Outcomes.Failed("away");
        Assert.InRange(Outcomes.Pause, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_target_without_a_port_has_the_one_of_the_settings()
    {
        var told = Outcomes.Answered(new("shop", [new("a", null, null)]));
        Assert.Equal(new Address("akka.tcp", "Shop", "a", 4053), Assert.Single(Assert.IsType<Watched<Address>.Known>(Assert.Single(told)).All));
    }

    [Fact]
    public void Hosts_are_names_unless_IP_addresses_are_wanted_and_one_of_version_6_stands_in_brackets()
    {
        ServiceDiscovery.Resolved answer = new("shop", [new("a", 1, IPAddress.Parse("10.0.0.7")), new("fd00::1", 2, IPAddress.Parse("fd00::2"))]);
        Assert.Equal(["a:1", "[fd00::1]:2"], KnownOf(Outcomes.Answered(answer)));
        var byIp = new LookupOutcomes(_settings with { UsesIpAddress = true }, new Random(4053));
        Assert.Equal(["10.0.0.7:1", "[fd00::2]:2"], KnownOf(byIp.Answered(answer)));
    }

    [Theory]
    [InlineData("a/../b", 1)]
    [InlineData("", 1)]
    [InlineData("a\r\nfatal: b", 1)]
    [InlineData("a", 0)]
    [InlineData("a", 65_536)]
    public void What_is_no_host_and_port_is_left_out_and_told_once(string host, int port)
    {
        var told = Outcomes.Answered(Answer((host, port), ("b", 2)));
        Assert.DoesNotContain('\n', Assert.IsType<Watched<Address>.Skipped>(told[0]).Key);
        Assert.Equal(["b:2"], KnownOf(told.Skip(1)));
        Assert.Empty(Outcomes.Answered(Answer((host, port), ("b", 2))));
        Assert.Empty(Outcomes.Answered(Answer(("b", 2))));
        Assert.IsType<Watched<Address>.Skipped>(Assert.Single(Outcomes.Answered(Answer((host, port), ("b", 2)))));
    }

    [Fact]
    public void A_flood_of_answers_is_cut()
    {
        var told = Outcomes.Answered(new("shop", [.. Enumerable.Range(1, 1000).Select(i => new ServiceDiscovery.ResolvedTarget("a", i, null))]));
        Assert.Equal(1000 - DiscoveredBalancers.BalancersMax, Assert.IsType<Watched<Address>.MoreSkipped>(told[0]).Count);
        Assert.Equal(DiscoveredBalancers.BalancersMax, KnownOf(told.Skip(1)).Count);
    }

    private static ServiceDiscovery.Resolved Answer(params (string Host, int Port)[] targets) =>
        new("shop", [.. targets.Select(t => new ServiceDiscovery.ResolvedTarget(t.Host, t.Port, null))]);

    private static List<string> KnownOf(IEnumerable<Watched<Address>> told) =>
        [.. Assert.IsType<Watched<Address>.Known>(Assert.Single(told)).All.Select(NodeAddress.Text)];
}
