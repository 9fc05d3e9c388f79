using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

/// <summary>Around every policy: a worker whose jobs fail far more often than those of the others gets none for a while.</summary>
public class OutlierEjectionTests
{
    private const int Jobs = 60;

    private readonly List<Candidate> _picked = [];
    private WorkerPool _pool = NewPool(Policy.RoundRobin, BalancerLimits.Default, "a", "b", "c");
    private long _request;

    public static TheoryData<string> Policies { get; } = new(Policy.All.Select(p => p.Name));

    [Theory]
    [MemberData(nameof(Policies))]
    public void It_gets_none_for_30_s_then_some_again_and_then_none_for_60_s(string policy)
    {
        _pool = NewPool(policy, BalancerLimits.Default, "a", "b", "c");
        Fail("a", S(1));

        Assert.Equal("worker a gets no jobs for 30 s: 100 % of its jobs failed, and 0 % of those of the others", Tick(S(11)));
        Assert.DoesNotContain("a", Picks(S(11)), StringComparison.Ordinal);
        Assert.Empty(Tick(S(21)) + Tick(S(31)) + Tick(S(40.9)));
        Assert.Equal("worker a gets jobs again: its time without jobs is over", Tick(S(41)));
        Report(S(41));
        Assert.True(_pool.IsEligible(_pool.Table.Find("a")!, S(41)));

        Fail("a", S(42));
        Assert.Equal("worker a gets no jobs for 60 s: 100 % of its jobs failed, and 0 % of those of the others", Tick(S(51)));
        Assert.DoesNotContain("a", Picks(S(51)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_interval_without_ejection_takes_one_time_off()
    {
        Fail("a", S(1));
        var last = TimeSpan.Zero;
        while (_pool.NextDue is { } due && due < OpenPicks.SilenceMax * 10)
        {
            Tick(last = due);
        }

        Assert.InRange(last, S(51), S(101));
        Fail("a", S(152));
        Assert.StartsWith("worker a gets no jobs for 30 s", Tick(S(162)), StringComparison.Ordinal);
    }

    [Fact]
    public void Jobs_that_fail_everywhere_eject_nobody()
    {
        End(S(1), 1, (_, n) => n % 4 == 0 ? PickEnd.Done : PickEnd.Failed);
        Assert.Empty(Tick(S(11)));
    }

    [Fact]
    public void Failures_that_one_client_alone_sees_eject_nobody()
    {
        End(S(1), 1, (id, _) => id == "a" ? PickEnd.Unknown : PickEnd.Done);
        End(S(1), 2, (_, n) => n > 12 ? PickEnd.Unused : PickEnd.Done);
        Assert.Empty(Tick(S(11)));

        End(S(12), 2, (id, _) => id == "a" ? PickEnd.Unknown : PickEnd.Done);
        End(S(12), 1, (id, _) => id == "a" ? PickEnd.Unknown : PickEnd.Done);
        Assert.StartsWith("worker a gets no jobs for 30 s", Tick(S(21)), StringComparison.Ordinal);
    }

    [Fact]
    public void In_the_next_interval_it_is_not_forgotten_that_the_other_clients_have_seen_none()
    {
        End(S(1), 1, (id, _) => id == "a" ? PickEnd.Unknown : PickEnd.Done);
        End(S(1), 2, (_, _) => PickEnd.Done);
        End(S(1), 3, (_, _) => PickEnd.Done);
        Assert.Empty(Tick(S(11)));
        End(S(12), 1, (id, _) => id == "a" ? PickEnd.Unknown : PickEnd.Done);
        Assert.Empty(Tick(S(21)));
    }

    [Theory]
    [InlineData(PickEnd.Rejected)]
    [InlineData(PickEnd.Unused)]
    [InlineData(PickEnd.Cancelled)]
    public void A_job_that_was_not_begun_or_was_cancelled_says_nothing(PickEnd how)
    {
        End(S(1), 1, (id, _) => id == "a" ? how : PickEnd.Done);
        Assert.Equal("", Tick(S(11)));
    }

    [Fact]
    public void Of_few_jobs_nobody_can_tell()
    {
        End(S(1), 1, (id, n) => n >= 3 * (BalancerLimits.Default.OutlierJobsMin - 1) ? PickEnd.Unused : id == "a" ? PickEnd.Failed : PickEnd.Done);
        Assert.Empty(Tick(S(11)));
    }

    [Fact]
    public void At_most_a_tenth_is_ejected_those_that_fail_most()
    {
        string[] ids = [.. Enumerable.Range(10, 30).Select(n => $"w{n}")];
        _pool = NewPool(Policy.RoundRobin, BalancerLimits.Default, ids);
        for (var round = 0; round < 20; round++)
        {
            End(S(1), 1, (id, _) => int.Parse(id[1..], null) is var n && n < 16 && round < 20 - (n - 10) ? PickEnd.Failed : PickEnd.Done);
        }

        var said = Tick(S(11)).Split('\n');
        Assert.Equal(["w10", "w11", "w12"], said.Select(line => line.Split(' ')[1]));
        Assert.Equal(27, _pool.Eligible.Count);
    }

    /// <summary>One that fails at once is always free, and gets most of the jobs.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(3)]
    public void Two_that_fail_and_get_most_of_the_jobs_do_not_hide_each_other(int workers)
    {
        _pool = NewPool(Policy.RoundRobin, BalancerLimits.Default, [.. Enumerable.Range(0, workers).Select(n => $"{(char)('a' + n)}")]);
        static PickEnd How(string id, int n) => id is "a" or "b" ? PickEnd.Failed : PickEnd.Done;
        End(S(1), 1, How, jobs: 40 * workers);
        End(S(1), 1, How, jobs: 4000, "a", "b");
        Assert.Matches("^worker [ab] gets no jobs for 30 s: 100 % of its jobs failed, and (14|50) % of those of the others$", Tick(S(11)));
    }

    [Fact]
    public void The_last_one_is_never_ejected()
    {
        _pool = NewPool(Policy.RoundRobin, BalancerLimits.Default with { EjectedShareMax = 1 }, "a", "b");
        Fail("a", S(1));
        Assert.StartsWith("worker a gets no jobs", Tick(S(11)), StringComparison.Ordinal);
        End(S(12), 1, (_, _) => PickEnd.Failed);
        Assert.Empty(Tick(S(21)));
        Assert.Equal("b", Picks(S(21)));
    }

    [Fact]
    public void When_half_of_those_that_have_not_left_can_do_no_jobs_it_gets_some_all_the_same()
    {
        Fail("a", S(1));
        Tick(S(11));
        _pool.ApplyChanges([Put(Draining("b", 2))], S(12));
        Assert.Equal("c", Picks(S(12)));

        var unable = Draining("b", 2);
        _pool.ApplyChanges([Put(unable with { Worker = unable.Worker with { Reason = "it cannot" } })], S(13));
        Assert.Equal("a c", Picks(S(13)));
        _pool.ApplyChanges([Put(Up("b", 2))], S(14));
        Assert.Equal("b c", Picks(S(14)));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void It_gets_a_job_that_leaves_out_all_others(string policy)
    {
        _pool = NewPool(policy, BalancerLimits.Default, "a", "b", "c");
        Fail("a", S(1));
        Tick(S(11));
        Assert.Equal("a", Picks(S(11), Key("b"), Key("c")));
        Assert.Equal(
            AssignRejectReason.AllExcluded, _pool.Assign(Question([Key("a"), Key("b"), Key("c")]), _picked, S(11))?.Reason);
    }

    [Fact]
    public void A_request_of_first_free_that_leaves_out_one_that_is_ejected_waits_for_those_that_it_does_not_leave_out()
    {
        _pool = NewPool(Policy.FirstFree, BalancerLimits.Default, "a", "b", "c");
        Fail("a", S(1));
        Tick(S(11));
        for (var i = 0; i < 1_000; i++)
        {
            Assert.Null(_pool.Assign(Question([Key("b")]) with { Finished = new Finished(1, 0, []) }, _picked, S(11)));
            Assert.Equal("c", _picked[0].Key.Id);
        }

        Assert.Equal(AssignRejectReason.NoCapacity, _pool.Assign(Question([Key("a"), Key("b"), Key("b")]), _picked, S(11))?.Reason);
    }

    [Fact]
    public void It_can_be_switched_off()
    {
        _pool = NewPool(Policy.RoundRobin, BalancerLimits.Default with { EjectedShareMax = 0 }, "a", "b");
        Fail("a", S(1));
        Assert.Empty(Tick(S(11)));
    }

    [Fact]
    public void The_balancer_says_so_and_its_state_says_why_and_how_long()
    {
        var balancer = new BalancerCore(
            "b", ServiceRules.All(Policy.Of(Policy.RoundRobin), BalancerLimits.Default), new Random(1), DecidingRight.Always, 100_000);
        var outbox = new List<BalancerEffect>();
        balancer.Handle(Read(Members("a", "b")), default, outbox);
        for (var n = 1; n <= 60; n++)
        {
            outbox.Clear();
            balancer.Handle(Question([]) with { RequestId = n, Finished = new Finished(1, 0, []) }, S(1), outbox);
            var worker = Assert.IsType<Assigned>(Assert.Single(outbox.OfType<BalancerEffect.Answer>()).Message).Workers[0].Worker.Id;
            balancer.Handle(new Finished(1, 0, [new EndedPick(n, worker == "a" ? PickEnd.Failed : PickEnd.Done, S(1), default)]), S(1), outbox);
        }

        outbox.Clear();
        Assert.Equal(S(11), balancer.NextDue);
        balancer.Handle(Tick(), S(11), outbox);
        var said = outbox.OfType<BalancerEffect.Note>().Select(note => note.Text);
        Assert.Contains(said, text => text.StartsWith("worker a gets no jobs for 30 s", StringComparison.Ordinal));
        balancer.Handle(new GetBalancerState(0, 10), S(21), outbox);
        var state = Assert.IsType<BalancerState>(outbox.OfType<BalancerEffect.Answer>().Last().Message);
        Assert.Equal(["its jobs failed: it gets none for 20 s", ""], state.Members.Select(m => m.Reason));

        static Tick Tick() => Core.Machines.Tick.Instance;
    }

    /// <summary>As many jobs as are enough for a verdict on each, those of one worker fail.</summary>
    private void Fail(string bad, TimeSpan now) => End(now, 1, (id, _) => id == bad ? PickEnd.Failed : PickEnd.Done);

    private void End(TimeSpan now, long client, Func<string, int, PickEnd> how, int jobs = Jobs, params string[] among)
    {
        // Whatever the policy, each worker gets its part: the others are left out.
        var all = _pool.Table.InOrder.Where(c => c.IsEligible).Select(c => c.Key).ToList();
        var doing = all.Where(key => among.Length == 0 || among.Contains(key.Id)).ToList();
        for (var n = 0; n < jobs; n++)
        {
            var worker = doing[n % doing.Count];
            var question = Question([.. all.Where(key => key != worker)]) with { Finished = new Finished(client, 0, []) };
            Report(now);
            Assert.Null(_pool.Assign(question, _picked, now));
            Assert.Equal(worker, _picked[0].Key);
            _pool.Finish(new Finished(client, 0, [new EndedPick(question.RequestId, how(worker.Id, n), S(0.1), default)]), now);
        }
    }

    private Assign Question(IReadOnlyList<WorkerKey> leaveOut) => new(++_request, 1, leaveOut, $"key {_request}", S(60));

    private void Report(TimeSpan now)
    {
        foreach (var candidate in _pool.Table.InOrder)
        {
            _pool.Report(Sample(candidate.Key.Id, 100, ++_request), now);
        }
    }

    private string Tick(TimeSpan now) => string.Join('\n', _pool.Tick(now).Select(news => news.Text));

    /// <returns>Who was picked, each once, in the order of their names.</returns>
    private string Picks(TimeSpan now, params WorkerKey[] leaveOut)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 24; i++)
        {
            Report(now);
            Assert.Null(_pool.Assign(Question(leaveOut), _picked, now));
            names.Add(_picked[0].Key.Id);
        }

        return string.Join(' ', names);
    }

    private static WorkerPool NewPool(string policy, BalancerLimits limits, params string[] ids)
    {
        var pool = Pool(Policy.Of(policy), limits, _ => TimeSpan.Zero);
        pool.ApplySnapshot(
            [.. Members(ids).Select(m => m with { Worker = m.Worker with { Capacity = 1000, Places = 1000 } })], default);
        return pool;
    }
}
