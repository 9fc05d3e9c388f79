using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

/// <summary>Requests that wait at a balancer until a place is free.</summary>
public class WaitingRequestsTests
{
    private readonly List<BalancerEffect> _effects = [];
    private readonly List<string> _told = [];
    private readonly Dictionary<long, string> _asked = [];
    private BalancerCore _balancer = Balancer(BalancerLimits.Default with { EjectedShareMax = 0 });
    private bool _isHeld = true;
    private string _now = "";

    public WaitingRequestsTests() => Handle(Read([Places(1, "a", 1), Places(1, "b", 2)]));

    [Fact]
    public void While_a_place_is_free_nobody_waits_and_then_who_came_first_is_served_first()
    {
        Ask(1, 1);
        Ask(1, 2);
        Ask(1, 3);
        Ask(1, 4);
        Assert.Equal("1:1 a, 1:2 b, 1:3 held, 1:4 held", Told());
        End(1, 2);
        End(1, 1);
        Assert.Equal("1:3 b, 1:4 a", Told());
        Assert.Equal(S(15), _balancer.NextDue);
    }

    [Fact]
    public void A_question_ahead_gets_a_quarter_of_the_places_in_use_and_nothing_while_somebody_waits()
    {
        Handle(Read([Places(10, "a", 1)]));
        AskAhead(1, first: 1, count: 3);
        AskTogether(2, first: 1, count: 8);
        Told();
        AskAhead(1, first: 4, count: 3);
        Assert.Equal("1:4 a a", Told());
        Ask(3, 1);
        AskAhead(1, first: 7, count: 3);
        Assert.Equal("3:1 held, 1:7 NoCapacity", Told());
    }

    [Fact]
    public void Where_few_places_are_in_use_nothing_is_given_ahead()
    {
        AskAhead(1, first: 1, count: 3);
        Assert.Equal("1:1 NoCapacity", Told());
    }

    [Fact]
    public void A_place_that_was_given_ahead_and_is_given_back_goes_to_who_waits()
    {
        Handle(Read([Places(5, "a", 1)]));
        AskTogether(1, first: 1, count: 4);
        AskAhead(1, first: 5, count: 2);
        Ask(2, 1);
        Handle(new Finished(1, 0, [new EndedPick(5, PickEnd.Unused, default, default)]));
        Assert.Equal("1:1 a a a a, 1:5 a, 2:1 held, 2:1 a", Told());
    }

    [Fact]
    public void The_fastest_with_a_free_place_is_next()
    {
        Handle(Read([Places(1, "slow", 1), Places(2, "fast", 2, speed: 200), Places(9, "tardy", 3, speed: 50)]));
        for (var i = 1; i <= 4; i++)
        {
            Ask(1, i);
        }

        Assert.Equal("1:1 fast, 1:2 fast, 1:3 slow, 1:4 tardy", Told());
    }

    [Fact]
    public void An_end_that_rides_on_a_question_serves_who_waits_and_the_new_one_does_not_overtake()
    {
        Fill();
        Ask(2, 1);
        Told();
        Ask(1, 3, ended: [1]);
        Assert.Equal("1:3 held, 2:1 a", Told());
    }

    [Fact]
    public void Several_questions_in_one_are_answered_one_by_one_where_places_run_out()
    {
        AskTogether(1, first: 1, count: 5);
        Assert.Equal("1:1 a b, 1:3 held, 1:4 held, 1:5 held", Told());
        Ask(2, 1);
        Told();
        End(1, 4);
        Assert.Equal("1:4 forgotten", Told());
        End(1, 1);
        End(1, 2);
        End(1, 3);
        Assert.Equal("1:3 a, 2:1 b, 1:5 a", Told());
    }

