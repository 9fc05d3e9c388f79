using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

public class WorkerPoolTests
{
    private readonly WorkerPool _roundRobin = Pool(Policy.Of(Policy.RoundRobin), BalancerLimits.Default);
    private readonly WorkerPool _leastLoad = Pool(Policy.Of(Policy.LeastLoad), BalancerLimits.Default with { EarlyReportsMax = 2 });

    // ---- readiness

    [Fact]
    public void Before_a_snapshot_the_answer_is_NotReady() => Assert.Equal("NotReady", Answer(_roundRobin, default));

    [Fact]
    public void A_change_before_everything_was_read_says_nothing()
    {
        Assert.Empty(_roundRobin.Apply(Changed([Put(Up("a", 1))]), default));
        Assert.Equal(0, _roundRobin.Table.MemberCount);
        Assert.Equal("NotReady", Answer(_roundRobin, default));
    }

    [Fact]
    public void Round_robin_is_ready_with_its_first_snapshot()
    {
        _roundRobin.ApplySnapshot(Members("a"), default);
        Assert.Equal("a", Answer(_roundRobin, default));
    }

    [Fact]
    public void Least_load_waits_one_heartbeat_of_the_slowest_member()
    {
        _leastLoad.ApplySnapshot([Up("a", 1, heartbeatMs: 1000), Up("b", 2, heartbeatMs: 4000)], S(10));
        _leastLoad.Report(Sample("a", 1), S(13));
        Assert.Equal("NotReady", Answer(_leastLoad, S(14) - TimeSpan.FromTicks(1)));
        Assert.Equal("a", Answer(_leastLoad, S(14)));
    }

    [Fact]
    public void Least_load_waits_ten_seconds_at_most_whatever_interval_a_member_announces()
    {
        _leastLoad.ApplySnapshot([Up("a", 1), Up("wrong", 2, heartbeatMs: int.MaxValue), Up("dead", 3, heartbeatMs: 60_000)], S(10));
        _leastLoad.Report(Sample("a", 1), S(19));
        Assert.Equal("NotReady", Answer(_leastLoad, S(20) - TimeSpan.FromTicks(1)));
        Assert.Equal("a", Answer(_leastLoad, S(20)));
    }

    [Fact]
    public void Least_load_does_not_wait_for_a_draining_member()
    {
        _leastLoad.ApplySnapshot([Up("a", 1), Draining("b", 2)], default);
        _leastLoad.Report(Sample("a", 1), Ms(10));
        Assert.Equal("a", Answer(_leastLoad, Ms(10)));
    }

    [Fact]
    public void Least_load_is_ready_as_soon_as_all_have_reported()
    {
        _leastLoad.ApplySnapshot(Members("a", "b"), default);
        _leastLoad.Report(Sample("a", 1), Ms(10));
        Assert.Equal("NotReady", Answer(_leastLoad, Ms(20)));
        _leastLoad.Report(Sample("b", 2), Ms(30));
        Assert.Equal("a", Answer(_leastLoad, Ms(30)));
    }

    [Fact]
    public void Once_ready_least_load_stays_ready()
    {
        _leastLoad.ApplySnapshot(Members("a"), default);
        _leastLoad.Report(Sample("a", 1), default);
        Assert.Equal("a", Answer(_leastLoad, default));
        _leastLoad.ApplySnapshot(Members("a", "b"), Ms(1));
        Assert.Equal("a", Answer(_leastLoad, Ms(2)));
    }

    // ---- rejections

    [Fact]
    public void Nobody_registered_is_NoWorkers()
    {
        _roundRobin.ApplySnapshot([], default);
        Assert.Equal("NoWorkers: no worker is registered", Sentence(_roundRobin));
    }

    [Fact]
    public void Everybody_draining_is_NoWorkers_with_its_own_sentence()
    {
        _roundRobin.ApplySnapshot([Draining("a", 1)], default);
        Assert.Equal("NoWorkers: every registered worker is draining, or cannot do jobs at the moment", Sentence(_roundRobin));
    }

