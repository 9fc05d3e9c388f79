using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>What a client tells its balancer of its picks.</summary>
public class EndedPicksTests
{
    private const long ClientId = 5;

    private static readonly JobCounts Counts = new(9, 3);

    private readonly ClientDriver _client = new(ClientSettings.Default, ClientId, new Random(1));

    public EndedPicksTests() => _client.BalancerFound(default);

    [Fact]
    public void The_end_of_a_job_rides_on_the_next_question()
    {
        Done(Send(), S(1));
        Submit(S(1));
        Assert.Equal(new EndedPick(1, PickEnd.Done, S(1), Counts, 1), Assert.Single(Riders()));
        Submit(S(1));
        Assert.Empty(Riders());
    }

    [Fact]
    public void Without_a_question_it_goes_alone_after_20_ms()
    {
        Done(Send(), S(1));
        Assert.Equal(S(1) + Ms(20), _client.NextDue);
        _client.Tick(S(1) + Ms(20));
        Assert.Equal(PickEnd.Done, Assert.Single(Alone()).How);
    }

    [Fact]
    public void A_client_that_hears_that_it_waits_says_that_it_is_there_once_a_second_at_most()
    {
        Submit(S(1));
        Submit(S(1));
        _client.Handle(new AssignHeld(1, S(2)), S(3));
        _client.Handle(new AssignHeld(2, S(2)), S(3));
        Assert.Single(_client.Effects.OfType<ClientEffect.ToBalancer>(), e => e.Message is Finished { Picks.Count: 0 });
        _client.Handle(new AssignHeld(1, S(2)), S(3.5));
        Assert.Equal(S(4), _client.NextDue);
    }

    [Fact]
    public void Where_jobs_are_short_it_goes_after_a_fifth_of_the_time_that_they_take()
    {
        for (var i = 0; i < 100; i++)
        {
            Done(Send(S(i)), S(i) + Ms(10));
        }

        _client.Tick(S(99) + Ms(11));
        Assert.Empty(Alone());
        Assert.InRange(_client.NextDue!.Value - S(99), Ms(12), Ms(12.1));
        _client.Tick(_client.NextDue!.Value);
        Assert.Single(Alone());
    }

    [Fact]
    public void Where_somebody_may_wait_for_the_place_it_goes_at_once_and_not_twice()
    {
        var job = Submit();
        _client.Handle(new Assigned(1, [Worker()], "", TakesFinished: true, TellAtOnce: true), default);
        Done(job, S(1));
        Assert.Equal(1, Assert.Single(Alone()).Pick);
        Submit(S(1));
        Assert.Empty(Riders());
    }

    [Fact]
    public void A_request_that_waits_at_the_balancer_is_not_asked_again_as_long_as_the_balancer_speaks_of_it()
    {
        Submit();
        for (var i = 0; i < 10; i++)
        {
            _client.Handle(new AssignHeld(1, S(5)), S(5 * i));
            _client.Tick(S((5 * i) + 4.9));
        }

        Assert.Single(Assigns());
        _client.Tick(S(45) + S(5) + ClientSettings.Default.AssignTimeout);
        Assert.Equal(2, Assigns().Count);
        Assert.Equal([1], Riders().Select(p => p.Pick));
    }

    /// <summary>Of a job that found no room in the balancer's line the client keeps the turn: no younger one asks before it.</summary>
    [Fact]
    public void A_job_for_which_there_is_no_room_to_wait_waits_here_and_goes_first()
    {
        Submit();
        _client.Handle(new AssignRejected(1, AssignRejectReason.NoCapacity, "full", S(0.5)), default);
        Submit();
        Assert.Single(Assigns());
        _client.Tick(Ms(200));
        Assert.Equal(2, Assigns().Count);
        _client.Handle(new AssignHeld(2, S(2)), Ms(200));
        Assert.Equal(3, Assigns().Count);
        _client.Handle(new Assigned(2, [Worker()], "", TakesFinished: true), Ms(300));
        Assert.Equal(1, _client.Effects.OfType<ClientEffect.ToGate>().Single().Job.Id.Sequence);
    }