    [Fact]
    public void Several_questions_in_one_wait_behind_those_that_wait_and_none_waits_twice()
    {
        Fill();
        Ask(2, 1);
        AskTogether(1, first: 3, count: 2);
        AskTogether(1, first: 3, count: 2);
        Assert.Equal("2:1 held, 1:3 held, 1:4 held", Told());
        End(1, 1);
        End(1, 2);
        Assert.Equal("2:1 a, 1:3 b", Told());
    }

    [Fact]
    public void Each_of_several_questions_in_one_is_rejected()
    {
        Handle(Read([]));
        AskTogether(1, first: 1, count: 3);
        Assert.Equal("1:1 NoWorkers, 1:2 NoWorkers, 1:3 NoWorkers", Told());
    }

    [Fact]
    public void A_client_with_many_requests_delays_its_own()
    {
        Fill();
        for (var i = 3; i < 20; i++)
        {
            Ask(1, i);
        }

        Ask(2, 1);
        Told();
        End(1, 1);
        End(1, 2);
        End(1, 3);
        Assert.Equal("1:3 a, 2:1 b, 1:4 a", Told());
    }

    [Fact]
    public void When_no_room_is_left_the_last_of_the_longest_line_has_to_go_and_not_for_its_own_client()
    {
        Begin(BalancerLimits.Default with { WaitingMax = 3 });
        Fill();
        Ask(1, 3);
        Ask(1, 4);
        Ask(1, 5);
        Ask(2, 1);
        Ask(1, 6);
        Ask(2, 2);
        Assert.Equal("1:3 held, 1:4 held, 1:5 held, 2:1 held, 1:5 NoCapacity, 1:6 NoCapacity, 2:2 NoCapacity", Told());
    }

    [Fact]
    public void Who_has_waited_for_as_long_as_it_may_is_rejected()
    {
        Begin(BalancerLimits.Default with { WaitMax = S(10) });
        Fill();
        Ask(1, 3);
        Ask(2, 1, remaining: S(1));
        Told();
        Handle(Tick.Instance, S(1));
        Assert.Equal("2:1 NoCapacity", Told());
        Handle(Tick.Instance, S(9.9));
        Assert.Equal("1:3 held", Told());
        Handle(Tick.Instance, S(10));
        Assert.Equal("1:3 NoCapacity", Told());
    }

    [Fact]
    public void Who_waits_hears_of_it_every_2_s()
    {
        Fill();
        Ask(1, 3);
        Told();
        Handle(Tick.Instance, S(2));
        Handle(Tick.Instance, S(2.1));
        Handle(Tick.Instance, S(4));
        Assert.Equal("1:3 held, 1:3 held", Told());
    }

    [Fact]
    public void A_request_that_the_client_gave_up_waits_no_more()
    {
        Fill();
        Ask(1, 3);
        Ask(1, 4);
        Ask(1, 5, ended: [3]);
        Told();
        Handle(new Finished(1, 5, []));
        Assert.Equal("1:4 forgotten", Told());
        End(1, 5);
        Assert.Equal("1:5 forgotten", Told());
    }

    [Fact]
    public void One_that_leaves_out_whoever_is_free_keeps_nobody_waiting()
    {
        Fill();
        Ask(2, 1, leaveOut: "a");
        Ask(3, 1);
        Told();
        End(1, 1);
        Assert.Equal("3:1 a", Told());
        End(1, 2);
        Assert.Equal("2:1 b", Told());
    }

    [Fact]
    public void One_that_leaves_out_whoever_is_free_does_not_keep_the_others_of_its_own_client_waiting()
    {
        Fill();
        Ask(2, 1, leaveOut: "a");
        Ask(2, 2);
        Ask(2, 3);
        Told();
        End(1, 1);
        Assert.Equal("2:2 a", Told());
        End(1, 2);
        Assert.Equal("2:3 b", Told());
        End(2, 3);
        Assert.Equal("2:1 b", Told());
    }