    [Fact]
    public void No_fresh_report_is_NoMemoryReports()
    {
        _leastLoad.ApplySnapshot(Members("a"), default);
        Assert.Equal("NoMemoryReports", Answer(_leastLoad, S(1)));
        _leastLoad.Report(Sample("a", 1), S(1));
        Assert.Equal("NoMemoryReports", Answer(_leastLoad, S(4)));
    }

    [Fact]
    public void Everybody_left_out_is_AllExcluded()
    {
        _roundRobin.ApplySnapshot(Members("a", "b"), default);
        Assert.Equal("AllExcluded", Answer(_roundRobin, default, "a", "b"));
    }

    [Fact]
    public void The_only_fresh_reporter_left_out_is_AllExcluded()
    {
        _leastLoad.ApplySnapshot(Members("a", "b"), default);
        _leastLoad.Report(Sample("a", 1), S(1));
        Assert.Equal("AllExcluded", Answer(_leastLoad, S(1), "a"));
        Assert.Equal("NoMemoryReports", Answer(_leastLoad, S(4), "a"));
    }

    [Fact]
    public void A_draining_worker_left_out_could_not_have_been_picked_anyway()
    {
        _leastLoad.ApplySnapshot([Up("a", 1), Draining("b", 2)], default);
        _leastLoad.Report(Sample("b", 1), S(1));
        Assert.Equal("NoMemoryReports", Answer(_leastLoad, S(1), "b"));
    }

    [Fact]
    public void A_left_out_worker_of_another_incarnation_is_not_left_out()
    {
        _roundRobin.ApplySnapshot([Up("a", 1, incarnation: 2)], default);
        Assert.Equal("a", Answer(_roundRobin, default, "a"));
    }

    [Fact]
    public void A_stopping_balancer_says_so_whatever_it_knows()
    {
        _roundRobin.Stop();
        Assert.Equal("Stopping", Answer(_roundRobin, default));
        _roundRobin.ApplySnapshot(Members("a"), default);
        Assert.Equal("Stopping", Answer(_roundRobin, default));
    }

    [Fact]
    public void Every_rejection_hints_when_to_try_again()
    {
        List<AssignRejection?> rejections = [_roundRobin.Assign(1, [], [], default)];
        _roundRobin.ApplySnapshot([], default);
        rejections.Add(_roundRobin.Assign(1, [], [], default));
        _roundRobin.ApplySnapshot(Members("a"), default);
        rejections.Add(_roundRobin.Assign(1, [Key("a")], [], default));
        _leastLoad.ApplySnapshot(Members("a"), default);
        rejections.Add(_leastLoad.Assign(1, [], [], default));
        rejections.Add(_leastLoad.Assign(1, [], [], S(9)));
        _roundRobin.Stop();
        rejections.Add(_roundRobin.Assign(1, [], [], default));
        Assert.All(rejections, no => Assert.InRange(no!.RetryAfter, Ms(50), S(1)));
    }

    // ---- reports

    [Fact]
    public void A_report_of_another_incarnation_does_not_count()
    {
        _leastLoad.ApplySnapshot([Up("a", 1, incarnation: 2)], default);
        Assert.Equal(ReportOutcome.Held, _leastLoad.Report(Sample("a", 1, incarnation: 1), S(1)));
        Assert.Equal("NoMemoryReports", Answer(_leastLoad, S(1)));
    }

    [Fact]
    public void Reports_of_the_same_or_an_older_sequence_are_ignored()
    {
        _leastLoad.ApplySnapshot(Members("a", "b"), default);
        _leastLoad.Report(Sample("a", bytes: 10, sequence: 7), default);
        _leastLoad.Report(Sample("b", bytes: 20, sequence: 7), default);
        Assert.Equal(ReportOutcome.Outdated, _leastLoad.Report(Sample("a", bytes: 99, sequence: 7), default));
        Assert.Equal(ReportOutcome.Outdated, _leastLoad.Report(Sample("a", bytes: 99, sequence: 6), default));
        Assert.Equal("a", Answer(_leastLoad, default));
    }

