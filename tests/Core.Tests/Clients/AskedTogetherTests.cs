using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>Questions for several jobs at once: when they are asked, and how they are answered.</summary>
public class AskedTogetherTests
{
    private static readonly AssignedWorker W1 = new(Key("w1"), "a1");
    private static readonly AssignedWorker W2 = new(Key("w2"), "a2");

    private readonly ClientDriver _client = new(ClientSettings.Default, 7, new Random(4053));

    public AskedTogetherTests() => _client.BalancerFound(default);

    [Fact]
    public void Of_a_balancer_that_takes_one_question_at_a_time_each_job_is_asked_for_at_once()
    {
        for (var i = 1; i <= 20; i++)
        {
            Submit();
            Assert.Equal([i], Asked());
        }
    }

    [Fact]
    public void What_comes_while_eight_turns_are_out_goes_with_the_next()
    {
        Fill();
        Submit();
        Submit();
        Assert.Empty(Asked());

        Answer(3, W1);
        Assert.Equal([10, 11], Asked());
        Submit();
        Assert.Empty(Asked());

        // The turn of two is out until both have had their answers.
        Answer(10, W1);
        Assert.Empty(Asked());
        Reject(11);
        Assert.Equal([12], Asked());
    }

    [Fact]
    public void One_that_the_balancer_holds_has_had_its_answer()
    {
        Fill();
        Submit();
        _client.Handle(new AssignHeld(2, S(5)), default);
        Assert.Equal([10], Asked());
    }

    [Fact]
    public void One_answer_may_be_to_several_questions_in_a_row()
    {
        Fill();
        Submit();
        Submit();
        Answer(2, W1);
        Asked();
        _client.Effects.Clear();

        Answer(9, W1, W2, W1);

        Assert.Equal(
            ["9 w1", "10 w2", "11 w1"],
            _client.Effects.OfType<ClientEffect.ToGate>().Select(e => $"{e.Job.Id.Sequence} {e.Worker.Worker.Id}"));
    }

    [Fact]
    public void A_wish_for_workers_takes_as_many_numbers_as_it_has_picks_and_its_answer_is_for_no_job()
    {
        _client.SubmitAssign("wish", 3, S(5), default);
        Submit();
        Assert.Equal([1, 4], Asked());
        Answer(1, W1, W2, W1);
        var picked = Assert.IsType<JobOutcome.Picked>(Assert.Single(_client.Effects.OfType<ClientEffect.Finish>()).Outcome);
        Assert.Equal(3, picked.Workers.Count);
        Assert.DoesNotContain(_client.Effects, e => e is ClientEffect.ToGate);
    }

    [Fact]
    public void One_whose_caller_gives_up_is_not_asked_for_and_keeps_nobody_waiting()
    {
        Fill();
        var (cancelled, other) = (Submit(), Submit());
        _client.Handle(new ClientInput.Cancel(cancelled), default);
        for (var i = 2; i <= 9; i++)
        {
            _client.Handle(new ClientInput.Cancel(new JobId(7, i)), default);
        }

        Assert.Equal([10], Asked());
        Answer(10, W1);
        Assert.Equal(other, Assert.Single(_client.Effects.OfType<ClientEffect.ToGate>()).Job.Id);
    }

    [Fact]
    public void One_of_a_turn_that_has_no_answer_is_asked_for_again()
    {
        Fill();
        Submit();
        Submit();
        for (var i = 2; i <= 9; i++)
        {
            Answer(i, W1);
        }

        Assert.Equal([10, 11], Asked());
        Answer(10, W1);
        _client.Tick(ClientSettings.Default.AssignTimeout);
        Assert.Equal([12], Asked());
        Answer(12, W1);
        Submit();
        Assert.Equal([13], Asked());
    }

    [Fact]
    public void When_the_balancer_is_lost_all_are_asked_of_the_next_one_which_may_take_one_question_at_a_time()
    {
        Fill();
        Submit();
        _client.BalancerLost(default);
        Assert.Empty(Asked());
        _client.BalancerFound(default);
        Assert.Equal(9, Asked().Count);
        Submit();
        Assert.Single(Asked());
    }

    [Fact]
    public void One_that_waits_for_its_turn_to_ask_ends_at_its_deadline()
    {
        Fill();
        _client.Submit("", ClientDriver.Text(""), isIdempotent: true, Ms(20), default);
        _client.Tick(Ms(20));

        Assert.IsType<JobOutcome.Failed>(Assert.Single(_client.Effects.OfType<ClientEffect.Finish>()).Outcome);
        Answer(2, W1);
        Assert.Empty(Asked());
    }

    /// <summary>The first job has shown that the balancer takes batches, and the questions 2 to 9 are out.</summary>
    private void Fill()
    {
        Submit();
        Answer(1, W1);
        for (var i = 2; i <= 9; i++)
        {
            Submit();
        }

        Assert.Equal(Enumerable.Range(1, 9), Asked().Select(id => (int)id));
        _client.Effects.Clear();
    }

    private JobId Submit() => _client.Submit("", ClientDriver.Text(""), isIdempotent: true, S(60), default);

    private void Answer(long request, params AssignedWorker[] workers) =>
        _client.Handle(new Assigned(request, workers, "round-robin", TakesFinished: true, TakesBatches: true), default);

    private void Reject(long request) => _client.AssignRejected(request, AssignRejectReason.NotReady, "no", Ms(100), default);

    /// <summary>Numbers of the questions since the last time.</summary>
    private List<long> Asked()
    {
        List<long> asked = [.. _client.Effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Assign>().Select(m => m.RequestId)];
        _client.Effects.RemoveAll(e => e is ClientEffect.ToBalancer);
        return asked;
    }
}