    [Fact]
    public void Also_where_it_has_let_others_pass_it_is_given_up_by_its_number()
    {
        Fill();
        Ask(2, 1, leaveOut: "a");
        Ask(2, 2);
        Ask(2, 3);
        End(1, 1);
        Told();
        Handle(new Finished(2, 3, []));
        Assert.Equal("2:1 forgotten", Told());
    }

    [Fact]
    public void What_a_client_waits_for_that_is_gone_gets_no_place()
    {
        Fill();
        Ask(2, 1);
        Ask(2, 2);
        Ask(1, 3);
        Told();
        Handle(new Finished(1, 0, []), OpenPicks.SilenceMax - S(1));
        Handle(new Finished(1, 0, [Ended(1), Ended(2)]), OpenPicks.SilenceMax);
        Assert.Equal("2:1 forgotten, 2:2 forgotten, 1:3 a", Told());
    }

    [Fact]
    public void A_request_that_comes_twice_waits_once()
    {
        Fill();
        Ask(1, 3);
        Ask(1, 3);
        Assert.Equal("1:3 held", Told());
    }

    [Fact]
    public void Faster_places_that_a_request_may_not_have_are_not_waited_for()
    {
        Handle(Read([Places(10, "fast", 1, speed: 200), Places(2, "slow", 2, speed: 50)]));
        for (var i = 1; i <= 10; i++)
        {
            Ask(1, i);
        }

        Handle(new Finished(1, 0, [new EndedPick(10, PickEnd.Done, S(1), default)]));
        Ask(1, 11);
        Told();
        Ask(1, 12, leaveOut: "fast");
        Assert.Equal("1:12 slow", Told());
    }

    [Fact]
    public void A_worker_that_joins_serves_who_waits()
    {
        Fill();
        Ask(1, 3);
        Told();
        Handle(Changed([Put(Places(1, "c", 3))]), S(1));
        Assert.Equal("1:3 c", Told());
    }

    [Fact]
    public void When_all_workers_have_left_those_that_wait_are_told()
    {
        Fill();
        Ask(1, 3);
        Told();
        Handle(Changed([Removed("a"), Removed("b")]));
        Assert.Equal("1:3 NoWorkers", Told());
    }

    [Fact]
    public void A_balancer_that_stops_tells_those_that_wait()
    {
        Fill();
        Ask(1, 3);
        Told();
        Handle(new BalancerInput.Stop());
        Assert.Equal("1:3 Stopping", Told());
    }

    [Fact]
    public void A_balancer_that_may_not_decide_any_more_tells_those_that_wait()
    {
        _balancer = new BalancerCore(
            "b", ServiceRules.All(Policy.Of(Policy.FirstFree), BalancerLimits.Default), new Random(4053), new DecidingRight(() => 1, () => _isHeld),
            answerBytesMax: 100_000);
        Handle(Read([Places(1, "a", 1), Places(1, "b", 2)]));
        Fill();
        Ask(1, 3);
        Told();
        _isHeld = false;
        Handle(Tick.Instance, S(1));
        Assert.Equal("1:3 NotReady", Told());
    }

    /// <summary>In mean service times: one of the ten fast places is free every 0.05, and a job takes 1.5 longer at a slow one. A twentieth of that
    /// is more than 0.05 and less than twice 0.05.</summary>
    [Fact]
    public void One_that_may_soon_have_a_faster_place_waits_for_it_and_not_for_longer_than_that_would_save()
    {
        Handle(Read([Places(10, "fast", 1, speed: 200), Places(2, "slow", 2, speed: 50)]));
        for (var i = 1; i <= 10; i++)
        {
            Ask(1, i);
        }

        Handle(new Finished(1, 0, [new EndedPick(10, PickEnd.Done, S(1), default)]));
        Ask(1, 10);
        Told();
        Ask(1, 11);
        Assert.Equal("1:11 held", Told());

        // Two that wait are served before that: the next place but one is too far away.
        Ask(1, 12);
        Assert.Equal("1:12 held, 1:11 slow", Told());

        // A job takes 2 s on an ordinary place, so the slow one costs 3 s.
        Handle(Tick.Instance, S(2.9));
        Assert.Equal("1:12 held", Told());
        Handle(Tick.Instance, S(3));
        Assert.Equal("1:12 slow", Told());
    }