    [Fact]
    public void A_report_is_fresh_for_three_of_its_own_heartbeats_after_it_came()
    {
        _leastLoad.ApplySnapshot(Members("a"), default);
        _leastLoad.Report(Build.Report(Key("a"), 1, Ms(200), 1), S(1));
        Assert.Equal("a", Answer(_leastLoad, Ms(1599)));
        Assert.Equal("NoMemoryReports", Answer(_leastLoad, Ms(1600)));
    }

    [Fact]
    public void A_strangers_report_with_the_largest_sequence_silences_a_worker_no_longer_than_it_counts()
    {
        _leastLoad.ApplySnapshot(Members("a"), default);
        _leastLoad.Report(Sample("a", bytes: 10, sequence: 7), S(1));
        _leastLoad.Report(Build.Report(Key("a"), long.MaxValue, TimeSpan.FromDays(100), 99), S(1));
        Assert.Equal(ReportOutcome.Outdated, _leastLoad.Report(Sample("a", bytes: 10, sequence: 8), S(4) - TimeSpan.FromTicks(1)));
        Assert.Equal(ReportOutcome.Applied, _leastLoad.Report(Sample("a", bytes: 10, sequence: 9), S(4)));
        Assert.Equal("a", Answer(_leastLoad, S(5)));
    }

    [Fact]
    public void A_report_counts_no_longer_than_for_three_of_the_heartbeats_that_its_worker_registered()
    {
        _leastLoad.ApplySnapshot([Up("a", 1, heartbeatMs: 200)], default);
        _leastLoad.Report(Build.Report(Key("a"), 1, TimeSpan.FromDays(1), 1), S(1));
        Assert.Equal("a", Answer(_leastLoad, Ms(1599)));
        Assert.Equal("NoMemoryReports", Answer(_leastLoad, Ms(1600)));
    }

    [Fact]
    public void An_early_report_counts_from_the_time_it_came()
    {
        _leastLoad.ApplySnapshot([], default);
        Assert.Equal(ReportOutcome.Held, _leastLoad.Report(Sample("a", 1), S(1)));
        _leastLoad.ApplyChanges([Put(Up("a", 1))], S(3));
        Assert.Equal("a", Answer(_leastLoad, Ms(3999)));
        Assert.Equal("NoMemoryReports", Answer(_leastLoad, S(4)));
    }

    [Fact]
    public void Early_reports_are_bounded_in_number()
    {
        Assert.Equal(ReportOutcome.Held, _leastLoad.Report(Sample("a", 1), default));
        Assert.Equal(ReportOutcome.Held, _leastLoad.Report(Sample("b", 1), default));
        Assert.Equal(ReportOutcome.Dropped, _leastLoad.Report(Sample("c", 1), default));
    }

    [Fact]
    public void A_report_while_draining_is_kept_for_when_the_worker_is_up_again()
    {
        _leastLoad.ApplySnapshot([Draining("a", 1)], default);
        Assert.Equal(ReportOutcome.Applied, _leastLoad.Report(Sample("a", 1), default));
        _leastLoad.ApplyChanges([Put(Up("a", 1))], default);
        Assert.Equal("a", Answer(_leastLoad, default));
    }

    // ---- membership

    [Fact]
    public void Survivors_keep_their_reports_and_picks_across_a_resync()
    {
        _leastLoad.ApplySnapshot(Members("a", "b"), default);
        _leastLoad.Report(Sample("a", 1), default);
        _leastLoad.Report(Sample("b", 1), default);
        Assert.Equal("a", Answer(_leastLoad, default));
        _leastLoad.ApplySnapshot([Up("c", 9), Up("b", 2), Up("a", 1)], default);
        Assert.Equal("b", Answer(_leastLoad, default));
    }

