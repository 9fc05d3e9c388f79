using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>Picks that a client asks for ahead of its jobs.</summary>
public class AskedAheadTests
{
    private static readonly AssignedWorker W1 = new(Key("w1"), "a1");
    private static readonly AssignedWorker W2 = new(Key("w2"), "a2");
    private static readonly TimeSpan Gap = Ms(10);

    private ClientDriver _client = new(ClientSettings.Default, 7, new Random(4053));
    private TimeSpan _now;

    public AskedAheadTests() => _client.BalancerFound(default);

    [Fact]
    public void Where_a_job_comes_with_each_round_trip_two_picks_are_kept_and_asked_for_when_both_are_used()
    {
        var ahead = Pace();
        Assert.Equal((2, ahead.RequestId), (ahead.Count, ahead.AheadSince));
        Answer(ahead, W1, W2);

        Assert.Equal(["w1"], SentBy(() => Submit()));
        Assert.Empty(Asked());
        Assert.Equal(["w2"], SentBy(() => Submit()));
        var next = Assert.Single(Asked());
        Assert.Equal((2, next.RequestId), (next.Count, next.AheadSince));
    }

    [Fact]
    public void A_job_that_comes_while_the_question_is_out_waits_for_its_answer_and_a_third_one_is_asked_for()
    {
        var ahead = Pace();
        Submit();
        Submit();
        Assert.Empty(Asked());
        Submit();
        Assert.Equal((1, 0), Single(Asked(), m => (m.Count, m.AheadSince)));
        Assert.Equal(["w1", "w2"], SentBy(() => Answer(ahead, W1, W2)));
    }

    [Fact]
    public void Those_who_waited_for_a_question_that_gives_nothing_are_asked_for_and_for_a_while_nothing_is_asked_for_ahead()
    {
        var ahead = Pace();
        Submit();
        _client.AssignRejected(ahead.RequestId, AssignRejectReason.NoCapacity, "no", Ms(50), _now);
        Answer(Assert.Single(Asked()), W1);
        _now += Ms(49);
        Submit();
        Answer(Assert.Single(Asked()), W1);
        _now += Ms(1);
        Submit();
        Assert.Equal(2, Asked().Count);
    }

    [Fact]
    public void One_that_gives_less_is_not_asked_for_more_for_a_while()
    {
        var ahead = Pace();
        Answer(ahead, W1);
        Assert.Equal(["w1"], SentBy(() => Submit()));
        Assert.Equal(1, Assert.Single(Asked()).Count);
    }

    [Fact]
    public void One_without_an_answer_keeps_nobody_waiting_for_longer_than_any_question()
    {
        var ahead = Pace();
        Submit();
        _now += ClientSettings.Default.AssignTimeout;
        _client.Tick(_now);
        var asked = Asked();
        Assert.Equal((1, 0), (asked[0].Count, asked[0].AheadSince));
        Assert.Equal([ahead.RequestId, ahead.RequestId + 1], GivenBack(asked));

        // What comes late was given back already.
        Assert.Empty(SentBy(() => Answer(ahead, W1, W2)));
    }

    [Fact]
    public void What_is_not_used_for_a_tenth_of_a_second_is_given_back_and_who_has_paused_asks_for_no_more()
    {
        var ahead = Pace();
        Answer(ahead, W1, W2);
        _now += PicksAhead.KeptMax - TimeSpan.FromTicks(1);
        _client.Tick(_now);
        Assert.Empty(GivenBack());
        Assert.Equal(_now + TimeSpan.FromTicks(1), _client.NextDue);
        _now += TimeSpan.FromTicks(1);
        _client.Tick(_now);
        Assert.Empty(Asked());
        _now += EndedPicks.TellMax;
        _client.Tick(_now);
        Assert.Equal([ahead.RequestId, ahead.RequestId + 1], GivenBack([]));
        while (_client.NextDue is { } due && due < _now + S(60))
        {
            _now = due;
            _client.Tick(due);
        }

        Assert.Empty(Asked());
        Assert.True(_client.IsEmpty);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(5, 1)]
    [InlineData(20, 4)]
    [InlineData(200, 10)]
    public void As_many_are_kept_as_come_in_twice_the_time_of_a_question_but_none_that_would_be_too_old(int questionMs, int kept)
    {
        var ahead = new PicksAhead(Assign.AheadMax);
        for (var i = 0; i < 200; i++)
        {
            ahead.Came(i * Gap);
            ahead.Took(Ms(questionMs));
        }

        Assert.Equal(kept, ahead.Wanted(199 * Gap));
        Assert.Equal(0, ahead.Wanted((199 * Gap) + PicksAhead.KeptMax));
    }

