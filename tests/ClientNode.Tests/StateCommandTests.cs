using AkkaLb.ClientNode.Commands;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.ClientNode.Tests;

public class StateCommandTests
{
    private static readonly WorkerKey Worker = new("w1", 7);

    [Fact]
    public void A_worker_is_one_line_and_says_why_it_takes_no_jobs_only_if_it_takes_none()
    {
        Assert.Equal("worker w1 up eligible incarnation=7 memory=1.0 KiB", StateCommand.Line(new MemberState(Worker, WorkerState.Up, true, 1024)));
        Assert.Equal(
            "worker w1 draining not-eligible incarnation=7 reason=\"its threads are blocked\"",
            StateCommand.Line(new MemberState(Worker, WorkerState.Draining, false, null, "its threads are blocked")));
    }

    [Fact]
    public void A_service_is_one_line_and_says_who_waits_only_if_somebody_does()
    {
        Assert.Equal("policy=random members=2 ready", StateCommand.Summary(new BalancerState("b", "random", "", 1, 2, 0, [])));
        Assert.Equal(
            "policy=first-free members=0 rejecting=\"no worker is registered\" waiting=3 longest-wait=2.0 s",
            StateCommand.Summary(new BalancerState("b", "first-free", "no worker is registered", 1, 0, 0, [], 3, TimeSpan.FromSeconds(2))));
    }

    [Fact]
    public void A_reason_can_neither_forge_lines_nor_fill_the_screen()
    {
        var line = StateCommand.Line(
            new MemberState(Worker, WorkerState.Draining, false, null, "one\nworker w2 up eligible " + new string('x', 1000)));
        Assert.DoesNotContain('\n', line);
        Assert.InRange(line.Length, 300, 400);
    }
}
