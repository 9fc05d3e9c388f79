using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.ClientNode.Commands;
using AkkaLb.Core;

namespace AkkaLb.ClientNode.Tests;

public class DrainSightTests
{
    private static readonly Address At = new("akka.tcp", "AkkaLb", "127.0.0.1", 4053);

    private static readonly MemberDetails Empty = new(
        WorkerCondition.Draining, "h:1", 64, 0, TimeSpan.FromSeconds(0.5), 9, "1", Wanted: AdminState.Drain);

    [Fact]
    public void A_worker_is_empty_when_a_report_since_the_order_and_every_balancer_count_nothing() => Assert.Equal("", LeftOf([Empty, Empty]));

    [Fact]
    public void One_that_no_balancer_knows_any_more_is_empty() => Assert.Equal("", LeftOf([null]));

    [Fact]
    public void What_any_balancer_counts_is_left() =>
        Assert.Equal("3 jobs left (balancer b1)", LeftOf([Empty, Empty with { JobsLeft = 3 }]));

    [Fact]
    public void A_report_of_before_the_order_proves_nothing() => Assert.Equal(
        "the worker has not reported since (balancer b0)", LeftOf([Empty with { ReportAge = TimeSpan.FromSeconds(2) }]));

    [Fact]
    public void A_balancer_that_has_not_heard_of_the_order_may_still_name_it() => Assert.Equal(
        "it has not heard of the order yet (balancer b0)", LeftOf([Empty with { Wanted = AdminState.Ready }]));

    [Fact]
    public void A_balancer_that_does_not_answer_may_count_something()
    {
        Assert.Contains("does not answer", DrainSight.LeftOf("w", new BalancerReports([], [At]), TimeSpan.FromSeconds(1)), StringComparison.Ordinal);
        Assert.Equal("no balancer answers", DrainSight.LeftOf("w", new BalancerReports([], []), TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Balancers_that_do_not_know_who_is_registered_prove_nothing()
    {
        var standsBy = new BalancerReport(
            At, new BalancerState("b", "random", "stands by", 0, 0, 0, []), new WatcherState("etcd", true, 7, null, 0, 0, "", 0), []);
        var hasNotRead = Report("b", null) with { Watcher = new WatcherState("etcd", false, 0, null, 0, 0, "", 0) };
        Assert.All(new[] { standsBy, hasNotRead }, report => Assert.StartsWith(
            "no balancer that answers knows who is registered",
            DrainSight.LeftOf("w", new BalancerReports([report], []), TimeSpan.FromSeconds(1)), StringComparison.Ordinal));
    }

    private static string LeftOf(MemberDetails?[] balancers) => DrainSight.LeftOf(
        "w", new BalancerReports([.. balancers.Select((details, i) => Report($"b{i}", details))], []), TimeSpan.FromSeconds(1));

    private static BalancerReport Report(string id, MemberDetails? details)
    {
        MemberState[] members = details is null ? [] : [new MemberState(new WorkerKey("w", 1), WorkerState.Up, false, null, Details: details)];
        return new BalancerReport(
            At, new BalancerState(id, "random", "", 1, members.Length, 0, members, Services: [WorkerService.Default]),
            new WatcherState("etcd", true, 1, null, 0, 0, "", 0), []);
    }
}