    [Fact]
    public void An_answer_without_a_number_is_for_nobody()
    {
        Answer(Pace(), W1, W2);
        Submit();
        Submit();
        Answer(Assert.Single(Asked()), W1, W2);
        _client.AssignRejected(0, AssignRejectReason.Stopping, "no", S(60), _now);
        Assert.NotNull(_client.Balancer);
        _client.AssignRejected(0, AssignRejectReason.NoCapacity, "no", S(60), _now);
        _client.Handle(new Assigned(0, [W2, W2, W2], "p", Revision: 1, TakesFinished: true, TakesBatches: true), _now);
        Assert.Equal(["w1", "w2"], SentBy(() =>
        {
            Submit();
            Submit();
        }));
        Assert.Equal(2, Assert.Single(Asked()).Count);
    }

    [Fact]
    public void More_than_was_asked_for_and_a_second_answer_change_nothing()
    {
        var ahead = Pace();
        Answer(ahead, W1, W2, W1, W1);
        Answer(ahead, W1, W1);
        Assert.Equal(["w1", "w2"], SentBy(() =>
        {
            Submit();
            Submit();
        }));
        Submit();
        Assert.Equal([2], Asked().Select(m => m.Count));
    }

    [Fact]
    public void One_who_waits_for_the_answer_and_is_cancelled_leaves_the_pick_to_the_next()
    {
        var ahead = Pace();
        _client.Handle(new ClientInput.Cancel(Submit()), _now);
        Assert.Equal(["w1"], SentBy(() =>
        {
            Answer(ahead, W1, W2);
            Submit();
        }));
    }

    [Fact]
    public void A_balancer_that_holds_the_question_ahead_is_told_that_it_has_ended()
    {
        var ahead = Pace();
        _client.Handle(new AssignHeld(ahead.RequestId, S(5)), _now);
        _client.Tick(_now + EndedPicks.TellMax);
        Assert.Equal([ahead.RequestId, ahead.RequestId + 1], GivenBack([]));
        Submit();
        Assert.Equal(0, Assert.Single(Asked()).AheadSince);
    }

    [Theory]
    [InlineData("a key")]
    [InlineData("a weight")]
    [InlineData("a high priority")]
    [InlineData("a low priority")]
    public void A_job_with_any_of_these_is_asked_for_by_itself(string what)
    {
        Answer(Pace(), W1, W2);
        var plain = new ClientInput.Submit("", ClientDriver.Text(""), true, S(60));
        _client.Handle(
            what switch
            {
                "a key" => plain with { Key = "k" },
                "a weight" => plain with { Weight = 2 },
                "a high priority" => plain with { Priority = JobPriority.High },
                _ => plain with { Priority = JobPriority.Low },
            },
            _now);
        Assert.Equal(0, Assert.Single(Asked()).AheadSince);
    }

    [Fact]
    public void Those_given_under_another_membership_are_given_back()
    {
        var ahead = Pace();
        Answer(ahead, W1, W2);
        var asked = Ask();
        _client.Handle(new Assigned(asked.RequestId, [W1], "p", Revision: 2, TakesFinished: true, TellAtOnce: true, TakesBatches: true), _now);
        Assert.Equal([ahead.RequestId, ahead.RequestId + 1], GivenBack());
    }

    [Fact]
    public void While_a_job_waits_at_the_balancer_none_is_kept()
    {
        var ahead = Pace();
        Answer(ahead, W1, W2);
        _client.Handle(new AssignHeld(Ask().RequestId, S(5)), _now);
        Assert.Equal([ahead.RequestId, ahead.RequestId + 1], GivenBack([]));
        Submit();
        Assert.Equal(0, Assert.Single(Asked()).AheadSince);
    }

    [Fact]
    public void One_of_a_worker_that_was_just_lost_is_passed_over()
    {
        var ahead = Pace();
        Answer(ahead, W1, W2, W1);
        var lost = Submit();
        Assert.Equal("w1", Assert.Single(_client.InFlight.Keys).Id);
        _client.DeadLettered(lost, 1, _now);
        _client.Effects.Clear();
        var (second, _) = (Pace(), _client.Effects.RemoveAll(_ => true));
        Answer(second, W1, W2);
        Assert.Equal(["w2"], SentBy(() => Submit()));
        Assert.Contains(second.RequestId, GivenBack(Asked()));
    }

    [Fact]
    public void Those_of_a_balancer_that_was_lost_are_not_used()
    {
        Answer(Pace(), W1, W2);
        _client.BalancerLost(_now);
        Assert.Empty(SentBy(() => Submit()));
        _client.BalancerFound(_now);
        Assert.Equal(0, Assert.Single(Asked()).AheadSince);
    }