    [Fact]
    public void A_worker_registered_as_another_incarnation_starts_without_a_report()
    {
        _leastLoad.ApplySnapshot(Members("a"), default);
        _leastLoad.Report(Sample("a", 1, sequence: 50), S(1));
        _leastLoad.ApplyChanges([Put(Up("a", 2, incarnation: 2))], S(1));
        Assert.Equal("NoMemoryReports", Answer(_leastLoad, S(1)));
        Assert.Equal(ReportOutcome.Applied, _leastLoad.Report(Sample("a", 1, sequence: 1, incarnation: 2), S(1)));
        Assert.Equal("a", Answer(_leastLoad, S(1)));
    }

    [Fact]
    public void Eligible_are_those_up_in_registration_order()
    {
        _roundRobin.ApplySnapshot([Up("c", 3), Draining("b", 2), Up("a", 1)], default);
        _roundRobin.ApplyChanges([Put(Up("d", 4)), Removed("a"), Removed("nobody")], default);
        Assert.Equal(["c", "d"], _roundRobin.Eligible.Select(c => c.Key.Id));
        Assert.Equal(3, _roundRobin.Table.MemberCount);
    }

    // ---- what a change costs

    [Fact]
    public void A_batch_of_changes_rebuilds_the_table_once()
    {
        var (chooser, core) = Counted(members: 10_000);
        foreach (var i in Enumerable.Range(10_000, 100))
        {
            core.ApplyChanges([Put(Numbered(i)), Removed($"w{i - 10_000}")], S(1));
        }

        Assert.Equal(0, chooser.Rebuilds);
        Answer(core, S(1));
        Answer(core, S(1));
        Assert.Equal(1, chooser.Rebuilds);
        Assert.Equal(Enumerable.Range(100, 10_000).Select(i => $"w{i}"), core.Eligible.Select(c => c.Key.Id));
    }

    [Fact]
    public void Changes_one_by_one_rebuild_the_table_once_a_pause_and_a_request_is_answered_after_each()
    {
        var (chooser, core) = Counted(members: 10_000);
        for (var i = 0; i < 100; i++)
        {
            core.ApplyChanges([Put(Numbered(10_000 + i))], Ms(i));
            Assert.StartsWith("w", Answer(core, Ms(i)), StringComparison.Ordinal);
        }

        Assert.Equal(10, chooser.Rebuilds);
    }

    [Fact]
    public void A_newcomer_waits_for_its_first_pick_no_longer_than_the_pause()
    {
        var (_, core) = Counted(members: 10_000, Policy.PickFirst);
        core.ApplyChanges([Put(Up("a", -1))], S(1));
        Assert.Equal("a", Answer(core, S(1)));
        core.ApplyChanges([Put(Up("b", -2))], S(1));
        Assert.Equal("a", Answer(core, S(1)));
        Assert.Equal("b", Answer(core, S(1) + WorkerPool.RebuildPause(10_001)));
    }

    [Fact]
    public void A_worker_that_leaves_or_drains_gets_no_more_picks_though_the_table_waits()
    {
        var (chooser, core) = Counted(members: 10_000, Policy.PickFirst);
        Answer(core, S(1));
        core.ApplyChanges([Put(Numbered(20_000))], S(1));
        Answer(core, S(1));
        var rebuilds = chooser.Rebuilds;
        core.ApplyChanges([Removed("w0"), Put(Draining("w1", 1, incarnation: 1))], S(1));
        Assert.Equal("w2", Answer(core, S(1)));
        Assert.Equal(rebuilds, chooser.Rebuilds);
    }

