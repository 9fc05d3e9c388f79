using AkkaLb.Core.Balancing;

namespace AkkaLb.Core.Tests.Balancing;

public class MemberNewsTests
{
    private static readonly WorkerRecord Up = new("w", 7, "akka.tcp://AkkaLb@127.0.0.1:4711/user/worker#1", WorkerState.Up, 8, 1000, "0.1.0");
    private static readonly WorkerRecord Draining = Up with { State = WorkerState.Draining };
    private static readonly WorkerRecord Unable = Draining with { Reason = "its threads are blocked" };

    [Fact]
    public void A_worker_that_arrives_is_told_with_its_address_and_incarnation() =>
        Assert.Equal("worker w is up at 127.0.0.1:4711 (incarnation 7)", Text(null, Up));

    [Fact]
    public void Another_process_under_the_same_id_is_told_as_such() => Assert.Equal(
        "worker w is up at 127.0.0.1:4711 (incarnation 8) and has taken the place of another process", Text(Up, Up with { Incarnation = 8 }));

    [Fact]
    public void Inability_and_its_end_are_told_once_each()
    {
        Assert.Equal(new MemberNews("worker w takes no jobs: its threads are blocked", IsTrouble: true), MemberNews.Of("w", Up, Unable));
        Assert.Equal(new MemberNews("worker w takes jobs again", IsTrouble: false), MemberNews.Of("w", Unable, Up));
        Assert.Equal("worker w has registered again", Text(Unable, Unable));
    }

    [Fact]
    public void A_worker_that_arrives_unable_is_told_with_its_reason() => Assert.Equal(
        "worker w is registered at 127.0.0.1:4711 (incarnation 7); it takes no jobs: its threads are blocked", Text(null, Unable));

    [Fact]
    public void Draining_is_told_also_of_a_worker_that_was_unable()
    {
        Assert.Equal("worker w is draining", Text(Up, Draining));
        Assert.Equal("worker w is draining", Text(Unable, Draining));
    }

    [Fact]
    public void A_worker_that_drained_has_left_and_any_other_lost_its_lease_or_its_entry()
    {
        Assert.Equal("worker w has left", MemberNews.Of("w", Draining, null).Text);
        Assert.Equal("worker w is gone: its lease ran out, or its entry was deleted or cannot be used", MemberNews.Of("w", Up, null).Text);
        Assert.Equal("worker w is gone: its lease ran out, or its entry was deleted or cannot be used", MemberNews.Of("w", Unable, null).Text);
        Assert.Equal("worker w is gone: its lease ran out, or its entry was deleted or cannot be used", MemberNews.Of("w", null, null).Text);
    }

    [Fact]
    public void A_reason_cannot_forge_lines() =>
        Assert.Equal("worker w takes no jobs: ha worker x is up", Text(Up, Unable with { Reason = "ha\nworker x is up" }));

    private static string Text(WorkerRecord? before, WorkerRecord now) => MemberNews.Of("w", before, now).Text;
}