    [Fact]
    public void A_late_result_of_an_earlier_attempt_says_nothing_of_the_worker_of_the_present_one()
    {
        var job = _client.Submit("", ClientDriver.Text(""), isIdempotent: true, S(600), default);
        _client.Handle(new Assigned(1, [Worker()], "", TakesFinished: true), default);
        _client.Handle(new JobFailed(job, 1, JobFailureReason.Drained, "", ""), S(1));
        _client.Tick(S(3));
        var other = new AssignedWorker(Key("v"), "akka.tcp://AkkaLb@v:1/user/worker#1");
        _client.Handle(new Assigned(Assigns()[^1].RequestId, [other], "", TakesFinished: true), S(3));
        Done(job, S(4));
        _client.Tick(S(5));
        Assert.Equal([PickEnd.Failed, PickEnd.Unused], Told().Select(p => p.How));
    }

    [Fact]
    public void A_balancer_that_does_not_understand_it_is_not_told_alone()
    {
        var job = Submit();
        _client.Handle(new Assigned(1, [Worker()], ""), default);
        Done(job, S(1));
        _client.Tick(S(1.1));
        Assert.Empty(Alone());
    }

    [Fact]
    public void Failed_rejected_and_lost_jobs_have_ended_too()
    {
        Send(timeout: S(1));
        _client.Tick(S(1));
        _client.Handle(new JobFailed(Send(), 1, JobFailureReason.Crash, "", "", Counts), S(1));
        _client.Handle(new JobRejected(Send(), 1, JobRejectReason.Draining, "", default, Counts), S(1));
        var undelivered = new Job(Send(), 1, default, false, ClientDriver.Text(""));
        _client.Handle(new ClientInput.Undelivered(undelivered), S(1));
        _client.Tick(S(2));
        Assert.Equal([PickEnd.Unknown, PickEnd.Failed, PickEnd.Rejected, PickEnd.Unused], Told().Select(p => p.How));
    }

    [Fact]
    public void A_job_that_was_cancelled_has_ended_at_once_and_says_nothing_of_the_worker_or_was_not_used()
    {
        _client.Handle(new ClientInput.Cancel(Send()), S(1));
        _client.Handle(new ClientInput.Cancel(Submit(S(1))), S(1));
        _client.Tick(S(2));
        Assert.Equal([new(1, PickEnd.Cancelled, S(1), default, 1), new(2, PickEnd.Unused, default, default, 2)], Told());
    }

    [Fact]
    public void A_question_that_was_not_answered_in_time_and_an_answer_that_is_not_used_have_ended()
    {
        Submit();
        _client.Tick(S(5));
        Assert.Equal(new EndedPick(1, PickEnd.Unused, default, default, 1), Assert.Single(Told()));
        _client.Handle(new AssignRejected(2, AssignRejectReason.NotReady, "", Ms(1)), S(5));
        _client.Tick(S(6));
        Assert.Equal([1], Told().Select(p => p.Pick));
    }

    [Fact]
    public void Another_balancer_hears_nothing_of_the_picks_of_the_one_before()
    {
        var job = Send();
        _client.BalancerLost(S(1));
        _client.Tick(S(2));
        var probe = _client.Search.OfType<ClientEffect.Probe>().Last();
        _client.Handle(new ClientInput.BalancerAnswered(probe.Number, probe.Address), S(2));
        Done(job, S(2));
        Submit(S(2));
        Assert.Empty(Riders());
        Assert.Equal(2, Assigns()[^1].Finished!.Since);
    }