    [Fact]
    public void When_all_have_left_those_who_have_joined_since_are_picked_at_once()
    {
        var (_, core) = Counted(members: 3_000);
        core.ApplyChanges([Put(Up("early", -1))], S(1));
        Answer(core, S(1));
        core.ApplyChanges([Removed("early"), .. Enumerable.Range(0, 3_000).Select(i => Removed($"w{i}")), Put(Up("new", 9_000))], S(1));
        Assert.Equal("new", Answer(core, S(1)));
    }

    [Fact]
    public void Members_that_come_and_go_while_nobody_asks_do_not_pile_up()
    {
        var (_, core) = Counted(members: 10);
        for (var i = 0; i < 5_000; i++)
        {
            core.ApplyChanges([Put(Up("flapping", 100 + i, incarnation: i))], S(1));
        }

        Assert.InRange(core.Table.MovingCount, 0, 1_001);
        Assert.Equal(11, core.Eligible.Count);
    }

    [Fact]
    public void A_report_of_a_newcomer_that_waits_for_its_place_counts()
    {
        var core = Pool(Policy.Of(Policy.LeastLoad), BalancerLimits.Default, _ => S(1));
        core.ApplySnapshot(Members("a"), default);
        core.Report(Sample("a", bytes: 9), default);
        Assert.Equal("a", Answer(core, default));
        core.ApplyChanges([Put(Up("b", 2))], default);
        Assert.Equal("a", Answer(core, default));
        core.ApplyChanges([Put(Up("c", 3))], default);
        core.Report(Sample("c", bytes: 1), default);
        Assert.Equal("a", Answer(core, default));
        Assert.Equal("c", Answer(core, S(1)));
    }

    // ---- ahead

    [Theory]
    [InlineData(Policy.RoundRobin, "a b c a b")]
    [InlineData(Policy.PickFirst, "a a a a a")]
    [InlineData(Policy.LeastLoad, "b c b c b")]
    public void Picks_ahead_are_the_policys_own_sequence(string policy, string expected)
    {
        var core = Pool(Policy.Of(policy), BalancerLimits.Default);
        core.ApplySnapshot(Members("a", "b", "c"), default);
        Assert.Equal(ReportOutcome.Applied, core.Report(Sample("a", 20), default));
        Assert.Equal(ReportOutcome.Applied, core.Report(Sample("b", 10), default));
        Assert.Equal(ReportOutcome.Applied, core.Report(Sample("c", 10), default));
        var picked = new List<Candidate>();
        Assert.Null(core.Assign(5, [], picked, default));
        Assert.Equal(expected, string.Join(' ', picked.Select(c => c.Key.Id)));
    }

    [Fact]
    public void An_answer_names_as_many_workers_as_fit_and_the_next_one_continues_behind_them()
    {
        _roundRobin.ApplySnapshot(Members("a", "b", "c", "d"), default);
        var picked = new List<Candidate>();
        Assert.Null(_roundRobin.Assign(4, [], picked, default, bytesMax: 3_400));
        Assert.Equal("a b c", string.Join(' ', picked.Select(c => c.Key.Id)));
        Assert.Null(_roundRobin.Assign(1, [], picked, default, bytesMax: 0));
        Assert.Equal("d", Assert.Single(picked).Key.Id);
    }

    [Fact]
    public void A_worker_that_is_picked_again_takes_no_more_room_than_a_place()
    {
        _roundRobin.ApplySnapshot(Members("a", "b"), default);
        var picked = new List<Candidate>();
        Assert.Null(_roundRobin.Assign(1_000, [], picked, default, bytesMax: 6_000));
        Assert.Equal(1_000, picked.Count);
    }

    [Fact]
    public void After_a_rejection_the_list_of_picks_is_empty()
    {
        _roundRobin.ApplySnapshot(Members("a"), default);
        var picked = new List<Candidate>();
        Assert.Null(_roundRobin.Assign(3, [], picked, default));
        Assert.NotNull(_roundRobin.Assign(3, [Key("a")], picked, default));
        Assert.Empty(picked);
    }

    // ---- what the registry tells