    [Fact]
    public void A_client_that_closes_gives_them_back_and_those_that_it_has_asked_for()
    {
        var ahead = Pace();
        _client.Close(_now);
        Assert.Equal([ahead.RequestId, ahead.RequestId + 1], GivenBack());

        _client = new(ClientSettings.Default, 7, new Random(4053));
        _client.BalancerFound(_now);
        ahead = Pace();
        Answer(ahead, W1, W2);
        _client.StopSending(_now);
        _client.Tick(_now + EndedPicks.TellMax);
        Assert.Equal([ahead.RequestId, ahead.RequestId + 1], GivenBack());
    }

    [Fact]
    public void The_balancer_is_taken_for_lost_when_the_question_does_not_leave_this_process()
    {
        var ahead = Pace();
        _client.Handle(new ClientInput.Undelivered(ahead), _now);
        Assert.Null(_client.Balancer);
    }

    [Theory]
    [InlineData(0, 10, true)]
    [InlineData(16, 80, true)] // a quarter of a pick
    [InlineData(16, 10, false)]
    public void None_is_asked_for_when_that_is_switched_off_or_jobs_are_rare_or_the_balancer_does_not_know_it(int max, int gapMs, bool takesBatches)
    {
        _client = new(ClientSettings.Default with { PicksAheadMax = max }, 7, new Random(4053));
        _client.BalancerFound(_now);
        for (var i = 0; i < 100; i++)
        {
            var asked = Ask();
            _now += Gap;
            Answer(asked, takesBatches, W1);
            _client.JobDone(new JobId(7, i + 1), 1, "", _now);
            _now += Ms(gapMs) - Gap;
        }

        Assert.Empty(Asked());
    }

    [Fact]
    public void The_setting_has_a_range()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ClientSettings.Default with { PicksAheadMax = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => ClientSettings.Default with { PicksAheadMax = Assign.AheadMax + 1 });
    }

    /// <summary>Jobs come as fast as questions are answered, until two picks are asked for ahead. That question is out, and nothing else.</summary>
    private Assign Pace()
    {
        for (var i = 0; i < 200; i++)
        {
            var job = Submit();
            var asked = Asked();
            var ahead = asked.Find(m => m is { AheadSince: > 0, Count: 2 });
            _now += ahead is null ? Gap : TimeSpan.Zero;
            asked.Where(m => m != ahead).ToList().ForEach(m => Answer(m, W2));
            _client.JobDone(job, 1, "", _now);
            if ((ahead ?? _client.Effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Assign>().FirstOrDefault(m => m.Count == 2))
                is { } found)
            {
                _client.Effects.Clear();
                return found;
            }
        }

        throw new InvalidOperationException("nothing was asked for ahead");
    }

    private JobId Submit() => _client.Submit("", ClientDriver.Text(""), isIdempotent: true, S(60), _now);

    /// <summary>A job of high priority, which is asked for by itself.</summary>
    private Assign Ask()
    {
        _client.Submit("", ClientDriver.Text(""), isIdempotent: true, S(60), _now, JobPriority.High);
        return Assert.Single(Asked());
    }

    private void Answer(Assign question, params AssignedWorker[] workers) => Answer(question, takesBatches: true, workers);

    private void Answer(Assign question, bool takesBatches, params AssignedWorker[] workers) => _client.Handle(
        new Assigned(question.RequestId, workers, "p", Revision: 1, TakesFinished: true, TakesBatches: takesBatches), _now);

    private static T Single<T>(List<Assign> asked, Func<Assign, T> what) => what(Assert.Single(asked));

    /// <summary>To whom jobs are sent by this.</summary>
    private List<string> SentBy(Action act)
    {
        _client.Effects.RemoveAll(e => e is ClientEffect.ToGate);
        act();
        return [.. _client.Effects.OfType<ClientEffect.ToGate>().Select(e => e.Worker.Worker.Id)];
    }

    /// <summary>Questions since the last time.</summary>
    private List<Assign> Asked()
    {
        List<Assign> asked = [.. _client.Effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Assign>()];
        _client.Effects.RemoveAll(e => e is ClientEffect.ToBalancer { Message: Assign });
        return asked;
    }

    /// <summary>Picks that the balancer hears have ended without a job.</summary>
    private List<long> GivenBack(List<Assign>? asked = null) =>
    [
        .. (asked ?? Asked()).Select(m => m.Finished!)
            .Concat(_client.Effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Finished>())
            .SelectMany(m => m.Picks).Where(p => p.How == PickEnd.Unused).Select(p => p.Pick).Order(),
    ];
}
