using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

/// <summary>Memory is a constraint for every policy: a worker above nine tenths of its limit gets nothing while others are below.</summary>
public class MemoryConstraintTests
{
    private readonly List<Candidate> _picked = [];
    private WorkerPool _pool = Pool(Policy.Of(Policy.PickFirst), BalancerLimits.Default, _ => TimeSpan.Zero);
    private long _sequence;
    private long _request;

    public static TheoryData<string> Policies { get; } = new(Policy.All.Select(p => p.Name));

    public MemoryConstraintTests() => _pool.ApplySnapshot(Members("a", "b", "c"), default);

    [Theory]
    [MemberData(nameof(Policies))]
    public void No_policy_picks_one_that_is_above_while_others_are_below(string policy)
    {
        _pool = Pool(Policy.Of(policy), BalancerLimits.Default, _ => TimeSpan.Zero);
        _pool.ApplySnapshot(Members("a", "b", "c"), default);
        Says("a", 91);
        Says("b", 10);
        Says("c", 90);

        Assert.Matches("^(b|b c)$", Picks(12));

        Says("b", 95);
        Says("c", 96);
        Assert.Contains("a", Picks(24), StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_picked_again_when_it_uses_less_by_a_twentieth()
    {
        Says("a", 91);
        Assert.Equal("b", Picks(1));
        Says("a", 86);
        Assert.Equal("b", Picks(1));
        Says("a", 84);
        Assert.Equal("a", Picks(1));
        Says("a", 89);
        Assert.Equal("a", Picks(1));
    }

    [Fact]
    public void What_it_said_counts_no_longer_than_a_report_does()
    {
        Says("a", 99, S(1));
        Assert.Equal(S(4), _pool.NextDue);
        _pool.Tick(S(3.9));
        Assert.Equal("b", Picks(1, S(3.9)));
        _pool.Tick(S(4));
        Assert.Equal("a", Picks(1, S(4)));
        Assert.Null(_pool.NextDue);
    }

    [Fact]
    public void A_new_report_puts_that_off()
    {
        Says("a", 99, S(1));
        Says("b", 99, S(2));
        Says("a", 99, S(3));
        _pool.Tick(S(4));
        Assert.Equal("c", Picks(1, S(4)));
        Assert.Equal(S(5), _pool.NextDue);
        _pool.Tick(S(5));
        Assert.Equal("b", Picks(1, S(5)));
        Assert.Equal(S(6), _pool.NextDue);
    }

    [Fact]
    public void When_the_last_one_below_leaves_those_above_are_picked()
    {
        Says("a", 99);
        Says("b", 99);
        Assert.Equal("c", Picks(1));
        _pool.ApplyChanges([Removed("c")], default);
        Assert.Equal("a", Picks(1));
    }

    [Fact]
    public void One_that_has_no_limit_or_that_says_nothing_of_it_is_never_above()
    {
        _pool.Report(Sample("a", long.MaxValue), default);
        Assert.Equal("a", Picks(1));
    }

    [Fact]
    public void At_a_share_of_one_memory_keeps_nobody_from_jobs()
    {
        _pool = Pool(Policy.Of(Policy.PickFirst), BalancerLimits.Default with { MemoryShareMax = 1 });
        _pool.ApplySnapshot(Members("a", "b"), default);
        Says("a", 200);
        Assert.Equal("a", Picks(1));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void One_that_is_above_gets_a_job_that_leaves_out_all_who_are_below(string policy)
    {
        _pool = Pool(Policy.Of(policy), BalancerLimits.Default, _ => TimeSpan.Zero);
        _pool.ApplySnapshot(Members("a", "b", "c"), default);
        Says("a", 95);
        Says("b", 10);
        Says("c", 97);
        Assert.Null(_pool.Assign(1, [Key("b")], _picked, default));
        Assert.Contains(_picked[0].Key.Id, "ac", StringComparison.Ordinal);
        Assert.Equal(AssignRejectReason.AllExcluded, _pool.Assign(1, [Key("a"), Key("b"), Key("c")], _picked, default)?.Reason);
    }

    [Fact]
    public void One_that_is_above_and_reports_is_picked_by_least_load_while_the_others_do_not_report()
    {
        _pool = Pool(Policy.Of(Policy.LeastLoad), BalancerLimits.Default, _ => TimeSpan.Zero);
        _pool.ApplySnapshot(Members("a", "b"), default);
        Assert.NotNull(_pool.WhyRejecting(S(20)));
        _pool.Report(Of("a", 95), S(20));
        Assert.Null(_pool.WhyRejecting(S(20)));
        Assert.Null(_pool.Assign(1, [], _picked, S(20)));
        Assert.Equal("a", _picked[0].Key.Id);
    }

    [Fact]
    public void A_report_that_ran_ahead_of_its_worker_counts_from_the_first_moment()
    {
        _pool.Report(Of("d", 99), S(1));
        _pool.ApplyChanges([Put(Up("d", 0))], S(2));
        Assert.Equal("a", Picks(1, S(2)));
        Assert.Equal(S(4), _pool.NextDue);
        Assert.Equal("worker d no longer tells how much of its memory it uses; it gets jobs again", Assert.Single(_pool.Tick(S(4))).Text);
        Assert.Equal("d", Picks(1, S(4)));
    }

    [Fact]
    public void Only_a_report_that_changes_something_is_news()
    {
        var isNews = new[] { 95, 97, 93, 86, 80, 70, 91 }.Select(percent =>
        {
            _pool.Report(Of("a", percent), S(1), out var news);
            return news?.IsTrouble;
        });
        Assert.Equal([true, null, null, null, false, null, true], isNews);
    }

    [Fact]
    public void The_balancer_says_so_once_and_once_when_that_is_over()
    {
        var balancer = new BalancerCore(
            "b", ServiceRules.All(Policy.Of(Policy.PickFirst), BalancerLimits.Default), new Random(1), DecidingRight.Always, 100_000);
        var outbox = new List<BalancerEffect>();
        balancer.Handle(Read(Members("a", "b")), default, outbox);
        outbox.Clear();
        foreach (var percent in new[] { 95, 97, 93, 80, 70 })
        {
            balancer.Handle(Of("a", percent), S(1), outbox);
        }

        Assert.Equal(
            [
                "worker a uses 95 % of the memory that it may have; it gets no jobs while others use less",
                "worker a uses 80 % of the memory that it may have; it gets jobs again",
            ],
            outbox.Cast<BalancerEffect.Note>().Select(note => note.Text));
    }

    private void Says(string id, int percent, TimeSpan now = default) => _pool.Report(Of(id, percent), now);

    private MemoryReport Of(string id, int percent) => Sample(id, percent, ++_sequence) with { LimitBytes = 100 };

    /// <returns>Who was picked, each once, in the order of their names.</returns>
    private string Picks(int count, TimeSpan now = default)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var key = $"key {++_request}";
            if (_pool.Assign(new Assign(_request, 1, [], key, S(60)), _picked, now) is null)
            {
                names.Add(_picked[0].Key.Id);
            }
        }

        return string.Join(' ', names);
    }
}