    [Fact]
    public void Where_nobody_knows_how_long_jobs_take_a_slow_place_is_taken_at_once()
    {
        Handle(Read([Places(4, "fast", 1, speed: 200), Places(1, "slow", 2, speed: 50)]));
        for (var i = 1; i <= 5; i++)
        {
            Ask(1, i);
        }

        Assert.Equal("1:1 fast, 1:2 fast, 1:3 fast, 1:4 fast, 1:5 slow", Told());
    }

    [Fact]
    public void A_client_that_does_not_tell_when_its_picks_end_does_not_wait()
    {
        Fill();
        Handle(new Assign(9, 1, [], null, S(60)));
        var answer = Assert.IsType<BalancerEffect.Answer>(_effects[^1]);
        Assert.Equal(AssignRejectReason.NoCapacity, Assert.IsType<AssignRejected>(answer.Message).Reason);
    }

    [Fact]
    public void A_place_that_nobody_tells_of_is_looked_for()
    {
        Handle(new Assign(1, 2, [], null, S(60)));
        Assert.Equal(2, Assert.IsType<Assigned>(Assert.IsType<BalancerEffect.Answer>(_effects[^1]).Message).Workers.Count);
        _told.Clear();
        Ask(1, 1);
        Assert.Equal("1:1 held", Told());
        Assert.InRange(_balancer.NextDue!.Value, Ms(1), Ms(20));

        // A job of unknown length is expected to end within a second or so.
        Handle(Tick.Instance, S(1));
        Assert.Equal("1:1 a", Told());
    }

    [Fact]
    public void The_state_says_who_waits_and_for_how_long()
    {
        Fill();
        Ask(1, 3);
        Ask(2, 1);
        _told.Clear();
        Handle(new GetBalancerState(0, 10), S(3));
        var state = Assert.IsType<BalancerState>(Assert.IsType<BalancerEffect.Answer>(_effects[^1]).Message);
        Assert.Equal((2, S(3), 2), (state.Waiting, state.LongestWait, state.OpenPicks));
        Assert.Equal([1.0, 1.0], state.Members.Select(m => m.InFlight));
    }

    [Fact]
    public void The_highest_priority_that_waits_is_served_first_and_within_it_who_came_first()
    {
        Fill();
        Ask(2, 1, priority: JobPriority.Low);
        Ask(2, 2);
        Ask(2, 3, priority: JobPriority.High);
        Ask(3, 1, priority: JobPriority.High);
        Ask(2, 4, priority: JobPriority.High);
        Ask(2, 5);
        Told();
        End(1, 1);
        End(1, 2);
        End(2, 3);
        End(3, 1);
        End(2, 4);
        End(2, 2);
        Assert.Equal("2:3 a, 3:1 b, 2:4 a, 2:2 b, 2:5 a, 2:1 b", Told());
    }

    [Fact]
    public void A_request_of_a_higher_priority_gets_the_place_that_its_own_word_frees()
    {
        Fill();
        Ask(2, 1);
        Told();
        Ask(1, 3, ended: [1], priority: JobPriority.High);
        Assert.Equal("1:3 held, 1:3 a", Told());
    }

    [Fact]
    public void One_of_ten_places_goes_to_the_next_lower_priority_that_waits()
    {
        var served = ServedOf(200, JobPriority.High, JobPriority.Normal, JobPriority.Low);
        Assert.Equal(
            Enumerable.Range(1, 200).Select(i => i % 100 == 0 ? JobPriority.Low : i % 10 == 0 ? JobPriority.Normal : JobPriority.High), served);
    }

