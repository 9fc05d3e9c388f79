using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

public class BalancerCoreTests
{
    private readonly BalancerCore _balancer;
    private TimeSpan _now = S(1);
    private long _term = 7;
    private bool _isHeld = true;

    public BalancerCoreTests() => _balancer = new BalancerCore(
        "balancer",
        ServiceRules.All(Policy.Of(Policy.RoundRobin), BalancerLimits.Default), new Random(4053),
        new DecidingRight(() => _term, () => _isHeld),
        answerBytesMax: 100_000);

    [Fact]
    public void A_change_before_everything_was_read_says_nothing_and_does_not_count()
    {
        Assert.Empty(Handle(Changed([Put(Up("a", 1))], 3)));
        Assert.Equal("1 worker is registered", Assert.IsType<BalancerEffect.Note>(Assert.Single(Handle(Read(Members("a"), 3)))).Text);
    }

    [Fact]
    public void An_assignment_names_worker_term_and_revision()
    {
        Handle(Read(Members("a"), 5));
        var assigned = Assert.IsType<Assigned>(Answer(Request(1)));
        Assert.Equal(("a", 7L, 5L), (Assert.Single(assigned.Workers).Worker.Id, assigned.Term, assigned.Revision));
    }

    [Fact]
    public void A_change_moves_the_revision_and_the_workers()
    {
        Handle(Read(Members("a"), 5));
        Handle(Changed([Removed("a"), Put(Up("b", 2))], 6));
        var assigned = Assert.IsType<Assigned>(Answer(Request(1)));
        Assert.Equal(("b", 6L), (Assert.Single(assigned.Workers).Worker.Id, assigned.Revision));
    }

    [Fact]
    public void Without_the_right_a_request_is_rejected_and_the_answer_to_WhoDecides_is_silence()
    {
        Handle(Read(Members("a"), 5));
        _isHeld = false;
        Assert.Equal(DecidingRight.RetryAfter, Assert.IsType<AssignRejected>(Answer(Request(1))).RetryAfter);
        Assert.Empty(Handle(WhoDecides.Instance));
    }

    [Fact]
    public void A_later_term_of_the_same_process_is_not_its_own()
    {
        Handle(Read(Members("a"), 5));
        Assert.Equal(new Decides(7), Answer(WhoDecides.Instance));
        _term = 8;
        Assert.IsType<AssignRejected>(Answer(Request(1)));
    }

    [Fact]
    public void After_Stop_every_request_is_rejected()
    {
        Handle(Read(Members("a"), 5));
        Handle(new BalancerInput.Stop());
        Assert.IsType<AssignRejected>(Answer(Request(1)));
    }

    [Fact]
    public void A_report_that_counts_says_nothing_and_one_that_does_not_is_told()
    {
        Handle(Read(Members("a"), 5));
        var report = new MemoryReport(Key("a"), 1, S(1), 100, 0, 0, default, 0);
        Assert.Empty(Handle(report));
        Assert.IsType<BalancerEffect.ReportIgnored>(Assert.Single(Handle(report)));
    }

    [Fact]
    public void How_long_a_worker_has_run_is_what_it_told_last_and_the_time_since_then()
    {
        Handle(Read(Members("a", "b"), 5));
        Handle(new MemoryReport(Key("a"), 1, S(1), 100, 0, 0, default, 0, Uptime: S(70)));
        Handle(new MemoryReport(Key("b"), 1, S(1), 100, 0, 0, default, 0));
        _now += S(5);
        Assert.Equal([S(75), null], Assert.IsType<BalancerState>(Answer(new GetBalancerState(0, 10))).Members.Select(m => m.Details!.Uptime));
    }

    [Fact]
    public void What_an_assignment_allocates_does_not_grow_with_the_workers()
    {
        Assert.Equal(BytesOfAnAssignment(workers: 10), BytesOfAnAssignment(workers: 1_000));
        Assert.InRange(BytesOfAnAssignment(workers: 10), 1, 300);
    }

    /// <summary>The least of a few runs: a collection may add to the thread's count meanwhile.</summary>
    private static long BytesOfAnAssignment(int workers)
    {
        const int Times = 1_000;
        var balancer = new BalancerCore(
            "balancer", ServiceRules.All(Policy.Of(Policy.RoundRobin), BalancerLimits.Default), new Random(4053), DecidingRight.Always,
            answerBytesMax: 100_000);
        var outbox = new List<BalancerEffect>();
        balancer.Handle(Read([.. Enumerable.Range(0, workers).Select(i => Up($"{i}", i + 1))], 1), default, outbox);
        var request = Request(1);
        var least = long.MaxValue;
        for (var run = 0; run < 6; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Times; i++)
            {
                outbox.Clear();
                balancer.Handle(request, default, outbox);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least / Times;
    }

    private static Assign Request(int count) => new(1, count, [], null, S(1));

    private IAkkaLbMessage Answer(object input) => Assert.IsType<BalancerEffect.Answer>(Assert.Single(Handle(input))).Message;

    private List<BalancerEffect> Handle(object input)
    {
        var outbox = new List<BalancerEffect>();
        _balancer.Handle(input, _now, outbox);
        return outbox;
    }
}
