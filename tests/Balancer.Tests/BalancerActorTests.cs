using Akka.Actor;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Messages;
using AkkaLb.Watching;

namespace AkkaLb.Balancer.Tests;

public class BalancerActorTests : BalancerKit
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(Workers.HeartbeatMs);

    [Theory]
    [InlineData(Policy.RoundRobin)]
    [InlineData(Policy.PickFirst)]
    [InlineData(Policy.LeastLoad)]
    public void Before_a_snapshot_it_is_not_ready(string policy) => Assert.Equal(AssignRejectReason.NotReady, Rejection(Balancer(policy)));

    [Theory]
    [InlineData(Policy.RoundRobin)]
    [InlineData(Policy.PickFirst)]
    [InlineData(Policy.LeastLoad)]
    public void An_empty_snapshot_means_no_workers_at_once(string policy) =>
        Assert.Equal(AssignRejectReason.NoWorkers, Rejection(Balancer(policy, [])));

    [Fact]
    public void Each_life_of_a_balancer_begins_with_nobody_known_and_nothing_stopped()
    {
        var props = BalancerActor.Props("b-1", ServiceRules.All(Policy.Of(Policy.PickFirst), BalancerLimits.Default), new Random(1));
        var former = Sys.ActorOf(props);
        former.Tell(new Watched<Member>.Known(1, [A]), TestActor);
        former.Tell(StopAssigning.Instance, TestActor);
        ExpectMsg<Stopped>();
        var next = Sys.ActorOf(props);
        Assert.Equal(AssignRejectReason.NotReady, Assert.IsType<AssignRejected>(Ask(next)).Reason);
        next.Tell(new Watched<Member>.Known(1, [B]), TestActor);
        Assert.Equal("b", Assert.Single(Assert.IsType<Assigned>(Ask(next)).Workers).Worker.Id);
    }

    [Fact]
    public void An_answer_names_the_policy() => Assert.Equal("pick-first", Assert.IsType<Assigned>(Ask(Balancer(Policy.PickFirst, A))).Policy);

    [Fact]
    public void A_rejection_says_why_and_when_to_try_again()
    {
        var no = Assert.IsType<AssignRejected>(Ask(Balancer(Policy.PickFirst, [])));
        Assert.Equal("no worker is registered", no.Sentence);
        Assert.True(no.RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public void A_worker_that_cannot_work_is_told_once_and_gets_nothing_until_it_can_again()
    {
        var balancer = Balancer(Policy.RoundRobin, A, B);
        Assert.Equal("a", Picks(balancer));
        var unable = A with { Worker = A.Worker with { State = WorkerState.Draining, Reason = "its threads are blocked" } };
        EventFilter.Warning("worker a takes no jobs: its threads are blocked").ExpectOne(() => Change(balancer, unable.Put()));
        Assert.Equal("b b", Picks(balancer, 2));
        Change(balancer, A.Put());
        Assert.Equal("a b", Picks(balancer, 2));
    }

    [Fact]
    public void Round_robin_takes_each_worker_in_registration_order() => Assert.Equal("a b c a", Picks(Balancer(Policy.RoundRobin, C, A, B), 4));

    [Fact]
    public void Round_robin_continues_behind_the_last_pick_when_workers_join_and_leave()
    {
        var balancer = Balancer(Policy.RoundRobin, A, B);
        Assert.Equal("a", Picks(balancer));
        Change(balancer, C.Put());
        Assert.Equal("b", Picks(balancer));
        Change(balancer, A.Removed());
        Assert.Equal("c b c", Picks(balancer, 3));
    }

    [Fact]
    public void Pick_first_moves_on_when_the_first_is_gone_and_a_newcomer_stands_last()
    {
        var balancer = Balancer(Policy.PickFirst, A, B);
        Assert.Equal("a a", Picks(balancer, 2));
        Change(balancer, A.Removed());
        Assert.Equal("b b", Picks(balancer, 2));
        Change(balancer, Workers.Member("a", 9).Put());
        Assert.Equal("b b", Picks(balancer, 2));
    }

    [Fact]
    public void Least_load_takes_the_worker_with_the_fewest_bytes_as_reports_and_members_change()
    {
        var balancer = Balancer(Policy.LeastLoad, A, B);
        Report(balancer, A, 200);
        Report(balancer, B, 100);
        Assert.Equal("b b", Picks(balancer, 2));
        Report(balancer, B, 300, sequence: 2);
        Assert.Equal("a", Picks(balancer));
        Change(balancer, C.Put());
        Report(balancer, C, 50);
        Assert.Equal("c", Picks(balancer));
        Change(balancer, C.Removed(), A.Removed());
        Assert.Equal("b", Picks(balancer));
    }

    [Theory]
    [InlineData(Policy.RoundRobin)]
    [InlineData(Policy.PickFirst)]
    [InlineData(Policy.LeastLoad)]
    public void A_draining_worker_gets_no_picks(string policy)
    {
        var balancer = Balancer(policy, A, B);
        Report(balancer, A, 1);
        Report(balancer, B, 2);
        Change(balancer, A.Draining().Put());
        Assert.Equal("b b", Picks(balancer, 2));
        Report(balancer, A, 1, sequence: 2);
        Assert.Equal("b", Picks(balancer));
        Change(balancer, B.Draining().Put());
        Assert.Equal(AssignRejectReason.NoWorkers, Rejection(balancer));
    }

    [Fact]
    public void Least_load_waits_one_heartbeat_for_reports_after_the_first_snapshot()
    {
        var balancer = Balancer(Policy.LeastLoad, A, B);
        Report(balancer, B, 1);
        Assert.Equal(AssignRejectReason.NotReady, Rejection(balancer));
        Advance(Heartbeat);
        Assert.Equal("b", Picks(balancer));
    }

    [Fact]
    public void Least_load_is_ready_earlier_when_everybody_has_reported()
    {
        var balancer = Balancer(Policy.LeastLoad, A, B);
        Report(balancer, A, 2);
        Assert.Equal(AssignRejectReason.NotReady, Rejection(balancer));
        Report(balancer, B, 1);
        Assert.Equal("b", Picks(balancer));
    }

    [Fact]
    public async Task Without_any_report_least_load_says_so_after_the_first_heartbeat()
    {
        var balancer = Balancer(Policy.LeastLoad, A);
        await Settled(balancer);
        Advance(Heartbeat);
        Assert.Equal(AssignRejectReason.NoMemoryReports, Rejection(balancer));
    }

    [Fact]
    public async Task A_report_counts_for_three_heartbeats_and_no_longer()
    {
        var balancer = Balancer(Policy.LeastLoad, A);
        Report(balancer, A, 1);
        await Settled(balancer);
        Advance((Heartbeat * 3) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("a", Picks(balancer));
        Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(AssignRejectReason.NoMemoryReports, Rejection(balancer));
        Report(balancer, A, 1, sequence: 2);
        Assert.Equal("a", Picks(balancer));
    }

    [Fact]
    public void A_late_report_never_replaces_a_newer_one()
    {
        var balancer = Balancer(Policy.LeastLoad, A, B);
        Report(balancer, B, 100);
        Report(balancer, A, 200, sequence: 5);
        Report(balancer, A, 1, sequence: 4);
        Report(balancer, A, 1, sequence: 5);
        Assert.Equal("b", Picks(balancer));
    }

    [Fact]
    public async Task A_report_that_runs_ahead_of_its_worker_counts_from_when_it_came()
    {
        var balancer = Balancer(Policy.LeastLoad, []);
        Report(balancer, A, 1);
        await Settled(balancer);
        Advance(Heartbeat * 2);
        Change(balancer, A.Put());
        Assert.Equal("a", Picks(balancer));
        Advance(Heartbeat);
        Assert.Equal(AssignRejectReason.NoMemoryReports, Rejection(balancer));
    }

    [Fact]
    public async Task An_early_report_is_forgotten_after_its_hold()
    {
        var balancer = Balancer(Policy.LeastLoad, BalancerLimits.Default with { EarlyReportHold = Heartbeat * 2, EarlyReportsMax = 10 });
        balancer.Tell(new Watched<Member>.Known(0, []));
        Report(balancer, A, 1);
        await Settled(balancer);
        Advance(Heartbeat * 2);
        Change(balancer, A.Put());
        Assert.Equal(AssignRejectReason.NoMemoryReports, Rejection(balancer));
    }

    [Fact]
    public void Another_incarnation_inherits_nothing_and_the_former_ones_reports_do_not_count_for_it()
    {
        var balancer = Balancer(Policy.LeastLoad, A, B);
        Report(balancer, A, 1, sequence: 100);
        Report(balancer, B, 2);
        Assert.Equal("a", Picks(balancer));
        Change(balancer, Workers.Member("a", 1, incarnation: 77).Put());
        Report(balancer, A, 1, sequence: 101);
        Assert.Equal("b", Picks(balancer));
        Report(balancer, new WorkerKey("a", 77), 1, sequence: 1);
        Assert.Equal("a", Picks(balancer));
    }

    [Fact]
    public void Left_out_workers_are_passed_over()
    {
        var balancer = Balancer(Policy.RoundRobin, A, B, C);
        Assert.Equal("b c b", Picks(balancer, 3, A.Key()));
        Assert.Equal("c", Picks(balancer, 1, A.Key(), B.Key()));
    }

    [Fact]
    public void Leaving_out_another_incarnation_or_a_stranger_leaves_out_nobody() =>
        Assert.Equal("a", Picks(Balancer(Policy.PickFirst, A), 1, new WorkerKey("a", 99), new WorkerKey("x", 1)));

    [Theory]
    [InlineData(Policy.RoundRobin)]
    [InlineData(Policy.PickFirst)]
    [InlineData(Policy.LeastLoad)]
    public void With_everybody_left_out_it_says_so(string policy)
    {
        var balancer = Balancer(policy, A, B);
        Report(balancer, A, 1);
        Report(balancer, B, 1);
        Assert.Equal(AssignRejectReason.AllExcluded, Rejection(balancer, A.Key(), B.Key()));
    }

    [Fact]
    public void A_request_ahead_gets_as_many_picks_as_it_asks_for_in_order()
    {
        var assigned = Assert.IsType<Assigned>(Ask(Balancer(Policy.RoundRobin, A, B), count: 5));
        Assert.Equal(["a", "b", "a", "b", "a"], assigned.Workers.Select(w => w.Worker.Id));
    }

    [Fact]
    public void A_later_snapshot_replaces_the_membership_and_keeps_survivors_turns_and_reports()
    {
        var balancer = Balancer(Policy.LeastLoad, A, B);
        Report(balancer, A, 1);
        Report(balancer, B, 2);
        Assert.Equal("a", Picks(balancer));
        balancer.Tell(new Watched<Member>.Known(0, [B, C]));
        Assert.Equal("b", Picks(balancer));
    }

    [Fact]
    public void After_StopAssigning_every_request_is_rejected()
    {
        var balancer = Balancer(Policy.PickFirst, A);
        balancer.Tell(StopAssigning.Instance, TestActor);
        ExpectMsg<Stopped>();
        Assert.Equal(AssignRejectReason.Stopping, Rejection(balancer));
        Change(balancer, B.Put());
        Assert.Equal(AssignRejectReason.Stopping, Rejection(balancer));
    }

    [Fact]
    public void A_client_that_cannot_reach_a_worker_removes_it_for_nobody()
    {
        var balancer = Balancer(Policy.PickFirst, A, B);
        balancer.Tell(new WorkerUnreachable(A.Key(), "no connection"), TestActor);
        Assert.Equal("a", Picks(balancer));
    }

    [Fact]
    public void What_a_client_saw_is_logged_as_one_line_and_once_a_minute_for_each_client()
    {
        var balancer = Balancer(Policy.PickFirst, A);
        Sys.EventStream.Subscribe(TestActor, typeof(Akka.Event.Warning));
        balancer.Tell(new WorkerUnreachable(A.Key(), "gone\r\nfatal: \u001b[2J" + new string('x', 400)), TestActor);
        var line = ExpectMsg<Akka.Event.Warning>().Message.ToString()!;
        Assert.StartsWith($"{TestActor.Path.Address} cannot reach worker a (incarnation 1): gone fatal: \\u001b[2Jxxx", line,
            StringComparison.Ordinal);
        Assert.EndsWith("xxx...", line, StringComparison.Ordinal);
        Assert.DoesNotContain(line, char.IsControl);
        Assert.Equal("a", Picks(balancer));
        for (var i = 0; i < 1_000; i++)
        {
            balancer.Tell(new WorkerUnreachable(A.Key(), $"{i}"), TestActor);
        }

        Assert.Equal("a", Picks(balancer));
        Advance(TimeSpan.FromMinutes(1));
        balancer.Tell(new WorkerUnreachable(A.Key(), "gone"), TestActor);
        Assert.EndsWith(
            "gone (such lines left out since the last one: 1000)", ExpectMsg<Akka.Event.Warning>().Message.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Its_state_tells_of_the_members_in_registration_order_and_who_may_be_picked()
    {
        var state = State(Balancer(Policy.PickFirst, C, B.Draining(), A));
        Assert.Equal(("b-1", "pick-first", "", 1, 3, 0), (state.Id, state.Policy, state.Rejection, state.Version, state.MemberCount, state.From));
        Assert.Equal(
            [
                new(A.Key(), WorkerState.Up, true, null, Places: 8), new(B.Key(), WorkerState.Draining, false, null, Places: 8),
                new(C.Key(), WorkerState.Up, true, null, Places: 8),
            ],
            state.Members.Select(m => m with { Details = null }));
        Assert.Equal(
            [WorkerCondition.Up, WorkerCondition.Draining, WorkerCondition.Up],
            state.Members.Select(m => m.Details!.Condition).OfType<WorkerCondition>());
        Assert.Equal(new MemberDetails(WorkerCondition.Up, "127.0.0.1:1", 8, 0, null, 0, "0.1.0"), state.Members[0].Details);
    }

    [Fact]
    public void Its_state_comes_in_pages_that_a_change_of_membership_tells_apart()
    {
        var balancer = Balancer(Policy.PickFirst, A, B, C);
        var (first, second, beyond) = (State(balancer, 0, 2), State(balancer, 2, 2), State(balancer, int.MaxValue, 2));
        Change(balancer, A.Removed());
        var later = State(balancer, 0, 0);
        Assert.Equal("a b|c|", string.Join('|', new[] { first, second, beyond }.Select(p => string.Join(' ', p.Members.Select(m => m.Worker.Id)))));
        Assert.Equal([3, 3, 3, 2], [first.MemberCount, second.MemberCount, beyond.MemberCount, later.MemberCount]);
        Assert.Equal((first.Version, first.Version, first.Version + 1), (second.Version, beyond.Version, later.Version));
    }

    [Fact]
    public void Its_state_says_why_it_would_reject_a_request_and_whose_memory_it_knows()
    {
        Assert.Equal("the balancer has not read the registry yet", State(Balancer(Policy.PickFirst)).Rejection);
        Assert.Equal("no worker is registered", State(Balancer(Policy.PickFirst, [])).Rejection);
        var balancer = Balancer(Policy.LeastLoad, A, B);
        Report(balancer, A, mebibytes: 5);
        Report(balancer, B, mebibytes: 7);
        Assert.Equal(("", "a 5242880 b 7340032"), Fresh());
        Advance(TimeSpan.FromMilliseconds(3 * Workers.HeartbeatMs));
        Assert.Equal(("workers are registered, but none has sent a memory report lately", ""), Fresh());

        (string Rejection, string Fresh) Fresh()
        {
            var state = State(balancer);
            return (state.Rejection, string.Join(' ', state.Members.Where(m => m.IsEligible).Select(m => $"{m.Worker.Id} {m.ResidentBytes}")));
        }
    }

    private BalancerState State(IActorRef balancer, int from = 0, int count = GetBalancerState.CountMax)
    {
        balancer.Tell(new GetBalancerState(from, count), TestActor);
        return ExpectMsg<BalancerState>();
    }
}