    [Fact]
    public void Where_nobody_waits_between_them_one_of_ten_places_goes_from_the_highest_to_the_lowest() => Assert.Equal(
        Enumerable.Range(1, 50).Select(i => i % 10 == 0 ? JobPriority.Low : JobPriority.High), ServedOf(50, JobPriority.High, JobPriority.Low));

    [Fact]
    public void Places_that_a_priority_got_while_it_waited_alone_do_not_bring_a_lower_one_forward()
    {
        Fill();
        for (var i = 1; i <= 30; i++)
        {
            Ask(2, i, priority: JobPriority.High);
        }

        End(1, 1);
        for (var i = 1; i <= 15; i++)
        {
            End(2, i);
        }

        Ask(3, 1, priority: JobPriority.Low);
        Told();
        for (var i = 16; i <= 25; i++)
        {
            End(2, i);
        }

        Assert.Equal("2:17 a, 2:18 a, 2:19 a, 2:20 a, 2:21 a, 2:22 a, 2:23 a, 2:24 a, 2:25 a, 3:1 a", Told());
    }

    [Fact]
    public void A_client_that_stands_still_keeps_nobody_of_a_lower_priority_waiting()
    {
        Fill();
        for (var i = 1; i <= 5; i++)
        {
            Ask(2, i, priority: JobPriority.High);
            Ask(3, i);
        }

        Told();
        Handle(new Finished(3, 0, []), S(3));
        Handle(new Finished(1, 0, [Ended(1), Ended(2)]), S(3));
        Assert.Equal("3:1 a, 3:2 b", Told());
        Handle(new Finished(2, 0, []), S(4));
        Handle(new Finished(3, 0, [Ended(1), Ended(2)]), S(4));
        Assert.Equal("2:1 a, 2:2 b", Told());
    }

    [Fact]
    public void However_many_stand_still_before_it_one_that_is_there_has_its_turns_and_they_are_forgotten_in_the_end()
    {
        Fill();
        for (var client = 10; client < 50; client++)
        {
            Ask(client, 1, priority: JobPriority.High);
        }

        Ask(2, 1, priority: JobPriority.High);
        Ask(2, 2, priority: JobPriority.High);
        Ask(3, 1);
        Told();
        Handle(new Finished(2, 0, []), S(3));
        Handle(new Finished(3, 0, []), S(3));
        Handle(new Finished(1, 0, [Ended(1), Ended(2)]), S(3));
        Assert.Equal("2:1 a, 2:2 b", Told());
        Handle(new Finished(3, 0, []), OpenPicks.SilenceMax - S(1));
        Handle(new Finished(2, 0, []), OpenPicks.SilenceMax - S(1));
        Told();
        Handle(Tick.Instance, OpenPicks.SilenceMax);
        Assert.Equal(string.Join(", ", [.. Enumerable.Range(10, 40).Select(client => $"{client}:1 forgotten"), "3:1 held"]), Told());
    }

    [Fact]
    public void Each_priority_has_a_tenth_of_the_room_for_itself()
    {
        Begin(BalancerLimits.Default with { WaitingMax = 20 });
        Fill();
        for (var i = 1; i <= 20; i++)
        {
            Ask(2, i, priority: JobPriority.High);
        }

        Told();
        Ask(3, 1);
        Ask(3, 2);
        Ask(3, 3);
        Ask(4, 1, priority: JobPriority.High);
        Assert.Equal(
            "3:1 held, 2:20 NoCapacity, 3:2 held, 2:19 NoCapacity, 3:3 NoCapacity, 4:1 held, 2:18 NoCapacity", Told());
    }

    [Fact]
    public void When_the_connection_to_a_client_is_lost_it_waits_no_more_and_its_picks_are_given_up()
    {
        Ask(1, 1);
        Ask(2, 1);
        for (var i = 2; i <= 9; i++)
        {
            Ask(1, i);
        }

        Ask(3, 1);
        Told();
        Handle(new BalancerInput.ConnectionLost([1]), S(1));
        Assert.Equal(8, _effects.OfType<BalancerEffect.Forget>().Count());
        Told();
        End(2, 1);
        Assert.Equal("3:1 b", Told());
        Assert.Equal(1, _balancer.Default.Pool.OpenPickCount);
    }