    [Fact]
    public void What_was_read_again_tells_only_what_differs_who_has_gone_first()
    {
        _roundRobin.ApplySnapshot(Members("a", "b", "c"), default);
        var news = _roundRobin.Apply(Read([Draining("b", 2), Up("c", 3), Up("d", 4)]), default);
        Assert.Equal(
            ["worker a is gone", "worker b is draining", "worker d is up"],
            news.Select(n => string.Join(' ', n.Text.Split(' ', ':').Take(4))));
    }

    [Fact]
    public void What_is_told_again_is_no_change()
    {
        _roundRobin.ApplySnapshot(Members("a"), default);
        var version = _roundRobin.Table.Version;
        Assert.Empty(_roundRobin.Apply(Changed([Put(Up("a", 1)), Removed("nobody")]), default));
        Assert.Empty(_roundRobin.Apply(Read(Members("a")), default));
        Assert.Equal(version, _roundRobin.Table.Version);
    }

    [Fact]
    public void Whatever_is_told_the_table_is_the_registry_and_each_difference_is_told_once() => Seeded.Runs(2_000, random =>
    {
        string[] ids = ["a", "b", "c", "d", "e"];
        var (table, registry) = (Pool(Policy.Of(Policy.RoundRobin), BalancerLimits.Default), new Dictionary<string, Member>());
        table.ApplySnapshot([], default);
        for (var step = 1; step < 60; step++)
        {
            var id = random.Of(ids);
            var before = registry.GetValueOrDefault(id);
            KeyChange<Member> change = random.Next(3) switch
            {
                0 => Removed(id),
                1 => Put(Draining(id, step)),
                _ => Put(Up(id, step, incarnation: random.Next(3))),
            };
            registry.Remove(id);
            if (change.Item is { } member)
            {
                registry.Add(id, member);
            }

            // A change that was missed is made good for by reading everything.
            var news = table.Apply(random.Chance(0.2) ? Read(registry.Values) : Changed([change]), default);
            Assert.Equal(Equals(before, change.Item) ? 0 : 1, news.Count);
            Assert.Equal(registry.Values.OrderBy(m => m.RegistrationOrder), table.Table.Page(0, 10).ToArray().Select(c => c.Member));
        }
    });

    /// <summary>A balancer of so many members, w0 on, and its policy, whose rebuilds are counted from here on.</summary>
    private static (CountingChooser Chooser, WorkerPool Core) Counted(int members, string policy = Policy.RoundRobin)
    {
        CountingChooser? counting = null;
        var kind = Policy.Of(policy);
        var core = Pool(kind with { NewChooser = random => counting = new CountingChooser(kind.NewChooser(random)) }, BalancerLimits.Default);
        core.ApplySnapshot([.. Enumerable.Range(0, members).Select(Numbered)], default);
        counting!.Rebuilds = 0;
        return (counting, core);
    }

    private static Member Numbered(int i) => Up($"w{i}", i);

    /// <summary>The workers that are picked, or why nobody is. Left-out workers are of incarnation 1.</summary>
    private static string Answer(WorkerPool core, TimeSpan now, params string[] leaveOut)
    {
        var picked = new List<Candidate>();
        return core.Assign(1, [.. leaveOut.Select(id => Key(id))], picked, now)?.Reason.ToString() ?? picked[0].Key.Id;
    }

    private static string Sentence(WorkerPool core) =>
        core.Assign(1, [], [], default) is { } no ? $"{no.Reason}: {no.Sentence}" : "picked";

    private sealed class CountingChooser(IChooser chooser) : IChooser
    {
        public int Rebuilds { get; set; }

        public void Rebuild(Candidate[] eligible)
        {
            Rebuilds++;
            chooser.Rebuild(eligible);
        }

        public void Changed(Candidate candidate) => chooser.Changed(candidate);

        public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now) => chooser.Pick(leftOut, now);
    }
}
