using AkkaLb.ClientNode.Commands;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.ClientNode.Tests;

public class StateCommandTests
{
    private static readonly WorkerKey Worker = new("w1", 7);

    [Fact]
    public void Workers_are_a_table_that_says_why_one_takes_no_jobs_only_if_there_is_one()
    {
        var details = new MemberDetails(
            WorkerCondition.SlowStart, "10.0.0.7:4055", 64, 2L << 30, TimeSpan.FromMilliseconds(400), 1203, "1.2", SharePercent: 40,
            Uptime: TimeSpan.FromMinutes(185));
        var up = new MemberState(Worker, WorkerState.Up, true, 90 << 20, "", 3, 0, 64, "", details);
        Assert.Equal(
            "worker  state            in flight  assigned  memory             report  uptime     address        version  incarnation",
            WorkerTable.Lines([up]).First());
        Assert.Equal(
            "w1      slow start 40 %  3 of 64    1,203     90 MiB of 2.0 GiB  400 ms  3 h 5 min  10.0.0.7:4055  1.2      7",
            WorkerTable.Lines([up]).Last());

        var old = new MemberState(new WorkerKey("pdf/w2", 8), WorkerState.Up, false, null, "its threads are blocked");
        Assert.EndsWith("why", WorkerTable.Lines([up, old]).First(), StringComparison.Ordinal);
        Assert.Matches("^pdf/w2 +up, gets no jobs +0 +- +- +- +- +- +- +8 +its threads are blocked$", WorkerTable.Lines([up, old]).Last());
        Assert.Empty(WorkerTable.Lines([]));
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
        var details = new MemberDetails(WorkerCondition.Up, "h:1\nx", 1, 0, null, 0, "1\u001b[2J");
        var line = WorkerTable.Lines(
            [new MemberState(Worker, WorkerState.Draining, false, null, "one\nworker w2 up " + new string('x', 1000), Details: details)]).Last();
        Assert.DoesNotContain('\u001b', line);
        Assert.DoesNotContain('\n', line);
        Assert.InRange(line.Length, 300, 400);
    }
}