    [Fact]
    public void A_client_that_does_not_say_that_it_is_there_gets_a_place_when_nobody_else_wants_it()
    {
        Ask(4, 1);
        Ask(4, 2);
        for (var i = 1; i <= 3; i++)
        {
            Ask(1, i);
            Ask(2, i);
        }

        Told();
        Handle(new Finished(2, 0, []), S(2));
        Handle(new Finished(4, 0, [Ended(1), Ended(2)]), S(3));
        Assert.Equal("2:1 a, 2:2 b", Told());
        Handle(new Finished(2, 0, [Ended(1), Ended(2)]), S(3));
        Assert.Equal("2:3 a, 1:1 b", Told());
    }

    [Fact]
    public void Within_a_priority_a_client_has_one_line_whatever_it_claims()
    {
        Fill();
        for (var i = 1; i <= 10; i++)
        {
            Ask(2, i, priority: JobPriority.High);
        }

        Ask(3, 1, priority: JobPriority.High);
        Told();
        End(1, 1);
        End(1, 2);
        Assert.Equal("2:1 a, 3:1 b", Told());
    }

    [Fact]
    public void Those_of_a_higher_priority_that_leave_out_whoever_is_free_keep_no_lower_one_waiting()
    {
        Fill();
        for (var i = 1; i <= 40; i++)
        {
            Ask(2, i, leaveOut: "a", priority: JobPriority.High);
        }

        Ask(3, 1, priority: JobPriority.Low);
        Told();
        End(1, 1);
        Assert.Equal("3:1 a", Told());
    }

    [Fact]
    public void When_no_room_is_left_one_of_the_lowest_priority_has_to_go_and_nobody_for_a_lower_one()
    {
        Begin(BalancerLimits.Default with { WaitingMax = 3 });
        Fill();
        Ask(1, 3, priority: JobPriority.High);
        Ask(1, 4, priority: JobPriority.Low);
        Ask(2, 1, priority: JobPriority.Low);
        Told();
        Ask(1, 5);
        Ask(3, 1, priority: JobPriority.Low);
        Ask(3, 2, priority: JobPriority.High);
        Assert.Equal("1:5 held, 2:1 NoCapacity, 3:1 NoCapacity, 3:2 held, 1:4 NoCapacity", Told());
        Ask(2, 2, priority: JobPriority.Low);
        Ask(2, 3);
        Ask(1, 6, priority: JobPriority.High);
        Ask(2, 4);
        Assert.Equal("2:2 NoCapacity, 2:3 NoCapacity, 1:6 held, 1:5 NoCapacity, 2:4 NoCapacity", Told());
    }

    [Fact]
    public void What_a_client_gives_up_is_found_at_every_priority()
    {
        Fill();
        Ask(1, 3, priority: JobPriority.Low);
        Ask(1, 4, priority: JobPriority.High);
        Ask(1, 5);
        Ask(1, 6, priority: JobPriority.Low);
        Told();
        Handle(new Finished(1, 5, []));
        Assert.Equal("1:4 forgotten, 1:3 forgotten", Told());
        End(1, 6);
        Assert.Equal("1:6 forgotten", Told());
    }

    [Fact]
    public void A_client_that_says_something_is_there_at_every_priority()
    {
        Fill();
        Ask(2, 1, priority: JobPriority.Low);
        Ask(2, 2, priority: JobPriority.High);
        Handle(new Finished(2, 0, []), OpenPicks.SilenceMax - S(1));
        Told();
        Handle(new Finished(1, 0, [Ended(1), Ended(2)]), OpenPicks.SilenceMax);
        Assert.Equal("2:2 a, 2:1 b", Told());
    }

