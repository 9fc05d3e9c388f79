using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

/// <summary>What operators want of workers, through a whole balancer.</summary>
public class WorkerOverridesTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly List<BalancerEffect> _outbox = [];
    private BalancerCore _balancer = New(Policy.RoundRobin);
    private long _request;

    public static TheoryData<string> Policies { get; } = new(Policy.All.Select(p => p.Name));

    [Theory]
    [InlineData(AdminState.Drain, WorkerCondition.Draining)]
    [InlineData(AdminState.Maintenance, WorkerCondition.Maintenance)]
    public void A_worker_that_is_drained_gets_nothing_says_who_wants_that_and_gets_jobs_when_it_is_ready_again(
        AdminState state, WorkerCondition condition)
    {
        Handle(Build.Read(Members("a", "b")));
        var notes = Told(Wanted("b", state) with { Because = "its disk is slow" });
        Assert.Equal(["a"], Picked(4));
        var drained = Member("b");
        Assert.Equal((condition, state), (drained.Details!.Condition, drained.Details.Wanted));
        Assert.EndsWith(" by ann@desk since 2026-03-01 08:00:00Z: its disk is slow", drained.Reason, StringComparison.Ordinal);
        Assert.Equal([$"worker b is {drained.Reason}"], notes);

        Assert.Equal([$"worker b is ready again: it was {drained.Reason}"], Told());
        Assert.Equal(["a", "b"], Picked(4));
        Assert.Equal("", Member("b").Reason);
    }

    [Fact]
    public void An_order_outlives_the_process_of_its_worker_and_waits_for_one_that_is_not_there()
    {
        Assert.Empty(Told(Wanted("b", AdminState.Maintenance)));
        Handle(Build.Read(Members("a", "b")));
        Assert.Equal(["a"], Picked(4));
        Handle(Changed([Removed("b")]));
        Handle(Changed([Put(Up("b", 9, incarnation: 5))]));
        Assert.Equal(["a"], Picked(4));
    }

    [Fact]
    public void An_order_is_for_one_worker_of_one_service()
    {
        Handle(Build.Read([.. Members("a", "b"), Up("pdf/b", 7)]));
        Told(Wanted("pdf/b", AdminState.Drain));
        Assert.Equal(["a", "b"], Picked(4));
        Assert.Equal(WorkerCondition.Draining, Member("pdf/b", "pdf").Details!.Condition);
    }

    [Fact]
    public void What_a_change_does_not_name_stays_and_what_a_whole_reading_does_not_name_is_gone()
    {
        Handle(Build.Read(Members("a", "b", "c")));
        Told(Wanted("a", AdminState.Drain), Wanted("b", AdminState.Drain));
        var notes = Handle(new Watched<OverrideSight>.Known(3, [], [new KeyChange<OverrideSight>("b", null)]));
        Assert.Single(notes);
        Assert.Equal(["b", "c"], Picked(4));
        Assert.Single(Told(Wanted("a", AdminState.Drain), Wanted("c", AdminState.Drain)));
        Assert.Equal(["b"], Picked(4));
        Assert.Equal(2, Told().Count);
        Assert.Equal(["a", "b", "c"], Picked(6));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_order_stays_while_its_key_holds_what_cannot_be_read(bool isWhole)
    {
        Handle(Build.Read(Members("a", "b")));
        Told(Wanted("b", AdminState.Maintenance));
        var unreadable = new OverrideSight("b", Wanted: null);
        Assert.Empty(Handle(new Watched<OverrideSight>.Known(2, [unreadable], isWhole ? null : [new KeyChange<OverrideSight>("b", unreadable)])));
        Assert.Equal(["a"], Picked(4));
        Assert.Single(Handle(new Watched<OverrideSight>.Known(3, [], isWhole ? null : [new KeyChange<OverrideSight>("b", null)])));
        Assert.Equal(["a", "b"], Picked(4));
    }

    [Fact]
    public void A_value_that_can_be_read_takes_the_place_of_the_order_that_was_kept()
    {
        Handle(Build.Read(Members("a", "b")));
        Told(Wanted("a", AdminState.Maintenance));
        Handle(new Watched<OverrideSight>.Known(2, [new OverrideSight("a", Wanted: null)]));
        Told(Wanted("a", AdminState.Ready) with { WeightPercent = 50 });
        Assert.Equal(["a", "b"], Picked(8));
        Assert.Equal(50, Member("a").Details!.WeightPercent);
    }

    [Fact]
    public void Where_no_order_was_read_before_a_value_that_cannot_be_read_keeps_no_jobs_from_a_worker()
    {
        Handle(new Watched<OverrideSight>.Known(1, [new OverrideSight("b", Wanted: null)]));
        Handle(Build.Read(Members("a", "b")));
        Assert.Equal(["a", "b"], Picked(4));
    }

    [Fact]
    public void A_weight_that_waits_for_the_end_of_a_drain_is_told() => Assert.EndsWith(
        ": slow; it gets 50 % of its share when it is ready",
        (Wanted("a", AdminState.Drain) with { Because = "slow", WeightPercent = 50 }).Describe(), StringComparison.Ordinal);

    [Fact]
    public void Where_everybody_is_drained_the_answer_says_so()
    {
        Handle(Build.Read(Members("a")));
        Told(Wanted("a", AdminState.Drain));
        Handle(new Assign(++_request, 1, [], null, S(60)));
        Assert.Equal(AssignRejectReason.NoWorkers, Assert.IsType<AssignRejected>(Assert.Single(Answers())).Reason);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void With_every_policy_a_worker_of_a_quarter_of_the_weight_gets_less_than_half_of_what_another_gets(string policy)
    {
        _balancer = New(policy);
        Handle(Build.Read([.. Members("a", "b").Select(m => m with { Worker = m.Worker with { Capacity = 100_000, Places = 100_000 } })]));
        Handle(Sample("a", 100));
        Handle(Sample("b", 100));
        Told(Wanted("a", AdminState.Ready) with { WeightPercent = 25 });
        var picks = Enumerable.Range(0, 2000).Select(i => Assert.Single(Pick($"key {i}"))).CountBy(id => id).ToDictionary();
        Assert.True(picks.GetValueOrDefault("a") < picks["b"] / 2.0, $"a {picks.GetValueOrDefault("a")}, b {picks["b"]}");
        Assert.True(picks.GetValueOrDefault("a") > 100, $"a {picks.GetValueOrDefault("a")}");
        var limited = Member("a").Details!;
        Assert.Equal((25, 25), (limited.WeightPercent, limited.SharePercent));
        Assert.StartsWith("limited to 25 % of its share by ann@desk", Member("a").Reason, StringComparison.Ordinal);
    }

    private static BalancerCore New(string policy) => new(
        "b", ServiceRules.All(Policy.Of(policy), BalancerLimits.Default), new Random(4053), DecidingRight.Always, 100_000);

    private static OverrideSight Sight(WorkerOverride wanted) => new(wanted.WorkerId, wanted);

    private static WorkerOverride Wanted(string id, AdminState state) => new(id, state, WorkerOverride.WeightUsual, "ann@desk", At);

    private IReadOnlyList<string> Told(params WorkerOverride[] wanted) => Handle(new Watched<OverrideSight>.Known(1, [.. wanted.Select(Sight)]));

    /// <returns>What the operator is told.</returns>
    private IReadOnlyList<string> Handle(object input)
    {
        _outbox.Clear();
        _balancer.Handle(input, S(100), _outbox);
        return [.. _outbox.OfType<BalancerEffect.Note>().Select(note => note.Text)];
    }

    private IEnumerable<object> Answers() => _outbox.OfType<BalancerEffect.Answer>().Select(answer => answer.Message);

    private List<string> Picked(int count) =>
        [.. Enumerable.Range(0, count).SelectMany(_ => Pick(null)).Distinct().Order(StringComparer.Ordinal)];

    private List<string> Pick(string? key)
    {
        Handle(new Assign(++_request, 1, [], key, S(60)));
        return [.. Assert.IsType<Assigned>(Assert.Single(Answers())).Workers.Select(w => w.Worker.Id)];
    }

    private MemberState Member(string id, string service = WorkerService.Default)
    {
        Handle(new GetBalancerState(0, 10, service));
        return Assert.IsType<BalancerState>(Assert.Single(Answers())).Members.Single(m => m.Worker.Id == id);
    }
}