    [Fact]
    public void A_client_that_holds_picks_says_so_now_and_then_and_one_that_holds_none_does_not()
    {
        var job = Send(timeout: S(60));
        for (var at = OpenPicks.SayInterval; at <= OpenPicks.SayInterval * 3; at += OpenPicks.SayInterval)
        {
            _client.Tick(at);
        }

        Assert.Equal(3, _client.Effects.Count(e => e is ClientEffect.ToBalancer { Message: Finished { Picks.Count: 0 } }));
        Done(job, S(16));
        _client.Tick(S(17));
        Assert.Null(_client.NextDue);
    }

    [Fact]
    public void Every_5_s_it_says_which_picks_have_ended_in_case_that_a_word_was_lost()
    {
        var (first, second) = (Send(), Send());
        Done(second, S(1));
        Submit(S(6));
        Assert.Equal(1, Assigns()[^1].Finished!.Since);
        Done(first, S(7));
        Submit(S(8));
        Submit(S(12));
        Assert.Equal(3, Assigns()[^1].Finished!.Since);
    }

    [Fact]
    public void A_wish_without_a_job_that_is_answered_meanwhile_silences_nobody()
    {
        var job = Send();
        _client.SubmitAssign("", 1, S(60), default);
        _client.Handle(new Assigned(Assigns()[^1].RequestId, [Worker()], ""), default);
        Done(job, S(1));
        _client.Tick(S(1.1));
        Assert.Equal([1], Alone().Select(p => p.Pick));
    }

    [Fact]
    public void A_client_that_closes_tells_what_has_ended_first()
    {
        Done(Send(), S(1));
        Send(S(1));
        _client.Close(S(1));
        Assert.Equal([1, 2], Told().Select(p => p.Pick));
    }

    [Fact]
    public void A_wish_without_a_job_has_no_end()
    {
        _client.SubmitAssign("", 3, S(60), default);
        Assert.Null(Assigns()[^1].Finished);
    }

    [Fact]
    public void A_weight_a_key_and_a_priority_go_along_with_each_question()
    {
        _client.Handle(
            new ClientInput.Submit("", ClientDriver.Text(""), IsIdempotent: true, S(60), Weight: 7, Key: "ada", Priority: JobPriority.High), default);
        var first = Assigns()[^1];
        Assert.Equal((7, "ada", JobPriority.High), (first.Weight, first.Key, first.Priority));
        _client.AssignRejected(first.RequestId, AssignRejectReason.NoWorkers, "", S(1), default);
        _client.Tick(S(1));
        var second = Assigns()[^1];
        Assert.NotEqual(first.RequestId, second.RequestId);
        Assert.Equal((7, "ada", JobPriority.High), (second.Weight, second.Key, second.Priority));
    }

    [Fact]
    public void Without_a_key_none_goes_along()
    {
        Submit();
        Assert.Null(Assigns()[^1].Key);
    }

    private static AssignedWorker Worker() => new(Key("w"), "akka.tcp://AkkaLb@w:1/user/worker#1");

    private JobId Submit(TimeSpan now = default, TimeSpan? timeout = null) =>
        _client.Submit("", ClientDriver.Text(""), isIdempotent: false, timeout ?? S(600), now);

    private JobId Send(TimeSpan now = default, TimeSpan? timeout = null)
    {
        var job = Submit(now, timeout);
        _client.Handle(new Assigned(Assigns()[^1].RequestId, [Worker()], "", TakesFinished: true), now);
        return job;
    }

    private void Done(JobId job, TimeSpan now) => _client.Handle(new JobDone(job, 1, ClientDriver.Text(""), Counts), now);

    private List<Assign> Assigns() => [.. _client.Effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Assign>()];

    private IReadOnlyList<EndedPick> Riders() => Assigns()[^1].Finished!.Picks;

    private List<EndedPick> Alone() =>
        [.. _client.Effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Finished>().SelectMany(f => f.Picks)];

    /// <summary>Whichever way.</summary>
    private List<EndedPick> Told() => [.. Assigns().SelectMany(a => a.Finished!.Picks), .. Alone()];
}