    /// <summary>Whatever happens: each request gets one last answer, nobody waits while somebody has a place, no worker has more than its places, and
    /// within a client and a priority nobody overtakes.</summary>
    [Fact]
    public void Each_request_is_answered_once_in_its_lines_order_and_nobody_waits_beside_a_free_place() => Seeded.Runs(300, random =>
    {
        _told.Clear();
        Begin(BalancerLimits.Default with { WaitingMax = random.Next(1, 20), WaitMax = S(random.Next(1, 10)) });
        var members = new Dictionary<string, Member> { ["a"] = Places(1, "a", 1), ["b"] = Places(1, "b", 2) };
        var (open, asked, answered) = (new Dictionary<(long, long), string>(), new HashSet<string>(), new HashSet<string>());
        var (lines, latest) = (new Dictionary<(long, long), (long, JobPriority)>(), new Dictionary<(long, JobPriority), long>());
        var (now, last) = (TimeSpan.Zero, 0L);
        for (var step = 0; step < 300; step++)
        {
            now += Ms(random.Next(100));
            switch (random.Next(10))
            {
                case < 5:
                    var client = random.Next(1, 5);
                    var priority = random.Of(Enum.GetValues<JobPriority>());
                    Ask(client, ++last, remaining: S(random.Next(1, 20)), now: now, priority: priority);
                    asked.Add($"{client}:{last}");
                    lines.Add((client, last), (client, priority));
                    break;
                case < 8 when open.Count > 0:
                    var ended = random.Of(open.Keys.ToList());
                    open.Remove(ended);
                    Handle(new Finished(ended.Item1, 0, [Ended(ended.Item2)]), now);
                    break;
                case 8:
                    var id = $"w{random.Next(4)}";
                    members[id] = Places(random.Next(1, 4), id, step + 10);
                    Handle(Changed([Put(members[id])]), now);
                    break;
                default:
                    Handle(Tick.Instance, now);
                    break;
            }

            foreach (var word in Told().Split(", ", StringSplitOptions.RemoveEmptyEntries).Where(w => !w.EndsWith("held", StringComparison.Ordinal)))
            {
                var (name, what) = (word.Split(' ')[0], word.Split(' ')[1]);
                Assert.Contains(name, asked);
                Assert.True(answered.Add(name), $"{name} was answered twice");
                if (what != "NoCapacity")
                {
                    var pick = (long.Parse(name.Split(':')[0]), long.Parse(name.Split(':')[1]));
                    open.Add(pick, what);
                    Assert.True(pick.Item2 > latest.GetValueOrDefault(lines[pick]), $"{name} has overtaken one of its own line");
                    latest[lines[pick]] = pick.Item2;
                }
            }

            var waiting = asked.Count - answered.Count;
            var free = _balancer.Default.Pool.Eligible.Count(c => c.HasFreePlace);
            Assert.True(waiting == 0 || free == 0, $"{waiting} wait, and {free} have a free place");
        }

        Handle(Tick.Instance, now + S(30));
        Assert.Equal(asked.Count, answered.Count + Told().Split(", ", StringSplitOptions.RemoveEmptyEntries).Length);
    });

    /// <summary>To whom so many places go, one after another, while enough of each of these priorities wait.</summary>
    private List<JobPriority> ServedOf(int places, params JobPriority[] priorities)
    {
        Fill();
        foreach (var priority in priorities)
        {
            for (var i = 1; i <= places; i++)
            {
                Ask(10 + (int)priority, i, priority: priority);
            }
        }

        Told();
        var served = new List<JobPriority>();
        for (var (client, pick) = (1L, 1L); served.Count < places;)
        {
            End(client, pick);
            var words = Told().Split(' ')[0].Split(':');
            (client, pick) = (long.Parse(words[0]), long.Parse(words[1]));
            served.Add((JobPriority)(client - 10));
        }

        return served;
    }

    private static BalancerCore Balancer(BalancerLimits limits) =>
        new(
            "b", ServiceRules.All(Policy.Of(Policy.FirstFree), limits), new Random(4053), DecidingRight.Always, answerBytesMax: 100_000,
            _ => TimeSpan.Zero);

    private static Member Places(int places, string id, long order, int speed = 100) =>
        Up(id, order, incarnation: order) with { Worker = Worker(id, order) with { Places = places, Speed = speed } };

    private static EndedPick Ended(long pick) => new(pick, PickEnd.Done, S(1), default);

    private void Begin(BalancerLimits limits)
    {
        _balancer = Balancer(limits);
        _asked.Clear();
        Handle(Read([Places(1, "a", 1), Places(1, "b", 2)]));
    }

    /// <summary>Client 1 has both places.</summary>
    private void Fill()
    {
        Ask(1, 1);
        Ask(1, 2);
        Assert.Equal("1:1 a, 1:2 b", Told());
    }

    private void Ask(
        long client, long request, string? leaveOut = null, long[]? ended = null, TimeSpan? remaining = null, TimeSpan now = default,
        JobPriority priority = JobPriority.Normal)
    {
        _now = $"{client}:{request}";
        var finished = new Finished(client, 0, [.. (ended ?? []).Select(Ended)]);
        Handle(
            new Assign(
                request, 1, leaveOut is null ? [] : [_balancer.FindWorker(leaveOut)!.Key], null, remaining ?? S(60), 1, finished, Priority: priority),
            now);
    }

    private void AskTogether(long client, long first, int count)
    {
        _now = $"{client}";
        Handle(new Assign(first, count, [], null, S(60), 1, new Finished(client, 0, [])));
    }

    private void AskAhead(long client, long first, int count)
    {
        _now = $"{client}";
        Handle(new Assign(first, count, [], null, S(1), 1, new Finished(client, 0, []), AheadSince: first));
    }

    private void End(long client, long pick) => Handle(new Finished(client, 0, [Ended(pick)]));

    private void Handle(object input, TimeSpan now = default)
    {
        var effects = new List<BalancerEffect>();
        _balancer.Handle(input, now, effects);
        foreach (var hold in effects.OfType<BalancerEffect.Hold>())
        {
            var request = (AssignHeld)effects.OfType<BalancerEffect.SayHeld>().Last(e => e.Ticket == hold.Ticket).Message;
            _asked.Add(hold.Ticket, $"{_now.Split(':')[0]}:{request.RequestId}");
        }

        _effects.AddRange(effects);
        _told.AddRange(effects.Select(Word).Where(word => word.Length > 0));
    }

    private string Word(BalancerEffect effect) => effect switch
    {
        BalancerEffect.Answer { Message: Assigned m } => $"{_now.Split(':')[0]}:{m.RequestId} {What(m)}",
        BalancerEffect.Answer { Message: AssignRejected m } => $"{_now.Split(':')[0]}:{m.RequestId} {What(m)}",
        BalancerEffect.Answer e => $"{_now} {What(e.Message)}",
        BalancerEffect.AnswerHeld e => $"{Asker(e.Ticket)} {What(e.Message)}",
        BalancerEffect.SayHeld e => $"{_asked[e.Ticket]} held",
        BalancerEffect.Forget e => $"{Asker(e.Ticket)} forgotten",
        _ => "",
    };

    /// <summary>Who was told what since the last time.</summary>
    private string Told()
    {
        var told = string.Join(", ", _told);
        _told.Clear();
        return told;
    }

    private string Asker(long ticket)
    {
        Assert.True(_asked.Remove(ticket, out var asker));
        return asker!;
    }

    private static string What(IAkkaLbMessage message) => message switch
    {
        Assigned m => string.Join(' ', m.Workers.Select(w => w.Worker.Id)),
        AssignRejected m => m.Reason.ToString(),
        _ => message.GetType().Name,
    };
}
